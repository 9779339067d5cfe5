"""Recordings judged by one rule, beside what counts now: services as they were divided, with the words they have.

Nothing else is judged again, so what changes is the rule's doing; scores follow by the stored policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from service.laboratory.labels import KeptLabels, TrialLabels
from service.store import Database, audits, recordings
from service.store.audits import AuditRow, HearingRow
from service.store.trials import Change, ScoreMove, TrialHit
from speechaudit.fingerprints import key_of
from speechaudit.policy import Policy
from speechaudit.reviews import HumanFindings, is_silent, rescored, total_of
from speechaudit.rules.judge import settled
from speechaudit.rules.ringing import RingLimit
from speechaudit.rules.schema import Forbidden

if TYPE_CHECKING:
    from speechaudit.model import Audit, Encounter, Finding, Verdict
    from speechaudit.pipeline import Libraries
    from speechaudit.rules.rulebook import Rulebook

_SAME = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicons:
    """Where a rulebook is read from, and how."""

    folder: Path
    profile: str
    ring_limit: RingLimit | None = None

    def book(self, rule_id: str, text: str) -> Rulebook:
        """Return the rulebook with this one rule, as the text says. Raises RulebookError with all that is wrong."""
        from speechaudit.rules import drafts

        book = drafts.drafted(self.folder, rule_id, text, self.profile, self.ring_limit)
        return replace(book, rules=tuple(each for each in book.rules if each.id == rule_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a rule would change in one recording."""

    verdicts: tuple[Verdict, ...]
    hits: tuple[TrialHit, ...]
    move: ScoreMove | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPart:
    """Some recordings of a trial, None for one that cannot be compared, and the labels that were told anew for them."""

    found: tuple[Compared | None, ...]
    labels: Mapping[int, KeptLabels]


class RuleComparison:
    """Compares recordings by the one rule of a book."""

    def __init__(self, database: Database, book: Rulebook, libraries: Libraries, labels: TrialLabels) -> None:
        self._database, self._book, self._libraries, self._labels = database, book, libraries, labels

    def of(self, recording_ids: Sequence[int], known: Mapping[int, KeptLabels] | None = None) -> ComparedPart:
        """Compare some recordings, in this order. `known` are labels that are kept elsewhere."""
        self._labels.learn(known or {})
        with self._database.read() as session:
            found = compared(session, recording_ids, self._book, self._libraries, self._labels)
        return ComparedPart(found=found, labels=self._labels.taken())


def compared(
    session: Session, recording_ids: Sequence[int], book: Rulebook, libraries: Libraries, labels: TrialLabels
) -> tuple[Compared | None, ...]:
    """Judge recordings by the one rule of the book, and return what that changes in each; None if nobody can say."""
    mine = select(AuditRow).where(AuditRow.recording_id.in_(recording_ids), AuditRow.current)
    rows = {row.recording_id: row for row in session.scalars(mine.options(undefer(AuditRow.content)))}
    worded = set(session.scalars(select(HearingRow.recording_id).where(HearingRow.recording_id.in_(recording_ids))))
    decided = audits.decisions_of(session, recording_ids)
    one = _One(session, book, libraries, labels)
    return tuple(
        one.compared(rows[each], decided.get(each)) if each in rows and each in worded else None
        for each in recording_ids
    )


class _One:
    """Compares one recording."""

    def __init__(self, session: Session, book: Rulebook, libraries: Libraries, labels: TrialLabels) -> None:
        self._session, self._book, self._libraries, self._labels = session, book, libraries, labels
        (rule,) = book.rules
        self._rule, self._catches_all = rule.id, isinstance(rule, Forbidden) and rule.catch_all

    def compared(self, row: AuditRow, decided: HumanFindings | None) -> Compared | None:
        """Return what the rule changes; None where the words would be divided into other services by now."""
        stored = audits.content(row)
        judged = self._judged(row, stored)
        if judged is None or len(judged) != len(stored.encounters):
            return None
        pairs = tuple(zip(stored.encounters, map(self._settled, stored.encounters, judged), strict=True))
        changed = tuple(_with(old, new, self._rule, row, stored) for old, new in pairs)
        return Compared(
            verdicts=tuple(f.verdict for e in changed for f in e.findings if f.rule == self._rule),
            hits=tuple(
                hit
                for n, (old, new) in enumerate(zip(stored.encounters, changed, strict=True))
                for hit in _hits(row.recording_id, n, self._rule, old, new)
            ),
            move=_move(row, stored, changed, decided),
        )

    def _settled(self, old: Encounter, new: Encounter) -> Encounter:
        """The service as judged, where a rule that catches all leaves to the others what they charge already."""
        if not self._catches_all:
            return new
        everything = (*(f for f in old.findings if f.rule != self._rule), *new.findings)
        parts = sorted({f.part for f in new.findings})
        left = (f for part in parts for f in settled(self._book, [f for f in everything if f.part == part]))
        return replace(new, findings=tuple(f for f in left if f.rule == self._rule))

    def _judged(self, row: AuditRow, stored: Audit) -> tuple[Encounter, ...] | None:
        """The services as the rule judges them. Only what another model labelled is read again as it was heard."""
        from speechaudit import pipeline
        from speechaudit.classifiers import outdated

        if not outdated(stored.made_by, self._libraries.labels):
            made_by = stored.made_by.model
            return tuple(
                pipeline.judge_service(self._book, stored.recording, service, made_by) for service in stored.encounters
            )
        heard = audits.find_transcript(self._session, row.recording_id)
        if heard is None:
            return None
        heard = self._labels.relabelled(row.recording_id, heard, self._libraries.labels)
        known = recordings.known(recordings.get(self._session, row.recording_id))
        judged = pipeline.judge_heard(self._book, known, heard.transcript, heard.made_by, heard.limits, self._libraries)
        return judged.encounters


def _move(
    row: AuditRow, stored: Audit, changed: tuple[Encounter, ...], decided: HumanFindings | None
) -> ScoreMove | None:
    pairs = zip(stored.encounters, changed, strict=True)
    if decided is None and all(new.score is old.score for old, new in pairs):
        return None
    both = {row.recording_id: decided} if decided else {}
    before, _ = total_of(audits.final_audit(row, stored, both))
    after, _ = total_of(audits.final_audit(row, replace(stored, encounters=changed), both))
    return None if _same(before, after) else ScoreMove(recording_id=row.recording_id, before=before, after=after)


def _same(before: float | None, after: float | None) -> bool:
    return before == after or (before is not None and after is not None and abs(before - after) < _SAME)


def _with(old: Encounter, new: Encounter, rule: str, row: AuditRow, audit: Audit) -> Encounter:
    """Return a stored service in which one rule says what it says now; its very score where that cannot change it."""
    was, will = ([f for f in each.findings if f.rule == rule] for each in (old, new))
    if _unpriced(was) == _unpriced(will):
        return old
    fresh = {f.part: f for f in will}
    kept = [fresh.pop(f.part, None) if f.rule == rule else f for f in old.findings]
    findings = (*(f for f in kept if f is not None), *fresh.values())
    others = any(f.verdict in ("pass", "fail") and f.status == "active" for f in old.findings if f.rule != rule)
    if others and not any(f.verdict == "fail" for f in (*was, *will)):
        return replace(old, findings=findings)
    return rescored(old, findings, Policy.model_validate(row.policy), audit.recording.setting)


def _unpriced(findings: Sequence[Finding]) -> list[tuple[int, Verdict, str, str, str]]:
    """Return what decides about scores: points come only afterwards."""
    return sorted((f.part, f.verdict, f.status, f.level, key_of(f)) for f in findings)


def _hits(recording_id: int, number: int, rule: str, old: Encounter, new: Encounter) -> Iterator[TrialHit]:
    before, after = _said(old.findings, rule), _said(new.findings, rule)
    for part in sorted({*before, *after}):
        was, will = before.get(part), after.get(part)
        if change := _change(was, will):
            shown = will or was
            first = next(iter(shown.evidence), None) if shown else None
            yield TrialHit(
                recording_id=recording_id,
                encounter=number,
                change=change,
                before=was.verdict if was else None,
                after=will.verdict if will else None,
                start=first.start if first else None,
                quote=first.quote if first else "",
                points=will.points if will else 0.0,
            )


def _said(findings: Sequence[Finding], rule: str) -> Mapping[int, Finding]:
    return {f.part: f for f in findings if f.rule == rule and not is_silent(f)}


def _change(was: Finding | None, will: Finding | None) -> Change | None:
    if was is None or will is None:
        return "vanished" if was else "appeared" if will else None
    return None if (was.verdict, key_of(was)) == (will.verdict, key_of(will)) else "changed"
