"""Audits with what people decided in, lines to learn from out.

Confirmed or marked by hand, the words are a fault; overruled, and nothing else found in them, they are fair; what
nobody can judge tells nothing, nor do words in which another finding waits for a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from speechaudit.classifiers import turns_before
from speechaudit.learning.lines import LabelledLine
from speechaudit.learning.names import impersonal
from speechaudit.model import SOME_FAULT, Audit, Encounter, Evidence, Finding, Segment, is_fault
from speechaudit.privacy import masked_transcript
from speechaudit.rules.rulebook import Rulebook
from speechaudit.served import staff_of

Meanings = Mapping[str, tuple[str, ...]]
"""Rule -> the labels of the classifiers that it charges by."""


@dataclass(slots=True)
class _Said:
    """What people and the program say of one turn."""

    text: str
    before: str
    family: str
    faults: set[str] = field(default_factory=set)
    fair: bool = False
    open: bool = False


def meanings(book: Rulebook) -> Meanings:
    """Return the rules that a label can charge, with their labels; none of one that charges whatever the family is."""
    asked = {rule.id: getattr(rule, "meaning", ()) for rule in book.rules}
    found = {rule: tuple(filter(is_fault, labels)) for rule, labels in asked.items()}
    return {rule: labels for rule, labels in found.items() if labels or SOME_FAULT in asked[rule]}


def reviewed(audits: Iterable[Audit], known: Meanings, names: Collection[str] = ()) -> Iterator[LabelledLine]:
    """Yield the lines of audits, masked; `names` are hidden too. Of audits that nobody reviewed there are none."""
    for audit in audits:
        for encounter in audit.encounters:
            yield from _lines(audit, encounter, known, names)


def _lines(audit: Audit, encounter: Encounter, known: Meanings, names: Collection[str]) -> Iterator[LabelledLine]:
    findings = [each for each in encounter.findings if each.rule in known]
    if not any(each.review for each in findings):
        return
    segments = masked_transcript(encounter.transcript).segments
    before = turns_before(segments)
    said: dict[object, _Said] = {}
    for finding in findings:
        for evidence in finding.evidence:
            at = _place(evidence, segments)
            text, turn = (evidence.quote, "") if at is None else (segments[at].text, before[at])
            person = staff_of(audit, encounter, finding.part) or audit.recording.file
            own = said.setdefault(
                evidence.quote if at is None else at, _Said(text=text, before=turn, family=_code(person))
            )
            _note(own, finding, known[finding.rule])
    for own in said.values():
        if own.faults or (own.fair and not own.open):
            text, turn = impersonal(own.text, names), impersonal(own.before, names)
            yield LabelledLine(text=text, before=turn, labels=frozenset(own.faults), family=own.family)


def _note(said: _Said, finding: Finding, labels: tuple[str, ...]) -> None:
    if finding.review is None:
        said.open |= finding.verdict in {"fail", "unclear"}
    elif finding.verdict == "fail":
        said.faults.update(labels[:1])
    elif finding.verdict == "pass":
        said.fair = True
    else:
        said.open = True


def _place(evidence: Evidence, segments: tuple[Segment, ...]) -> int | None:
    """The number of the segment in which most of the evidence lies; None where its words are no longer kept."""
    shared = defaultdict(float, {at: segment.overlap(evidence) for at, segment in enumerate(segments)})
    best = max(shared, key=lambda at: shared[at], default=None)
    return best if best is not None and shared[best] > 0 else None


def _code(person: str) -> str:
    return sha256(person.encode()).hexdigest()[:12]
