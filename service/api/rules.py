"""Rules and profiles to read, and rules to be tried on what somebody says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from service.api.access import router
from service.api.problems import responses
from service.api.schemas import In, Out
from service.api.services import Services, Wired
from service.errors import NotFoundError, RequestError, UnavailableError
from speechaudit.errors import ModelError, RulebookError, printable
from speechaudit.model import Clause, Label, Level, Setting
from speechaudit.rules import choices, measured, reading, rulebook, trial
from speechaudit.rules.choices import WrittenProfile
from speechaudit.rules.measured import Measured
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.schema import Rule
from speechaudit.rules.trial import TriedHit
from speechaudit.text import simplify

routes = router("规则")
LONGEST = 10_000
"""Characters that are tried at once: the label model reads some three thousand a second."""
ProfileName = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$", description="方案")]


class RuleOut(Out):
    """A rule as reports show it."""

    id: Annotated[str, Field(examples=["forbidden.dont-know"])]
    title: str
    kind: str
    level: Level
    status: str
    setting: list[Setting]
    topics: list[str]
    message: str
    clauses: list[Clause]


class RulesOut(Out):
    """All rules of a rulebook."""

    version: Annotated[str, Field(description="规则的版本,写在每个稽核结果里")]
    profile: str
    rules: list[RuleOut]


@routes.get("/rules", summary="所有规则")
def list_rules(services: Wired) -> RulesOut:
    """现行规则及其依据的条款。"""
    book = book_of(services)
    return RulesOut(version=book.version, profile=book.profile, rules=[_shown(book, rule) for rule in book.rules])


def book_of(services: Services, profile: str | None = None) -> Rulebook:
    """Return the rulebook of the settings, or that of another profile, as it is written.

    Raises UnavailableError if that of the settings cannot be read, and RequestError for a profile that was asked for;
    both name the file within the rulebook, and not where that lies on the server.
    """
    settings = services.settings
    limit = None if profile else settings.ring_limit
    try:
        return rulebook.load(settings.lexicons, profile or settings.profile, limit)
    except RulebookError as problem:
        folder = settings.lexicons or rulebook.default_folder()
        kind = RequestError if profile else UnavailableError
        raise kind(within(folder, problem), problem.problem, problem.cure) from problem


def rule_of(services: Services, rule_id: str) -> Rule:
    """Return a rule of the book. Raises NotFoundError."""
    found = next((rule for rule in book_of(services).rules if rule.id == rule_id), None)
    if found is None:
        raise NotFoundError(f"规则 {rule_id[:80]}", "不存在", "所有规则见 /api/v1/rules")
    return found


def folder_of(services: Services) -> Path:
    """Return the folder of the rules: that of the settings, or what came with the program."""
    return rulebook.real(services.settings.lexicons or rulebook.default_folder())


def text_of(services: Services, rule_id: str) -> str:
    """Return the file of a rule of the book as it is written. Raises UnavailableError if it went away just now."""
    try:
        return reading.text(rulebook.rule_path(folder_of(services), rule_id))
    except RulebookError as problem:
        raise UnavailableError(rule_id, problem.problem, problem.cure) from problem


def measured_of(services: Services) -> Measured | None:
    """Return what was measured of the rules, kept beside them. Raises UnavailableError if it cannot be read."""
    try:
        return measured.read(folder_of(services))
    except RulebookError as problem:
        raise UnavailableError(measured.NAME, problem.problem, problem.cure) from problem


def profiles_of(services: Services) -> tuple[WrittenProfile, ...]:
    """Return all profiles with what they choose. Raises UnavailableError if one cannot be read."""
    folder = folder_of(services)
    try:
        return tuple(choices.written(folder, name) for name in choices.names(folder))
    except RulebookError as problem:
        raise UnavailableError(within(folder, problem), problem.problem, problem.cure) from problem


def within(folder: Path, problem: RulebookError) -> str:
    """Return where a fault is within the rulebook, not where that lies on the server."""
    return problem.where.removeprefix(printable(folder)).lstrip("/") or "规则库"


def _shown(book: Rulebook, rule: Rule) -> RuleOut:
    return RuleOut(
        id=rule.id,
        title=rule.title,
        kind=rule.kind,
        level=rule.level,
        status=rule.status,
        setting=list(rule.setting),
        topics=list(rule.topics),
        message=rule.message,
        clauses=list(book.clauses(rule)),
    )


@routes.get("/rules/{rule_id}", summary="一条规则", responses=responses(404))
def get_rule(services: Wired, rule_id: str) -> dict[str, Any]:
    """规则文件的全部内容,格式见 docs/rules.md。"""
    return rule_of(services, rule_id).model_dump(mode="json")


class ProfileOut(Out):
    """A profile: a centre's choices where the documents disagree."""

    name: str
    current: Annotated[bool, Field(description="是否现行方案")]


@routes.get("/profiles", summary="所有方案")
def list_profiles(services: Wired) -> list[ProfileOut]:
    """可用的方案。"""
    names = choices.names(folder_of(services))
    return [ProfileOut(name=name, current=name == services.settings.profile) for name in names]


class TryIn(In):
    """What a member of staff says, one utterance after the other."""

    texts: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1000)]],
        Field(min_length=1, max_length=100, description="工作人员说的话,逐句", examples=[["这个不归我管"]]),
    ]
    setting: Annotated[Setting, Field(description="场景")] = "counter"
    profile: ProfileName | None = None

    @model_validator(mode="after")
    def _can_be_answered_at_once(self) -> TryIn:
        if (length := sum(map(len, self.texts))) > LONGEST:
            raise ValueError(f"一共 {length} 个字,一次最多 {LONGEST} 个字,请分几次试")
        return self


class TriedOut(Out):
    """What one utterance breaks and meets."""

    text: str
    hits: list[TriedHit]


@routes.post("/rules/try", summary="试用规则")
def try_rules(services: Wired, given: TryIn) -> list[TriedOut]:
    """逐句列出违反或符合的规则,意思由现行的标签模型说,与稽核时相同。"""
    book = book_of(services, given.profile)
    told = zip(given.texts, _labels(services, given.texts), strict=True)
    return [
        TriedOut(text=text, hits=list(trial.try_utterance(book, text, given.setting, labels))) for text, labels in told
    ]


def _labels(services: Services, texts: Sequence[str]) -> tuple[tuple[Label, ...], ...]:
    """Label each text by the model in force. Raises UnavailableError."""
    from speechaudit.classifiers import label_texts

    try:
        return label_texts([simplify(text) for text in texts], folder=services.settings.label_models)
    except ModelError as problem:
        raise UnavailableError("标签模型", problem.problem, problem.cure) from problem
