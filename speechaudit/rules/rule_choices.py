"""What a profile may choose of every rule: how it stands and its limits; and how a telephone call must be ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from speechaudit.rules import ringing
from speechaudit.rules.reading import data_of
from speechaudit.rules.rulebook import default_folder
from speechaudit.rules.schema import Status

CLOSING: Final = "phone.closing"
Closing = Literal["file", "farewell", "none", "own"]
LimitName = Literal["minimum", "maximum", "seconds"]
_LIMITS: Final[Mapping[str, tuple[LimitName, ...]]] = {
    "measure": ("minimum", "maximum"),
    "wait": ("seconds",),
    "reply": ("seconds",),
}
_WITH_FAREWELL: Final = "liyi-yaodian"  # the profile that wants one: thanks alone are neither enough nor nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLimit:
    """A limit of a rule: what its file says, and what the profile says instead; None where either says nothing."""

    name: LimitName
    unit: str
    own: float | None
    chosen: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoice:
    """How a rule stands: by its file, and by the profile, None where that says nothing of it."""

    rule: str
    title: str
    own: Status
    chosen: Status | None = None
    limits: tuple[RuleLimit, ...] = ()

    @property
    def group(self) -> str:
        """The group of the rule, which is the folder of its file."""
        return self.rule.partition(".")[0]


def rule_choices(folder: Path, rules: Mapping[str, Mapping[str, object]]) -> Iterator[RuleChoice]:
    """Yield what a profile that says this of `rules` chooses of each; those with fields of their own are left out.

    Raises RulebookError for a file that cannot be read.
    """
    for path in sorted((folder / "rules").glob("*/*.yml")):
        own = data_of(path)
        if isinstance(own, dict) and own.get("id") not in {ringing.RULE, CLOSING}:
            yield _choice(own, rules.get(str(own.get("id")), {}))


def _choice(own: Mapping[str, Any], changes: Mapping[str, object]) -> RuleChoice:
    unit, names = str(own.get("unit", "秒")), _LIMITS.get(str(own.get("kind")), ())
    return RuleChoice(
        rule=str(own.get("id")),
        title=str(own.get("title")),
        own=_status(own.get("status")) or "draft",
        chosen=_status(changes.get("status")),
        limits=tuple(
            RuleLimit(name=name, unit=unit, own=_number(own.get(name)), chosen=_number(changes.get(name)))
            for name in names
        ),
    )


def _status(value: object) -> Status | None:
    known: tuple[Status, ...] = get_args(Status)
    return next((status for status in known if status == value), None)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def with_choice(old: Mapping[str, object], choice: RuleChoice) -> dict[str, object]:
    """Return what a profile says of a rule once this is chosen; all else that it said of it stays."""
    chosen: dict[str, object] = {"status": choice.chosen, **{limit.name: limit.chosen for limit in choice.limits}}
    kept = {name: value for name, value in old.items() if name not in chosen}
    return kept | {name: _plain(value) for name, value in chosen.items() if value is not None}


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _farewell() -> Mapping[str, object]:
    """Return what the delivered profile that wants a farewell says of the rule."""
    told: Mapping[str, object] = data_of(default_folder() / "profiles" / f"{_WITH_FAREWELL}.yml")["rules"][CLOSING]
    return told


def closing_of(changes: Mapping[str, object]) -> Closing:
    """Return how a profile that says this of the rule wants a call to be ended."""
    said = {name: value for name, value in changes.items() if name != "status"}
    if changes.get("status") == "retired":
        return "none"
    if not said:
        return "file"
    return "farewell" if said.get("phrases") == _farewell()["phrases"] else "own"


def with_closing(old: Mapping[str, object], wanted: Closing) -> dict[str, object]:
    """Return what a profile says of the rule once this is chosen."""
    kept = {name: value for name, value in old.items() if name != "status"}
    if wanted == "none":
        return {**kept, "status": "retired"}
    if wanted == "own":
        return kept
    others = {name: value for name, value in kept.items() if name not in {*_farewell(), "except"}}
    return others | dict(_farewell()) if wanted == "farewell" else others
