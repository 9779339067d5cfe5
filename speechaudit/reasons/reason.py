"""The value, and how it is told in two languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from string import Formatter
from typing import Any

from speechaudit.errors import SpeechAuditError
from speechaudit.reasons.chinese import ALONE, CHINESE
from speechaudit.reasons.codes import Code
from speechaudit.reasons.english import ENGLISH
from speechaudit.reasons.wire import read_through
from speechaudit.text import clock

Value = str | int | float | tuple[str, ...]
# They explain and decide nothing.
NOTES: frozenset[Code] = frozenset({"by-sound", "nearly-by-sound", "ni-costs-nothing", "other-is-staff", "covered-by"})
_CODES: Mapping[str, Code] = {code: code for code in CHINESE}
_LISTS = "、", "→"  # format specifications that join several words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was judged as it was. `values` are what the catalogues put into the sentence of `code`."""

    code: Code
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Reads also what older files have in its place: the sentence."""
        return read_through(_raised, handler(source))


def because(code: Code, **values: Value) -> Reason:
    """Return a reason with its values."""
    return Reason(code=code, values=values)


def _raised(value: Any) -> Any:
    return because("older-text", text=value) if isinstance(value, str) else value


def failure_of(problem: SpeechAuditError) -> Reason:
    """Return the reason of an error, for what is given up for it. Raises KeyError if its code is in no catalogue."""
    values = {"where": problem.where, "problem": problem.problem, "cure": problem.cure}
    return Reason(code=_CODES[problem.code], values=values)


def cause_of(reasons: Sequence[Reason]) -> Code | None:
    """Return the code that decided: reasons go from the general to the particular, and notes decide nothing."""
    return next((reason.code for reason in reversed(reasons) if reason.code not in NOTES), None)


def in_chinese(reasons: Iterable[Reason]) -> str:
    """Return the reasons as one sentence for people; empty without any."""
    return _joined([_FORMATTER.vformat(CHINESE[reason.code], (), reason.values) for reason in reasons], ",", "")


def in_english(reasons: Iterable[Reason]) -> str:
    """Return the reasons as one sentence for logs and programs; empty without any."""
    return _joined([_FORMATTER.vformat(ENGLISH[reason.code], (), reason.values) for reason in reasons], "; ", " ")


def outline(code: Code) -> str:
    """Return the Chinese of a code as it is wherever the code is used, with … in the place of its values.

    It stands alone: what ties it to the reason before or after it is left out.
    """
    text = ALONE.get(code, CHINESE[code])
    told = "".join(said + ("…" if name is not None else "") for said, name, _, _ in _FORMATTER.parse(text))
    if told.startswith("(") and told.endswith(")"):
        told = told[1:-1]
    return told.removeprefix("但").removesuffix(":")


def _joined(parts: Sequence[str], comma: str, space: str) -> str:
    """Join the parts: what introduces the next one ends with a colon, and brackets belong to what is before them."""
    told = "".join(parts[:1])
    for before, after in pairwise(parts):
        told += (space if before.endswith(":") or after.startswith("(") else comma) + after
    return told


class _ReasonFormatter(Formatter):
    """The language of the catalogues: Python's format, and lists of words, and moments by `clock`."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return one value; raises ValueError if the specification does not fit it."""
        if format_spec in _LISTS:
            quoted = format_spec == "、"
            return format_spec.join(f"“{word}”" if quoted else word for word in value)
        if format_spec == "clock":
            return clock(value)
        if isinstance(value, tuple):
            return ", ".join(value)
        told: str = super().format_field(value, format_spec)
        return told


_FORMATTER = _ReasonFormatter()
