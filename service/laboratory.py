"""What a rule as somebody writes it would have found in recordings that were heard already, beside what counts now.

A trial runs in a thread of this process, some recordings at a time and outside of any transaction that writes; how far
it is and what it found is saved each second. Only the rule itself is judged again; scores follow by the stored policy.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.background import Duty
from service.store import Database, audits, recordings, trials
from service.store.audits import TranscriptRecord
from service.store.recordings import RecordingRow
from service.store.trials import MOST_SHOWN, Change, ScoreMove, TrialHit, TrialProgress, TrialState
from speechaudit.fingerprints import key_of
from speechaudit.model import Label
from speechaudit.policy import Policy
from speechaudit.reviews import is_silent, rescored, total_of

if TYPE_CHECKING:
    from speechaudit.model import Audit, Encounter, Finding, Transcript, Verdict
    from speechaudit.pipeline import Libraries
    from speechaudit.rules.rulebook import Rulebook

MOST_RECORDINGS: Final = 20_000
_STEP: Final = 10
_SAVE: Final = 1.0  # seconds between two savings
_BREATH: Final = 0.02  # seconds between steps, for the requests that wait meanwhile
_SAME: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a rule would change in one recording; None in its place if it cannot be compared."""

    verdicts: tuple[Verdict, ...]
    hits: tuple[TrialHit, ...]
    move: ScoreMove | None


class TrialLabels:
    """The labels of transcripts that another model had told before: whoever changes a rule tries it again and again.

    As many are kept as a trial may have recordings, packed and without their words; a model that changes empties all.
    """

    def __init__(self, most: int = MOST_RECORDINGS) -> None:
        self.told = 0  # how often the model was asked
        self._most, self._model = most, ""
        self._kept: dict[bytes, bytes] = {}

    def relabelled(self, heard: TranscriptRecord, folder: Path | None) -> TranscriptRecord:
        """Return what was heard with the labels of the model that is in force in this folder. Raises ModelError."""
        from speechaudit.classifiers import relabelled

        transcript, made_by = relabelled(heard.transcript, heard.made_by, folder, self._tell)
        return replace(heard, transcript=transcript, made_by=made_by)

    def _tell(self, transcript: Transcript, folder: Path | None) -> Transcript:
        from speechaudit.classifiers import label, label_model

        if (model := label_model(folder).sha256) != self._model:
            self._kept, self._model = {}, model
        key = hashlib.sha256(repr(transcript.segments).encode("utf-8", "backslashreplace")).digest()
        if (packed := self._kept.get(key)) is not None:
            return _labelled(transcript, packed)
        told = label(transcript, folder)
        self.told += 1
        if len(self._kept) < self._most:
            self._kept[key] = _packed(told)
        return told


def _packed(transcript: Transcript) -> bytes:
    labels = [[(each.name, each.confidence) for each in segment.labels] for segment in transcript.segments]
    return zlib.compress(json.dumps(labels).encode())


def _labelled(transcript: Transcript, packed: bytes) -> Transcript:
    kept = json.loads(zlib.decompress(packed))
    labels = (tuple(Label(name=name, confidence=confidence) for name, confidence in own) for own in kept)
    segments = (replace(each, labels=own) for each, own in zip(transcript.segments, labels, strict=True))
    return replace(transcript, segments=tuple(segments))


class RuleTrial:
    """One trial, from `start` until it is done, somebody cancels it, or this process ends."""

    def __init__(
        self, database: Database, book: Rulebook, libraries: Libraries, told: TrialProgress, labels: TrialLabels
    ) -> None:
        rule = next(each for each in book.rules if each.id == told.rule)
        self._database, self._libraries, self._labels = database, libraries, labels
        self._book = replace(book, rules=(rule,))
        self._over = threading.Event()
        self._waiting: list[int] = []
        self._changes: Counter[Change] = Counter()
        self._verdicts: Counter[Verdict] = Counter()
        self._hits: tuple[TrialHit, ...] = ()  # those that are not saved yet; so the moves
        self._moves: tuple[ScoreMove, ...] = ()
        self._room, self._saved_at = (MOST_SHOWN, MOST_SHOWN), time.monotonic()
        self._told = told
        self._thread = threading.Thread(target=self._run, name="trial", daemon=True)

    def start(self) -> TrialProgress:
        """Choose the recordings, newest first, begin, and return the trial. Raises ConflictError while one runs."""
        with self._database.read() as session:
            mine = RecordingRow.audited_at.is_not(None), RecordingRow.occurred_at >= self._told.since
            wanted = select(RecordingRow.id).where(*mine).order_by(RecordingRow.occurred_at.desc(), RecordingRow.id)
            self._waiting = list(session.scalars(wanted.limit(MOST_RECORDINGS)))
        self._told = replace(self._told, total=len(self._waiting))
        with self._database.write() as session:
            self._told = replace(self._told, id=trials.begin(session, self._told))
        self._thread.start()
        return self._told

    def stop(self, patience: float) -> None:
        """End with the recording that is under way, because this process ends; wait so many seconds for that."""
        self._over.set()
        self._thread.join(patience)

    @property
    def running(self) -> bool:
        """Whether it is still at it."""
        return self._thread.is_alive()

    def _run(self) -> None:
        duty = Duty("trial", self.step)
        while not self._over.is_set() and duty.run():
            time.sleep(_BREATH)
        state: TrialState = "failed" if duty.standing.problem else "interrupted" if self._waiting else "done"
        Duty("trial", partial(self._save, state)).run()

    def step(self) -> bool:
        """Compare some recordings, and give whether there are more."""
        some, self._waiting = self._waiting[:_STEP], self._waiting[_STEP:]
        for number, recording_id in enumerate(some):
            before = self._labels.told
            with self._database.read() as session:
                found = compared(session, recording_id, self._book, self._libraries, self._labels)
            self._told = replace(self._told, relabelled=self._told.relabelled + self._labels.told - before)
            self._told = self._counted(found)
            due = time.monotonic() - self._saved_at > _SAVE
            if self._over.is_set() or (due and not self._save("running")):
                self._waiting = some[number + 1 :] + self._waiting
                return False
        return bool(self._waiting)

    def _save(self, state: TrialState) -> bool:
        """Keep what came out, and give whether to go on."""
        hits, moves = self._hits[: self._room[0]], self._moves[: self._room[1]]
        with self._database.write() as session:
            wanted = trials.save(session, self._told, hits, moves, state)
        self._room = self._room[0] - len(hits), self._room[1] - len(moves)
        self._hits, self._moves, self._saved_at = (), (), time.monotonic()
        return wanted

    def _counted(self, found: Compared | None) -> TrialProgress:
        told = replace(self._told, done=self._told.done + 1)
        if found is None:
            return replace(told, left_out=told.left_out + 1)
        self._changes.update(hit.change for hit in found.hits)
        self._verdicts.update(found.verdicts)
        move = found.move
        self._hits += found.hits
        self._moves += (move,) if move else ()
        up = move is not None and (move.after or 0.0) > (move.before or 0.0)
        return replace(
            told,
            changes=dict(self._changes),
            verdicts=dict(self._verdicts),
            raised=told.raised + up,
            lowered=told.lowered + (move is not None and not up),
        )


class Laboratory:
    """The trial that this process runs: its results are in the database, where every process finds them."""

    def __init__(self) -> None:
        self._running: RuleTrial | None = None
        self._labels = TrialLabels()

    def begin(self, database: Database, book: Rulebook, libraries: Libraries, wanted: TrialProgress) -> TrialProgress:
        """Start what is wanted, with a number of its own. Raises ConflictError while another one runs, anywhere.

        The book has the rule as it is to be tried.
        """
        trial = RuleTrial(database, book, libraries, wanted, self._labels)
        begun = trial.start()
        self._running = trial
        return begun

    def stop(self, patience: float) -> None:
        """End what runs in this process; wait so many seconds for it."""
        if self._running is not None:
            self._running.stop(patience)


def compared(
    session: Session, recording_id: int, book: Rulebook, libraries: Libraries, labels: TrialLabels
) -> Compared | None:
    """Judge a recording by the one rule of the book, and return what that changes; None if it cannot be compared."""
    from speechaudit import pipeline

    row = audits.find_current(session, recording_id)
    heard = audits.find_transcript(session, recording_id)
    if row is None or heard is None:
        return None
    heard = labels.relabelled(heard, libraries.labels)
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
