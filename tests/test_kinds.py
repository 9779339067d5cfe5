"""Other instances of each kind of unfair verdict: no words of a machine or of somebody else, no end, no credit."""

from __future__ import annotations

import pytest

from bench.kinds.judging import tell
from bench.kinds.reading import Instance, instances
from speechaudit.rules import rulebook

BY_WORDS = "menu notice number hold survey voicemail foreign person transfer threeway colleague shift same"
BY_WORDS += " rings-off drops walks-off owed reason wait wrong hold-on"
TRIED = [own for own in instances() if own.half == "tuning" and own.kind in BY_WORDS.split()]


@pytest.mark.parametrize("kind", dict.fromkeys(own.kind for own in TRIED))
def test_nobody_is_charged_or_credited_for_what_is_not_theirs(kind: str) -> None:
    found = [tell(rulebook.load(), own, labels=False) for own in TRIED if own.kind == kind]
    assert [told.wrong for told in found if unfair(told.wrong)] == []


def unfair(wrong: tuple[str, ...]) -> bool:
    """Words that only a label can charge are missed here, which is no unfairness."""
    return any(not text.startswith("not charged") for text in wrong)


def test_every_instance_has_a_kind_and_each_kind_two_halves() -> None:
    halves: dict[str, set[str]] = {}
    for own in instances():
        halves.setdefault(own.kind, set()).add(own.half)
        assert isinstance(own, Instance) and len(own.lines) == len(own.transcript.segments)
    assert len(halves) == 36
    assert set(map(frozenset, halves.values())) == {
        frozenset({"tuning", "held"}),
        frozenset({"tuning", "held", "later"}),
    }
