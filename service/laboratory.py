"""What a rule as somebody writes it would have found in recordings that were heard already, beside what counts now.

A trial runs in a thread of this process, some recordings at a time and outside of any transaction that writes; it keeps
nothing, and is gone with the process. Only the rule itself is judged again; scores follow by the stored policy.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.background import Duty
from service.errors import ConflictError, NotFoundError
from service.store import Database, audits, recordings
from service.store.recordings import RecordingRow
from speechaudit.fingerprints import key_of
from speechaudit.policy import Policy
from speechaudit.reviews import is_silent, rescored, total_of

if TYPE_CHECKING:
    from speechaudit.model import Audit, Encounter, Finding, Verdict
    from speechaudit.pipeline import Libraries
    from speechaudit.rules.rulebook import Rulebook

TrialState = Literal["running", "done", "cancelled", "failed"]
Change = Literal["appeared", "vanished", "changed"]
MOST_RECORDINGS: Final = 20_000
MOST_SHOWN: Final = 200
_KEPT: Final = 5
_STEP: Final = 10
_BREATH: Final = 0.02  # seconds between steps, for the requests that wait meanwhile
_SAME: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialHit:
    """A finding that would be another; `before` and `after` are None where nothing is said.

    `start` is its moment in the recording in seconds, None where words are missing; `points` what it costs after.
    """

    recording_id: int
    encounter: int
    change: Change
    before: Verdict | None
    after: Verdict | None
    start: float | None
    quote: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMove:
    """A recording whose score would be another."""

    recording_id: int
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialProgress:
    """How far a trial is and what came out so far: the first `MOST_SHOWN` hits and moves, and the numbers of all.

    `verdicts` counts what the rule says by the new text; `left_out` are recordings that cannot be compared: their words
    were deleted, or they would be divided into services otherwise by now.
    """

    rule: str
    text: str
    since: datetime
    started_at: datetime
    by: str
    id: int = 0
    state: TrialState = "running"
    total: int = 0
    done: int = 0
    left_out: int = 0
    changes: Mapping[Change, int] = field(default_factory=dict)
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    raised: int = 0
    lowered: int = 0
    hits: tuple[TrialHit, ...] = ()
    moves: tuple[ScoreMove, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a rule would change in one recording; None in its place if it cannot be compared."""

    verdicts: tuple[Verdict, ...]
    hits: tuple[TrialHit, ...]
    move: ScoreMove | None


class RuleTrial:
    """One trial, from `start` until it is done or cancelled."""

    def __init__(self, database: Database, book: Rulebook, libraries: Libraries, told: TrialProgress) -> None:
        rule = next(each for each in book.rules if each.id == told.rule)
        self._database, self._libraries = database, libraries
        self._book = replace(book, rules=(rule,))
        self._over, self._lock = threading.Event(), threading.Lock()
        self._waiting: list[int] = []
        self._changes: Counter[Change] = Counter()
        self._verdicts: Counter[Verdict] = Counter()
        self._told = told
        self._thread = threading.Thread(target=self._run, name="trial", daemon=True)

    def start(self) -> None:
        """Choose the recordings, newest first, and begin."""
        with self._database.read() as session:
            mine = RecordingRow.audited_at.is_not(None), RecordingRow.occurred_at >= self._told.since
            wanted = select(RecordingRow.id).where(*mine).order_by(RecordingRow.occurred_at.desc(), RecordingRow.id)
            self._waiting = list(session.scalars(wanted.limit(MOST_RECORDINGS)))
        self._told = replace(self._told, total=len(self._waiting))
        self._thread.start()

    @property
    def progress(self) -> TrialProgress:
        """How far it is."""
        with self._lock:
            return self._told

    def cancel(self, patience: float = 0.0) -> None:
        """End after the step that is under way; wait so many seconds for that."""
        self._over.set()
        self._thread.join(patience)

    def _run(self) -> None:
        duty = Duty("trial", self.step)
        while not self._over.is_set() and duty.run():
            time.sleep(_BREATH)
        state: TrialState = "failed" if duty.standing.problem else "cancelled" if self._waiting else "done"
        with self._lock:
            self._told = replace(self._told, state=state)

    def step(self) -> bool:
        """Compare some recordings, and give whether there are more."""
        some, self._waiting = self._waiting[:_STEP], self._waiting[_STEP:]
        for recording_id in some:
            with self._database.read() as session:
                found = compared(session, recording_id, self._book, self._libraries)
            with self._lock:
                self._told = self._counted(found)
        return bool(self._waiting)

    def _counted(self, found: Compared | None) -> TrialProgress:
        told = replace(self._told, done=self._told.done + 1)
        if found is None:
            return replace(told, left_out=told.left_out + 1)
        self._changes.update(hit.change for hit in found.hits)
        self._verdicts.update(found.verdicts)
        move = found.move
        up = move is not None and (move.after or 0.0) > (move.before or 0.0)
        return replace(
            told,
            changes=dict(self._changes),
            verdicts=dict(self._verdicts),
            hits=(*told.hits, *found.hits)[:MOST_SHOWN],
            moves=((*told.moves, move) if move else told.moves)[:MOST_SHOWN],
            raised=told.raised + up,
            lowered=told.lowered + (move is not None and not up),
        )


class Laboratory:
    """The trials of this process: one at a time, and the last few to be looked at."""

    def __init__(self) -> None:
        self._trials: dict[int, RuleTrial] = {}
        self._numbers, self._lock = count(1), threading.Lock()

    def begin(self, database: Database, book: Rulebook, libraries: Libraries, wanted: TrialProgress) -> TrialProgress:
        """Start what is wanted, with a number of its own. Raises ConflictError if another trial runs.

        The book has the rule as it is to be tried.
        """
        with self._lock:
            if any(each.progress.state == "running" for each in self._trials.values()):
                raise ConflictError("试算", "已有一次试算在进行", "请等它结束,或先取消它")
            told = replace(wanted, id=next(self._numbers))
            trial = RuleTrial(database, book, libraries, told)
            trial.start()
            self._trials[told.id] = trial
            for old in list(self._trials)[:-_KEPT]:
                del self._trials[old]
        return trial.progress

    def find(self, number: int) -> RuleTrial:
        """Return a trial. Raises NotFoundError."""
        if (found := self._trials.get(number)) is None:
            cure = "服务重新启动过,或之后又试算了好几次。请再试算一次"
            raise NotFoundError(f"试算 {number}", "不在这里", cure)
        return found

    def all(self) -> tuple[TrialProgress, ...]:
        """Return all trials that are kept, newest first."""
        return tuple(each.progress for _, each in sorted(self._trials.items(), reverse=True))

    def stop(self, patience: float) -> None:
        """Cancel what runs; wait so many seconds for each."""
        for each in self._trials.values():
            each.cancel(patience)


def compared(session: Session, recording_id: int, book: Rulebook, libraries: Libraries) -> Compared | None:
    """Judge a recording by the one rule of the book, and return what that changes; None if it cannot be compared."""
    from speechaudit import pipeline

    row = audits.find_current(session, recording_id)
    heard = audits.find_transcript(session, recording_id)
    if row is None or heard is None:
        return None
    known, stored = recordings.known(recordings.get(session, recording_id)), audits.content(row)
    judged = pipeline.judge_heard(book, known, heard.transcript, heard.made_by, heard.limits, libraries)
    if len(judged.encounters) != len(stored.encounters):
        return None
    (rule,) = book.rules
    pairs = tuple(zip(stored.encounters, judged.encounters, strict=True))
    policy = Policy.model_validate(row.policy)
    changed = tuple(_with(old, new, rule.id, policy, stored) for old, new in pairs)
    decided = audits.decisions_of(session, [recording_id])
    before, _ = total_of(audits.final_audit(row, stored, decided))
    after, _ = total_of(audits.final_audit(row, replace(stored, encounters=changed), decided))
    hits = (
        hit
        for n, (old, new) in enumerate(zip(stored.encounters, changed, strict=True))
        for hit in _hits(recording_id, n, rule.id, old, new)
    )
    return Compared(
        verdicts=tuple(f.verdict for e in changed for f in e.findings if f.rule == rule.id),
        hits=tuple(hits),
        move=None if _same(before, after) else ScoreMove(recording_id=recording_id, before=before, after=after),
    )


def _same(before: float | None, after: float | None) -> bool:
    return before == after or (before is not None and after is not None and abs(before - after) < _SAME)


def _with(old: Encounter, new: Encounter, rule: str, policy: Policy, audit: Audit) -> Encounter:
    """Return a stored service in which one rule says what it says now."""
    fresh = {f.part: f for f in new.findings if f.rule == rule}
    kept = [fresh.pop(f.part, None) if f.rule == rule else f for f in old.findings]
    findings = (*(f for f in kept if f is not None), *fresh.values())
    if _unpriced(findings) == _unpriced(old.findings):
        return old
    return rescored(old, findings, policy, audit.recording.setting)


def _unpriced(findings: Sequence[Finding]) -> list[tuple[str, int, Verdict, str, str, str]]:
    """Return what decides about scores: points come only afterwards."""
    return [(f.rule, f.part, f.verdict, f.status, f.level, key_of(f)) for f in findings]


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
