"""The choices that centres make most often, as values: read from a profile's file, and written into its text.

What a profile says besides stays as it is, with its comments: only the rules of which something else is chosen are
written anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from speechaudit.rules import ringing, rulebook
from speechaudit.rules.drafts import folder_with
from speechaudit.rules.reading import validated, yaml_of
from speechaudit.rules.ringing import PAUSE, TONE, Cadence, RingLimit
from speechaudit.rules.rule_choices import (
    CLOSING,
    Closing,
    RuleChoice,
    closing_of,
    rule_choices,
    with_choice,
    with_closing,
)
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.schema import Profile

OPENING: Final = "phone.opening"
UNITS: Final = "unit"
PROFILE_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,59}")
Ringing = Literal["file", "rings", "seconds", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPart:
    """One of the things that may be said when a telephone is answered, in the order in which they belong."""

    name: str
    title: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChoices:
    """What a centre chooses: how soon a telephone is answered, what is said then and at the end, how rules stand.

    `limit` counts rings or seconds, as `ringing` says; it is None where the rule's file decides or nothing is judged.
    A ring has `tone` seconds, with `pause` seconds to the next. `units` are names of the centre's own by which it
    introduces itself, besides those of the list. `rules` are how all others stand.
    """

    title: str
    ringing: Ringing = "file"
    limit: float | None = None
    tone: float = TONE
    pause: float = PAUSE
    ordered: bool = True
    parts: tuple[OpeningPart, ...] = ()
    units: tuple[str, ...] = ()
    closing: Closing = "file"
    rules: tuple[RuleChoice, ...] = ()

    def ring_limit(self) -> RingLimit | None:
        """Return the limit that it sets, None where the rule's file decides or nothing is judged."""
        if self.limit is None:
            return None
        if self.ringing == "rings":
            return RingLimit.of_rings(int(self.limit), self.tone, self.pause)
        return RingLimit(seconds=self.limit)


def chosen(folder: Path, name: str) -> ProfileChoices:
    """Read what a profile chooses. Raises RulebookError if it, or the rule of the opening, cannot be read."""
    profile = validated(Profile, rulebook.profile_path(folder, name))
    opening = profile.rules.get(OPENING, {})
    own = _opening(folder)
    changed = opening.get("slots")
    slots: Mapping[str, Any] = changed if isinstance(changed, dict) else {}
    cadence = profile.cadence or Cadence()
    kind, limit = _ring(profile.rules.get(ringing.RULE, {}), cadence, profile.rings)
    return ProfileChoices(
        title=profile.title,
        ringing=kind,
        limit=limit,
        tone=cadence.tone,
        pause=cadence.pause,
        ordered=bool(opening.get("ordered", own.get("ordered", True))),
        parts=tuple(_parts(own, slots)),
        units=tuple(each for each in slots.get(UNITS, {}).get("phrases", ()) if "<" not in each),
        closing=closing_of(profile.rules.get(CLOSING, {})),
        rules=tuple(rule_choices(folder, profile.rules)),
    )


def _opening(folder: Path) -> Mapping[str, Any]:
    found = yaml_of(rulebook.rule_path(folder, OPENING)).data
    return found if isinstance(found, dict) else {}


def _parts(own: Mapping[str, Any], slots: Mapping[str, Any]) -> Iterator[OpeningPart]:
    for slot in own.get("slots", ()):
        said = {**slot, **slots.get(slot["name"], {})}
        yield OpeningPart(name=slot["name"], title=said.get("title", slot["name"]), required=not said.get("optional"))


def _ring(changes: Mapping[str, object], cadence: Cadence, rings: int | None) -> tuple[Ringing, float | None]:
    if changes.get("status") == "retired":
        return "none", None
    maximum = changes.get("maximum")
    if not isinstance(maximum, int | float):
        return "file", None
    if rings and RingLimit.of_rings(rings, cadence.tone, cadence.pause).seconds == maximum:
        return "rings", float(rings)
    return "seconds", float(maximum)


def with_choices(text: str, wanted: ProfileChoices, before: ProfileChoices, folder: Path) -> str:
    """Return the text of a profile with these choices; what they leave as it was `before` stays word for word."""
    text = text.replace("\r\n", "\n")
    text = re.sub(r"^title:.*$", lambda _: _line("title", wanted.title).rstrip(), text, count=1, flags=re.MULTILINE)
    if (wanted.tone, wanted.pause) != (before.tone, before.pause):
        text = _with_cadence(text, wanted)
    if (wanted.ringing, wanted.ring_limit()) != (before.ringing, before.ring_limit()):
        text = _changed(_with_rings(text, wanted), ringing.RULE, lambda old: _ring_changes(wanted, old))
    if (wanted.ordered, wanted.parts, wanted.units) != (before.ordered, before.parts, before.units):
        text = _changed(text, OPENING, lambda old: _opening_changes(wanted, before, old, _opening(folder)))
    if wanted.closing != before.closing:
        text = _changed(text, CLOSING, lambda old: with_closing(old, wanted.closing))
    for choice in wanted.rules:
        if choice not in before.rules:
            text = _changed(text, choice.rule, partial(with_choice, choice=choice))
    return text


def _changed(text: str, rule: str, change: Callable[[Mapping[str, Any]], Mapping[str, object]]) -> str:
    """Return the text of a profile where what it says of one rule is changed."""
    rules = (yaml.safe_load(text) or {}).get("rules") or {}
    return _with_rule(text, rule, change(rules.get(rule) or {}))


def _with_cadence(text: str, wanted: ProfileChoices) -> str:
    """Return the text with a line that says how the exchange rings, none where it rings as most do."""
    usual = (wanted.tone, wanted.pause) == (ringing.TONE, ringing.PAUSE)
    told = f"{{tone: {wanted.tone:g}, pause: {wanted.pause:g}}}"
    return _with_field(text, "cadence", None if usual else told)


def _with_rings(text: str, wanted: ProfileChoices) -> str:
    """Return the text with a line that says how many rings the limit is, none where seconds are counted."""
    limit = wanted.ring_limit()
    return _with_field(text, "rings", str(limit.rings) if limit and limit.rings else None)


def _with_field(text: str, name: str, value: str | None) -> str:
    """Return the text of a profile with this value of a field below its title, or without the field."""
    text = re.sub(rf"^{name}:.*\n(?:[ \t]+.*\n)*", "", text, flags=re.MULTILINE)
    if value is None:
        return text
    return re.sub(r"^title:.*\n", lambda found: f"{found[0]}{name}: {value}\n", text, count=1, flags=re.MULTILINE)


def _ring_changes(wanted: ProfileChoices, old: Mapping[str, Any]) -> dict[str, object]:
    kept = {name: value for name, value in old.items() if name not in {"title", "maximum", "message", "status"}}
    if wanted.ringing == "none":
        return {**kept, "status": "retired"}
    if wanted.ringing == "file" or (limit := wanted.ring_limit()) is None:
        return kept
    return {**kept, **{name: value for name, value in limit.changes().items() if name != "status"}}


def _opening_changes(
    wanted: ProfileChoices, before: ProfileChoices, old: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, object]:
    """Return what the profile says of the opening: what it said, with what is chosen otherwise now."""
    slots = {name: dict(fields) for name, fields in (old.get("slots") or {}).items()}
    was = {part.name: part.required for part in before.parts}
    for part in wanted.parts:
        if part.required != was.get(part.name):
            slots.setdefault(part.name, {})["optional"] = not part.required
    if wanted.units != before.units:
        unit = slots.setdefault(UNITS, {})
        listed = next((slot["phrases"] for slot in own.get("slots", ()) if slot["name"] == UNITS), ())
        known = [each for each in unit.get("phrases", listed) if "<" in each]
        unit["phrases"] = [*known, *wanted.units]
    found = {**old, "slots": slots} if slots else {name: value for name, value in old.items() if name != "slots"}
    if (wanted.ordered, wanted.parts) == (before.ordered, before.parts):
        return found
    return {**found, "ordered": wanted.ordered, "message": _advice(wanted)}


def _advice(wanted: ProfileChoices) -> str:
    said = "、".join(part.title for part in wanted.parts if part.required)
    return f"接起电话请依次{said}。" if wanted.ordered else f"接起电话请{said}，不论先后。"


def _with_rule(text: str, rule: str, changes: Mapping[str, object]) -> str:
    """Put what is said of one rule into a profile's text, in place of what was said of it."""
    text = re.sub(r"^rules:[ \t]*\{[ \t]*\}[ \t]*$", "rules:", _plain(text), flags=re.MULTILINE)
    if not re.search(r"^rules:", text, flags=re.MULTILINE):
        text = f"{text.rstrip()}\nrules:\n"
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    start, end = _block(lines, rule)
    lines[start:end] = [_line(rule, changes, 2)] if changes else []
    return re.sub(r"^rules:[ \t]*\n(?=\S|\Z)", "rules: {}\n", "".join(lines), flags=re.MULTILINE)


def _plain(text: str) -> str:
    """Return the text with a line for each rule, two blanks in; what is laid out otherwise loses its inner comments."""
    profile = yaml.safe_load(text) or {}
    rules = profile.get("rules") or {}
    if all(re.search(rf"^  [\"']?{re.escape(rule)}[\"']?:", text, re.MULTILINE) for rule in rules):
        return text
    remarks = re.match(r"(?:#.*\n)*", text)
    others = {name: value for name, value in profile.items() if name != "rules"}
    told = "".join(_line(name, value) for name, value in others.items())
    return (remarks[0] if remarks else "") + told + _line("rules", rules)


def _block(lines: Sequence[str], rule: str) -> tuple[int, int]:
    """Return where a rule stands, from line to before line; below `rules:` if it does not stand anywhere."""
    key = re.compile(rf"  [\"']?{re.escape(rule)}[\"']?:")
    start = next((at for at, line in enumerate(lines) if key.match(line)), None)
    if start is None:
        below = next(at for at, line in enumerate(lines) if line.startswith("rules:")) + 1
        return below, below
    inside = (at for at in range(start + 1, len(lines)) if lines[at].strip() and not lines[at].startswith("   "))
    return start, next(inside, len(lines))


def _line(name: str, value: object, indent: int = 0) -> str:
    told = yaml.safe_dump({name: value}, allow_unicode=True, sort_keys=False, width=110)
    return "".join(f"{' ' * indent}{line}\n" for line in told.rstrip("\n").split("\n"))


def drafted(folder: Path, name: str, text: str, ring_limit: RingLimit | None = None) -> Rulebook:
    """Return the rulebook by a profile as this text says. Raises RulebookError with all that is wrong."""
    with folder_with(folder, f"profiles/{name}.yml", text) as apart:
        return rulebook.load(apart, name, ring_limit)
