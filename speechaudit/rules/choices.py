"""A profile as people choose it: what it changes of each rule, beside what the rule says by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechaudit.rules import rulebook
from speechaudit.rules.reading import data_of, validated
from speechaudit.rules.schema import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChoice:
    """A field of a rule that a profile replaces; `part` is the slot of a sequence, empty for the rule itself.

    `before` is what the rule's own file says, None if it says nothing of it.
    """

    rule: str
    title: str
    part: str
    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenProfile:
    """A profile with the lines of comment that begin its file, which say where it is taken from."""

    name: str
    title: str
    remarks: tuple[str, ...]
    choices: tuple[ProfileChoice, ...]


def names(folder: Path) -> tuple[str, ...]:
    """Return the names of all profiles of a lexicons folder."""
    return tuple(path.stem for path in sorted((folder / "profiles").glob("*.yml")))


def written(folder: Path, name: str) -> WrittenProfile:
    """Read a profile that is there. Raises RulebookError if it, or a rule that it changes, cannot be read."""
    path = rulebook.profile_path(folder, name)
    profile = validated(Profile, path)
    return WrittenProfile(
        name=name,
        title=profile.title,
        remarks=tuple(_remarks(path)),
        choices=tuple(each for rule, changes in profile.rules.items() for each in _choices(folder, rule, changes)),
    )


def _remarks(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            return
        yield line.removeprefix("#").strip()


def _choices(folder: Path, rule_id: str, changes: Mapping[str, object]) -> Iterator[ProfileChoice]:
    path = rulebook.rule_path(folder, rule_id)
    known = path.parent.parent == folder / "rules" and path.is_file()
    data = data_of(path) if known else None
    rule: Mapping[str, Any] = data if isinstance(data, dict) else {}
    title = str(rule.get("title", rule_id))
    for field, value in changes.items():
        if field == "slots" and isinstance(value, dict):
            yield from _slots(rule_id, title, rule.get("slots"), value)
        else:
            yield ProfileChoice(rule=rule_id, title=title, part="", field=field, before=rule.get(field), after=value)


def _slots(rule_id: str, title: str, own: object, changed: Mapping[str, object]) -> Iterator[ProfileChoice]:
    listed = [slot for slot in own if isinstance(slot, dict)] if isinstance(own, list) else []
    slots = {slot.get("name"): slot for slot in listed}
    for name, fields in changed.items():
        slot = slots.get(name, {})
        part = str(slot.get("title", name))
        for field, value in fields.items() if isinstance(fields, dict) else ():
            before = slot.get(field, False if field == "optional" else None)
            yield ProfileChoice(rule=rule_id, title=title, part=part, field=field, before=before, after=value)
