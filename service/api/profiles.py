"""The choices of a profile as a form: read from its file, checked within the rulebook, written with history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from service import rule_files
from service.api.access import Who, router
from service.api.laboratory import NOT_WRITABLE, RuleChangeOut, RuleId
from service.api.problems import responses
from service.api.rules import ProfileName, folder_of, within
from service.api.schemas import In, Out
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.errors import ConflictError, NotFoundError, RequestError
from speechaudit.errors import RulebookError
from speechaudit.rules import choices, choosing
from speechaudit.rules.choosing import PROFILE_NAME, OpeningPart, ProfileChoices
from speechaudit.rules.rule_choices import Closing, LimitName, RuleChoice
from speechaudit.rules.rulebook import DEFAULT_PROFILE
from speechaudit.rules.schema import Status

routes = router("规则")
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"  # of these YAML folds some, and none can be read
_MOST_UNITS, _MOST_RULES = 50, 500
Limit = Annotated[float, Field(ge=-1000, le=100_000, allow_inf_nan=False)]
_Ringing = Annotated[
    Literal["file", "rings", "seconds", "none"],
    Field(description="接听时限:file 照规则文件,rings 按声数,seconds 按秒数,none 不评"),
]
_CLOSING: Final = (
    "电话结束语:file 照规则文件(再见、谢谢都算),farewell 要道别,只说谢谢的请人判断,none 不评,own 方案另写的"
)
_Ordered = Annotated[bool, Field(description="开头语是否论次序")]
# A name is said as it is written: signs of the phrase language would mean something else.
Unit = Annotated[
    str,
    Field(
        min_length=2,
        max_length=30,
        pattern=r"^[\u3400-\u9fff\w·]+$",
        description="单位名称,只用汉字、字母和数字",
        examples=["幸福街道党群服务中心"],
    ),
]


class PartOut(Out):
    """One of the things said when a telephone is answered."""

    name: str
    title: str
    required: Annotated[bool, Field(description="必须说,还是可有可无")]


class RuleLimitOut(Out):
    """A limit of a rule."""

    name: LimitName
    unit: str
    own: Annotated[float | None, Field(description="规则文件写的;没有写的为 null")]
    chosen: Annotated[float | None, Field(description="方案另定的;没有另定的为 null")]


class RuleChoiceOut(Out):
    """How a rule stands."""

    rule: str
    title: str
    group: str
    own: Annotated[Status, Field(description="规则文件写的状态")]
    chosen: Annotated[Status | None, Field(description="方案另定的;没有另定的为 null")]
    limits: list[RuleLimitOut]


class ProfileChoicesOut(Out):
    """What a profile chooses."""

    name: str
    title: str
    ringing: _Ringing
    within: Annotated[float | None, Field(description="几声或几秒")]
    tone: Annotated[float, Field(description="本中心的交换机一声响几秒,把声数折合成秒用")]
    pause: Annotated[float, Field(description="两声之间停几秒")]
    ordered: _Ordered
    parts: Annotated[list[PartOut], Field(description="开头语各样,依次序")]
    units: Annotated[list[str], Field(description="除词表以外,本中心自报的单位名称;只用来认出报的单位,读音相近的也算")]
    closing: Annotated[Closing, Field(description=_CLOSING)]
    rules: Annotated[list[RuleChoiceOut], Field(description="其余各条规则怎样起作用,和数值的上下限")]
    seen: Annotated[str, Field(description="文件的 SHA-256,改时附上")]
    writable: Annotated[bool, Field(description="规则文件夹能不能从这里写")]


class ProfileChoicesIn(In):
    """What is chosen. `base` is the profile that all else is taken from, where this one is new."""

    title: Annotated[str, Field(min_length=1, max_length=60, pattern=_ONE_LINE, description="名称")]
    base: Annotated[ProfileName | None, Field(description="新的方案以哪个为底")] = None
    ringing: _Ringing = "file"
    within: Annotated[float | None, Field(ge=1, le=300, description="rings 时几声(1 到 60),seconds 时几秒")] = None
    ordered: _Ordered = True
    required: Annotated[list[str], Field(max_length=20, description="开头语里必须说的各样(parts 的 name)")]
    units: Annotated[list[Unit], Field(max_length=_MOST_UNITS, description="单位名称")] = []  # noqa: RUF012
    tone: Annotated[float | None, Field(ge=0.1, le=30, description="一声响几秒;空着不变")] = None
    pause: Annotated[float | None, Field(ge=0, le=60, description="两声之间停几秒;空着不变")] = None
    closing: Annotated[Closing | None, Field(description=f"{_CLOSING};空着不变")] = None
    statuses: Annotated[
        dict[RuleId, Status | Literal["file"]],
        Field(max_length=_MOST_RULES, description="各条规则的状态,file 照规则文件;没有写的不变"),
    ] = {}  # noqa: RUF012
    limits: Annotated[
        dict[RuleId, dict[LimitName, Limit | None]],
        Field(max_length=_MOST_RULES, description="各条规则的上下限,null 照规则文件;没有写的不变"),
    ] = {}  # noqa: RUF012
    seen: Annotated[str, Field(pattern="^([0-9a-f]{64})?$", description="改之前的文件的 SHA-256;新的留空")] = ""

    @model_validator(mode="after")
    def _limited(self) -> Self:
        counted = self.ringing in {"rings", "seconds"}
        if counted != (self.within is not None):
            raise ValueError("within 和 ringing 对不上:按声数或秒数的要写,别的不写")
        if self.ringing == "rings" and (self.within is None or self.within > 60 or self.within % 1):
            raise ValueError("within 应是 1 到 60 的整数(声)")
        return self


@routes.get("/profiles/{name}", summary="一个方案的取法", responses=responses(404))
def get_profile(services: Wired, name: str) -> ProfileChoicesOut:
    """接听时限、开头语、结束语、单位名称、各条规则的状态和上下限;别的取法见方案文件。"""
    folder = folder_of(services)
    found = chosen(services, name)
    return ProfileChoicesOut(
        name=name,
        title=found.title,
        ringing=found.ringing,
        within=found.limit,
        tone=found.tone,
        pause=found.pause,
        closing=found.closing,
        rules=[RuleChoiceOut.model_validate(each) for each in found.rules],
        ordered=found.ordered,
        parts=[PartOut.model_validate(each) for each in found.parts],
        units=list(found.units),
        seen=rule_files.digest_of(rule_files.read(folder, _file(name))),
        writable=rule_files.writable(services.settings),
    )


def chosen(services: Services, name: str) -> ProfileChoices:
    """Return what a profile chooses. Raises NotFoundError, RequestError for a file that cannot be read."""
    folder = folder_of(services)
    if name not in choices.names(folder):
        raise NotFoundError(f"方案 {name[:60]}", "不存在", "所有方案见 /api/v1/profiles")
    try:
        return choosing.chosen(folder, name)
    except RulebookError as problem:
        raise RequestError(within(folder, problem), problem.problem, problem.cure) from problem


@routes.put("/profiles/{name}", summary="写下一个方案", responses=responses(404, 409))
def write_profile(services: Wired, who: Who, name: str, given: ProfileChoicesIn) -> ProfileChoicesOut:
    """整个规则库照它能用才写下,以前的版本留在规则文件夹的 history;现行的方案立即起作用。"""
    folder = folder_of(services)
    if name == DEFAULT_PROFILE or not PROFILE_NAME.fullmatch(name):
        cure = "请另写一个名字,用小写英文字母、数字和短横,例如 zhongxin-2026;default 就是各条规则文件,不在这里改"
        raise RequestError("名字", "不能用", cure)
    source = name if name in choices.names(folder) else given.base
    if source is None:
        raise RequestError("base", "新的方案没有写以哪个为底", "请选一个现有的方案")
    before, text = chosen(services, source), rule_files.read(folder, _file(source))
    try:
        drafted = choosing.with_choices(text, _wanted(given, before), before, folder)
    except RulebookError as problem:
        raise RequestError(within(folder, problem), problem.problem, problem.cure) from problem
    _write(services, who, name, drafted, given.seen)
    return get_profile(services, name)


def _write(services: Services, who: Identity, name: str, text: str, seen: str) -> None:
    """Write a profile by which the whole rulebook can be read. Raises ConflictError, RequestError, UnavailableError."""
    folder = folder_of(services)
    if not rule_files.writable(services.settings):
        raise ConflictError("规则文件夹", "不能从这里写", NOT_WRITABLE)
    try:
        choosing.drafted(folder, name, text, services.settings.ring_limit)
    except RulebookError as problem:
        raise RequestError(problem.where.rpartition("/")[2], problem.problem, problem.cure) from problem
    rule_files.write(folder, _file(name), text, seen=seen, by=who.name)


def _wanted(given: ProfileChoicesIn, before: ProfileChoices) -> ProfileChoices:
    known = [part.name for part in before.parts]
    if strange := [each for each in given.required if each not in known]:
        raise RequestError("required", f"开头语里没有“{strange[0][:40]}”", f"可写的有 {'、'.join(known)}")
    if not given.required:
        raise RequestError("开头语", "没有一样是必须说的", "请至少选一样;不评开头语的,请停用规则 phone.opening")
    return ProfileChoices(
        title=given.title,
        ringing=given.ringing,
        limit=given.within,
        ordered=given.ordered,
        parts=tuple(
            OpeningPart(name=each.name, title=each.title, required=each.name in given.required) for each in before.parts
        ),
        units=tuple(dict.fromkeys(given.units)),
        tone=before.tone if given.tone is None else given.tone,
        pause=before.pause if given.pause is None else given.pause,
        closing=given.closing or before.closing,
        rules=tuple(_chosen_rules(given, before)),
    )


def _chosen_rules(given: ProfileChoicesIn, before: ProfileChoices) -> Iterator[RuleChoice]:
    """Yield how every rule stands from now on. Raises RequestError for a strange one, or limits that nothing meets."""
    known = {choice.rule for choice in before.rules}
    if strange := [each for each in (*given.statuses, *given.limits) if each not in known]:
        raise RequestError("规则", f"没有“{strange[0]}”,或它的取法另有一栏", "请照方案的取法里列出的写")
    for choice in before.rules:
        status = given.statuses.get(choice.rule, choice.chosen)
        told = given.limits.get(choice.rule, {})
        limits = tuple(replace(limit, chosen=told.get(limit.name, limit.chosen)) for limit in choice.limits)
        at_least, at_most = (
            next((limit.own if limit.chosen is None else limit.chosen for limit in limits if limit.name == name), None)
            for name in ("minimum", "maximum")
        )
        if at_least is not None and at_most is not None and at_least > at_most:
            raise RequestError(choice.title, f"最低 {at_least:g} 高于最高 {at_most:g}", "请改正上下限")
        yield replace(choice, chosen=None if status == "file" else status, limits=limits)


def _file(name: str) -> str:
    return f"profiles/{name}.yml"


class BackIn(In):
    """Which change is to be undone, and what the file says now."""

    at: Annotated[datetime, Field(description="改动的时间,如改动列表所示")]
    seen: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="现在的文件的 SHA-256")]


@routes.get("/profiles/{name}/changes", summary="一个方案的改动", responses=responses(404))
def list_profile_changes(services: Wired, name: str) -> list[RuleChangeOut]:
    """最近 50 次从网页或接口的改动,从新到旧。"""
    chosen(services, name)
    found = rule_files.changes(folder_of(services), _file(name))
    return [RuleChangeOut.model_validate(each) for each in found]


@routes.post("/profiles/{name}/back", summary="取回改动之前的方案", responses=responses(404, 409))
def bring_back(services: Wired, who: Who, name: str, given: BackIn) -> ProfileChoicesOut:
    """写回某次改动之前的全文;整个规则库照它能用才写。"""
    changes = list_profile_changes(services, name)
    before = next((each.before for each in changes if each.at == given.at), "")
    if not before:
        raise NotFoundError("改动", "没有这一次,或当时是新写的", "请从改动的列表里选")
    _write(services, who, name, before, given.seen)
    return get_profile(services, name)
