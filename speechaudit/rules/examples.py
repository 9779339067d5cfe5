"""Every rule on its own examples: what `rules check` and the tests run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from speechaudit.model import Encounter, Verdict
from speechaudit.rules import plays
from speechaudit.rules.judge import scene_of
from speechaudit.rules.place import PlaceInService
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.scene import Judgement
from speechaudit.rules.schema import Forbidden, Guard, Rule

_IS_PLAY = re.compile(r"^\s*(staff|citizen|unknown)\s*(@|[::])", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """An example that came out otherwise than its place in the rule file says."""

    rule: str
    part: str
    example: str
    expected: str
    found: Verdict

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.rule} {self.part}:“{self.example}”应为 {self.expected},实为 {self.found}"


def check(book: Rulebook) -> Iterator[Complaint]:
    """Run all examples of all rules, retired ones too: an example that no longer holds is wrong all the same.

    And those of the guards: what a guard must turn aside shows its name in the reasons.
    """
    for rule in book.rules:
        yield from check_rule(book, rule)
    for guard in book.guards:
        yield from check_guard(book, guard.guard)


def check_guard(book: Rulebook, guard: Guard) -> Iterator[Complaint]:
    """Run the examples of one guard."""
    rules = {rule.id: rule for rule in book.rules}
    expected: dict[str, Verdict] = {"guarded": guard.verdict, "unclear": "unclear", "charged": "fail"}
    for part, verdict in expected.items():
        for name, example in ((n, example) for n, some in getattr(guard.examples, part).items() for example in some):
            found = _judged(book, rules[name], example)
            told = {str(r.values.get("guard")) for e in found.evidence for r in e.reasons}
            if found.verdict != verdict or (part != "charged" and guard.id not in told):
                where = f"guards.{guard.id} {name}"
                yield Complaint(rule=where, part=part, example=example, expected=verdict, found=found.verdict)


def check_rule(book: Rulebook, rule: Rule) -> Iterator[Complaint]:
    """Run the examples of one rule."""
    hit: Verdict = rule.verdict if isinstance(rule, Forbidden) else "pass"
    miss: Verdict = "pass" if isinstance(rule, Forbidden) else getattr(rule, "verdict", "fail")
    expected: dict[str, Verdict] = {"match": hit, "no_match": miss, "silent": "n/a", "unclear": "unclear"}
    for part, verdict in expected.items():
        for example in getattr(rule.examples, part):
            found = verdict_on(book, rule, example)
            if found != verdict:
                yield Complaint(rule=rule.id, part=part, example=example, expected=verdict, found=found)
    yield from _known(book, rule, "known_miss", hit)
    yield from _known(book, rule, "known_false_alarm", miss)


def _known(book: Rulebook, rule: Rule, part: str, right: Verdict) -> Iterator[Complaint]:
    """Strict: a known fault that no longer shows must move to `match` or `no_match`."""
    for example in getattr(rule.examples, part):
        if verdict_on(book, rule, example) == right:
            expected = f"不是 {right}(现已正常,请移到 match 或 no_match)"
            yield Complaint(rule=rule.id, part=part, example=example, expected=expected, found=right)


def verdict_on(book: Rulebook, rule: Rule, example: str) -> Verdict:
    """Return the verdict of a rule on one example. Raises TranscriptError if a play cannot be read."""
    return _judged(book, rule, example).verdict


def _judged(book: Rulebook, rule: Rule, example: str) -> Judgement:
    return book.judges[rule.id](scene_of(book, encounter_of(rule, example), place=_place_of(rule, example)))


def _place_of(rule: Rule, example: str) -> PlaceInService:
    """Return where an example was said: at the window that a play names."""
    header = _play_of(rule, example).header if _is_play(example) else {}
    return PlaceInService(window_name=header.get("window", ""))


def _is_play(example: str) -> bool:
    return bool(_IS_PLAY.search(example)) or example.startswith("ring_seconds")


def _play_of(rule: Rule, example: str) -> plays.Play:
    return plays.parse(example, f"{rule.id} examples")


def encounter_of(rule: Rule, example: str) -> Encounter:
    """Return an example as an encounter: a play as it is, anything else as one utterance of the rule's `who`."""
    if not _is_play(example):
        return utterance(example, rule.who)
    play = _play_of(rule, example)
    measures = {"ring_seconds": float(play.header["ring_seconds"])} if "ring_seconds" in play.header else {}
    return Encounter(start=0.0, end=play.transcript.duration, transcript=play.transcript, measures=measures)


def utterance(text: str, who: str = "staff") -> Encounter:
    """Return one utterance as an encounter of its own."""
    transcript = plays.parse(f"{who} @0-{max(0.5, len(text) / 4)}: {text}").transcript
    return Encounter(start=0.0, end=transcript.duration, transcript=transcript)
