"""The laboratory of the rules: a rule is checked as it is written."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.api.access import router
from service.api.rules import folder_of, within
from service.api.schemas import In, Out
from service.api.services import Services, Wired
from service.errors import UnavailableError
from speechaudit.errors import RulebookError
from speechaudit.model import Verdict
from speechaudit.rules import drafts
from speechaudit.rules.drafts import DraftCheck

routes = router("规则")
RuleId = Annotated[str, Field(max_length=80, description="规则编号,等于文件位置", examples=["words.hello"])]
RuleText = Annotated[str, Field(max_length=drafts.LONGEST, description="规则文件的全文(YAML),见 docs/rules.md")]


class DraftIn(In):
    """A rule as somebody writes it."""

    rule_id: RuleId
    text: RuleText


class FaultOut(Out):
    """One thing that is wrong with the text."""

    place: Annotated[str, Field(description="行和列;在别的文件里的,连同文件", examples=["第5行第1列"])]
    problem: str
    cure: str


class ComplaintOut(Out):
    """An example that came out otherwise."""

    part: Annotated[str, Field(description="例句的哪一栏", examples=["no_match"])]
    example: str
    expected: str
    found: Verdict


class DraftOut(Out):
    """What came out."""

    sound: Annotated[bool, Field(description="没有错处,例句全部相符")]
    examples: Annotated[int, Field(description="判了几条例句;有错处的一条也没有判")]
    faults: list[FaultOut]
    complaints: list[ComplaintOut]
    remarks: Annotated[list[str], Field(description="台账里还没有列出的;不妨碍规则起作用")]


@routes.post("/rules/check", summary="检验一条还没有写下的规则")
def check_rule(services: Wired, given: DraftIn) -> DraftOut:
    """按行列指出错处,逐条判例句;什么都不写下。"""
    return DraftOut.model_validate(checked(services, given))


def checked(services: Services, given: DraftIn) -> DraftCheck:
    """Check a rule within the rulebook of the settings. Raises UnavailableError if that cannot be read."""
    settings, folder = services.settings, folder_of(services)
    try:
        return drafts.check(folder, given.rule_id, given.text, settings.profile, settings.ring_limit)
    except RulebookError as problem:
        raise UnavailableError(within(folder, problem), problem.problem, problem.cure) from problem
