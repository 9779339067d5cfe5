"""What the product says of an instance, against the right answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench.kinds.reading import Instance, Line
from speechaudit import pipeline
from speechaudit.classifiers import label
from speechaudit.model import Audit, Encounter, Finding, Segment, Span
from speechaudit.rules.rulebook import Rulebook

Outcome = Literal["right", "asks", "wrong"]
LEAVE = ("phone.closing", "sounds.farewell", "words.goodbye")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An instance with what was wrong, and what a person is asked that was certain."""

    instance: Instance
    wrong: tuple[str, ...]
    asks: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """`wrong` is a false charge, a false credit or a miss; `asks` leaves to a person what was certain."""
        return "wrong" if self.wrong else "asks" if self.asks else "right"


def tell(book: Rulebook, instance: Instance, *, labels: bool = True) -> Told:
    """Judge an instance as the product judges a play, and compare; without `labels` by words alone."""
    said = label(instance.transcript) if labels else instance.transcript
    audit = pipeline.judge_transcript(book, instance.recording, said)
    found = [*_of_lines(instance, audit), *_of_rules(instance, audit)]
    wrong = tuple(text for sure, text in found if sure)
    return Told(instance=instance, wrong=wrong, asks=tuple(text for sure, text in found if not sure))


def _of_lines(instance: Instance, audit: Audit) -> Iterator[tuple[bool, str]]:
    """Yield what is wrong with who speaks in each line, whose it is, and whether it is charged."""
    for line, said in zip(instance.lines, instance.transcript.segments, strict=True):
        yield from _role(line, said, audit)
        if line.who.startswith("S"):
            yield from _part(line, said, audit)
            yield from _charge(line, said, audit)


def _role(line: Line, said: Segment, audit: Audit) -> Iterator[tuple[bool, str]]:
    """Yield each piece of a line that is given to somebody else."""
    everything = [e.transcript for e in audit.encounters] + [aside.transcript for aside in audit.asides]
    heard = [s for transcript in everything for s in transcript.segments if s.overlap(said) > 0.01]
    true = {"M": "machine", "C": "citizen"}.get(line.who, "staff")
    for piece in heard:
        if piece.role != true:
            yield piece.role != "unknown", f"{true} taken for {piece.role}: {piece.text}"


def _part(line: Line, said: Segment, audit: Audit) -> Iterator[tuple[bool, str]]:
    """Yield that the words of one person count as another's."""
    service = next((e for e in audit.encounters if e.overlap(said) > 0), None)
    if service is None or line.who == "S?":
        return
    number = _number(service, said)
    if number is None:
        yield False, f"nobody's: {said.text}"
    elif (number > 0) != (line.who != "S"):
        yield True, f"part {number}: {said.text}"


def _number(service: Encounter, said: Span) -> int | None:
    """The part in which something was said; None where that is in doubt."""
    spans = [(s.overlap(said), n, part.kind) for n, part in enumerate(service.parts) for s in part.stretches]
    _, number, kind = max(spans, default=(0.0, 0, "first"))
    return None if kind == "doubtful" else number


def _charge(line: Line, said: Segment, audit: Audit) -> Iterator[tuple[bool, str]]:
    """Yield a line that is charged and should not be, or the other way round."""
    speaking = {(f.verdict, f.rule) for f in _findings(audit) if f.kind == "forbidden" and _speaks_of(f, said)}
    fails = sorted(rule for verdict, rule in speaking if verdict == "fail")
    doubts = sorted(rule for verdict, rule in speaking if verdict == "unclear")
    if line.charge == "!" and not fails:
        yield not doubts, f"not charged: {said.text} {doubts}"
    elif not line.charge and fails:
        yield True, f"charged: {said.text} {fails}"
    elif not line.charge and doubts and line.who != "S?":
        yield False, f"doubted: {said.text} {doubts}"


def _speaks_of(finding: Finding, said: Segment) -> bool:
    return any(evidence.overlap(said) > 0 for evidence in finding.evidence)


def _findings(audit: Audit) -> Iterator[Finding]:
    return (finding for service in audit.encounters for finding in service.findings)


def _of_rules(instance: Instance, audit: Audit) -> Iterator[tuple[bool, str]]:
    """Yield each verdict that is another than wanted."""
    for rule, wanted in instance.wanted:
        if rule == "services":
            if len(audit.encounters) != int(wanted):
                yield True, f"{len(audit.encounters)} services"
        elif rule == "leave":
            yield from _leave(wanted, audit)
        else:
            yield from _compared(rule, wanted, _verdict(rule, audit))


def _verdict(rule: str, audit: Audit) -> str:
    """The verdict of a rule on the first person; the worst where it spoke more than once, n/a where it did not."""
    found = {finding.verdict for finding in _findings(audit) if finding.rule == rule and not finding.part}
    return next((verdict for verdict in ("fail", "unclear", "pass") if verdict in found), "n/a")


def _compared(rule: str, wanted: str, told: str) -> Iterator[tuple[bool, str]]:
    right = told != wanted[1:] if wanted.startswith("!") else told == wanted
    if not right:
        yield told != "unclear", f"{rule} {told}"


def _leave(wanted: str, audit: Audit) -> Iterator[tuple[bool, str]]:
    """Yield what the rules on farewells say otherwise; at the counter two of them speak."""
    for rule in LEAVE:
        told = _verdict(rule, audit)
        if (rule == LEAVE[0] and told == "n/a") or (wanted == "owed" and told == "n/a" and rule == LEAVE[2]):
            continue
        right = {"excused": told in ("unclear", "n/a"), "owed": told == "fail", "said": told == "pass"}[wanted]
        if not right:
            yield told != "unclear", f"{rule} {told}"
