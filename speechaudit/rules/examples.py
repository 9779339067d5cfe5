"""Every rule on its own examples: what `rules check` and the tests run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from speechaudit.model import Encounter, Verdict
from speechaudit.rules import plays
from speechaudit.rules.judge import scene_of
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.schema import Forbidden, Rule

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
    """Run all examples of all rules, retired ones too: an example that no longer holds is wrong all the same."""
    for rule in book.rules:
        yield from check_rule(book, rule)


def check_rule(book: Rulebook, rule: Rule) -> Iterator[Complaint]:
    """Run the examples of one rule."""
    hit: Verdict = "fail" if isinstance(rule, Forbidden) else "pass"
    miss: Verdict = "pass" if isinstance(rule, Forbidden) else "fail"
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
    """What the rule says of one example. Raises TranscriptError if a play cannot be read."""
    return book.judges[rule.id](scene_of(book, rule.setting[0], encounter_of(rule, example))).verdict


def encounter_of(rule: Rule, example: str) -> Encounter:
    """An example as an encounter: a play as it is, anything else as one utterance of the rule's `who`."""
    if not _IS_PLAY.search(example) and not example.startswith("ring_seconds"):
        return utterance(example, rule.who)
    play = plays.parse(example, f"{rule.id} examples")
    measures = {"ring_seconds": float(play.header["ring_seconds"])} if "ring_seconds" in play.header else {}
    return Encounter(start=0.0, end=play.transcript.duration, transcript=play.transcript, measures=measures)


def utterance(text: str, who: str = "staff") -> Encounter:
    """One utterance as an encounter of its own."""
    transcript = plays.parse(f"{who} @0-{max(0.5, len(text) / 4)}: {text}").transcript
    return Encounter(start=0.0, end=transcript.duration, transcript=transcript)
