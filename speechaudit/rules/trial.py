"""One utterance against all rules: what it breaks and what it meets (`rules try`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from speechaudit.model import Encounter, Evidence, Finding, Label, Level, Setting, Verdict
from speechaudit.reasons.wire import with_sentence
from speechaudit.rules.examples import utterance
from speechaudit.rules.judge import judge
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.schema import Forbidden, Rule, Sequence

_SCORES = {"exact": 1.0, "sounds-like": 0.8, "label": 0.5}


@with_sentence("why", "evidence")
@dataclass(frozen=True, slots=True, kw_only=True)
class TriedHit:
    """A rule that the utterance breaks (`fail`), may break (`unclear`) or meets (`pass`). `score` is 0 to 1."""

    rule: str
    kind: str
    topics: tuple[str, ...]
    verdict: Verdict
    level: Level
    score: float
    evidence: tuple[Evidence, ...]

    @property
    def why(self) -> str:
        """The reasons of all evidence in Chinese, for people."""
        return ";".join(evidence.why for evidence in self.evidence)


def try_utterance(book: Rulebook, text: str, setting: Setting, labels: tuple[Label, ...] = ()) -> tuple[TriedHit, ...]:
    """Judge `text` as the only words of an encounter, said by staff; what was not said is not held against it.

    `labels` are what the classifiers say of it.
    """
    rules = {rule.id: rule for rule in book.rules}
    findings = judge(book, setting, spoken(text, labels))
    return tuple(hit for finding in findings for hit in _hit(rules[finding.rule], finding))


def spoken(text: str, labels: tuple[Label, ...] = ()) -> Encounter:
    """Return words of the staff as an encounter of their own; `labels` are what the classifiers say of them."""
    encounter = utterance(text)
    (segment,) = encounter.transcript.segments
    transcript = replace(encounter.transcript, segments=(replace(segment, labels=labels),))
    return replace(encounter, transcript=transcript)


def _hit(rule: Rule, finding: Finding) -> Iterator[TriedHit]:
    spoken = [e for e in finding.evidence if e.match in _SCORES]
    if finding.verdict == "n/a" or not spoken or not _says_something(rule, finding):
        return
    yield TriedHit(
        rule=rule.id,
        kind=rule.kind,
        topics=rule.topics,
        verdict=finding.verdict,
        level=rule.level,
        score=max(_SCORES[e.match] for e in spoken),
        # Of a broken rule all evidence, absent parts included; else only what was said.
        evidence=finding.evidence if finding.verdict == "fail" else tuple(spoken),
    )


def _says_something(rule: Rule, finding: Finding) -> bool:
    """`pass` of a forbidden rule is silence; a sequence speaks only if its anchor was said."""
    if isinstance(rule, Forbidden):
        return finding.verdict != "pass"
    if isinstance(rule, Sequence):
        return any(r.values.get("part") == rule.anchor for e in finding.evidence if e.quote for r in e.reasons)
    return True
