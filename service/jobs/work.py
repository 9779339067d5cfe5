"""What the jobs do, step by step. Every step may run twice: a worker can die after the work, before the note of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from service import listening
from service.audio import AudioStore
from service.errors import UnavailableError
from service.jobs.queue import run_of
from service.store import Database, audits, reaudits, recordings, telling, webhooks
from service.store.audits import Proposal, TranscriptRecord
from service.store.workers import count
from speechaudit import pipeline
from speechaudit.errors import AudioError, SpeechAuditError
from speechaudit.model import Audit, Recording
from speechaudit.privacy import masked_text, personal_spans
from speechaudit.reasons import Reason, because, failure_of, in_chinese, in_english
from speechaudit.rules.rulebook import Rulebook

# (path, what is known, progress from 0 to 1) → what was heard
Listener = Callable[[Path, Recording, Callable[[float], None]], TranscriptRecord]
log = logging.getLogger(__name__)
AUDITED, FAILED = "recording.audited", "recording.failed"
MOST_STARTS = 10
REAUDITS_PER_STEP, _SECONDS_PER_STEP = 20, 7200.0  # the audit of a day alone is 40 MB
_HEARING_SHARE = 0.9
_SECONDS_BETWEEN_NOTES = 1.0


class Work:
    """The steps of a worker. A step returns the reason why it failed, or None; UnavailableError means: try again."""

    def __init__(
        self,
        database: Database,
        audio: AudioStore,
        listener: Listener,
        book: Callable[[], Rulebook],
        worker_id: str,
        *,
        libraries: pipeline.Libraries = pipeline.NO_LIBRARIES,
    ) -> None:
        self._database = database
        self._audio = audio
        self._listen = listener
        self._book = book
        self._worker = worker_id
        self._libraries = libraries

    def hear(self, recording_id: int) -> Reason | None:
        """Transcribe a recording, tell who spoke, and keep that."""
        return self._guarded(lambda: self._hear(recording_id))

    def _hear(self, recording_id: int) -> Reason | None:
        with self._database.write() as session:
            starts = recordings.start(session, recording_id)
            row = recordings.get(session, recording_id)
            heard_before = row.stage == "judging" and audits.find_transcript(session, recording_id) is not None
        if starts > MOST_STARTS:
            return because("workers-died", starts=MOST_STARTS)
        if heard_before:
            return None
        began = time.monotonic()
        with self._audio.as_file(row.sha256, row.file_name) as path:
            try:
                heard = self._listen(path, recordings.known(row), self._notes(recording_id))
            except AudioError as problem:  # where the file lies here is nobody's business, and nobody finds it there
                where = f"录音 {recording_id}"
                raise AudioError(where, problem.problem, problem.cure, code=problem.code) from problem
        spent = time.monotonic() - began
        with self._database.write() as session:
            if recordings.get(session, recording_id).attempt == row.attempt:  # else it is heard anew, by other facts
                audits.save_transcript(session, recording_id, heard)
                recordings.advance(session, recording_id, "judging", _HEARING_SHARE)
            count(session, self._worker, audio_seconds=heard.transcript.duration, busy_seconds=spent)
        return None

    def _notes(self, recording_id: int) -> Callable[[float], None]:
        """Return what notes the progress of the hearing (0 to 1), at most once a second."""
        last = time.monotonic()

        def note(done: float) -> None:
            nonlocal last
            if time.monotonic() - last >= _SECONDS_BETWEEN_NOTES:
                last = time.monotonic()
                with self._database.write() as session:
                    recordings.advance(session, recording_id, "hearing", _HEARING_SHARE * done)

        return note

    def judge(self, recording_id: int, run: str) -> Reason | None:
        """Judge what was heard and store the audit, once, together with its announcement."""
        return self._guarded(lambda: self._judge(recording_id, run))

    def _judge(self, recording_id: int, run: str) -> None:
        book = self._book()
        audit = self._judged(recording_id, book)
        with self._database.write() as session:
            if audits.stored(session, run) or run != run_of(
                recording_id, recordings.get(session, recording_id).attempt
            ):
                return
            audit_id = audits.save(session, recording_id, audit, run=run, policy=book.policy)
            webhooks.announce(session, AUDITED, {"recording_id": recording_id, "audit_id": audit_id})
            telling.vetoed(session, recording_id)

    def _judged(self, recording_id: int, book: Rulebook) -> Audit:
        with self._database.read() as session:
            row = recordings.get(session, recording_id)
            heard = audits.transcript(session, recording_id)
        known = recordings.known(row)
        return pipeline.judge_heard(book, known, heard.transcript, heard.made_by, heard.limits, self._libraries)

    def copy(self, recording_id: int) -> Reason | None:
        """Make what people listen to, if it is not there: once for each transcript, whose numbers it covers."""
        return self._guarded(lambda: self._copy(recording_id))

    def _copy(self, recording_id: int) -> None:
        with self._database.read() as session:
            row = recordings.get(session, recording_id)
            heard = audits.find_transcript(session, recording_id)
        beeps = personal_spans(heard.transcript) if heard else ()
        if row.audio_deleted_at or listening.there(self._audio, row.sha256, beeps):
            return
        with self._audio.as_file(row.sha256, row.file_name) as path:
            listening.make(self._audio, row.sha256, path, beeps)
        with self._database.read() as session:
            if not recordings.has_sound(session, recording_id):
                self._audio.delete(row.sha256)

    def fail(self, recording_id: int, reason: Reason) -> None:
        """End the job with its reason, together with the announcement."""
        with self._database.write() as session:
            if recordings.fail(session, recording_id, reason):
                told = {"reason": masked_text(in_chinese((reason,))), "code": reason.code}
                told |= {"reason_english": masked_text(in_english((reason,)))}
                webhooks.announce(session, FAILED, {"recording_id": recording_id, **told})

    def reaudit(self, batch_id: int) -> int:
        """Judge some recordings of a re-audit again, as proposals, and give how many it did; 0 when all are done."""
        with self._database.read() as session:
            some = reaudits.waiting(session, batch_id, REAUDITS_PER_STEP)
            some = _together(some, audits.seconds_heard(session, some))
        book = self._book()
        proposals = [each for recording_id in some if (each := self._proposal(batch_id, recording_id, book))]
        if self._guarded(lambda: self._propose(batch_id, proposals)):  # one of them: the others shall not suffer
            for each in proposals:
                self._propose_alone(batch_id, each.recording_id, book)
        if not some:
            with self._database.write() as session:
                reaudits.ready(session, batch_id)
        return len(some)

    def break_off(self, batch_id: int, reason: Reason) -> None:
        """End a re-audit whose job ended early; what it proposed so far is dropped."""
        with self._database.write() as session:
            reaudits.break_off(session, batch_id, reason)

    def _proposal(self, batch_id: int, recording_id: int, book: Rulebook) -> Proposal | None:
        """Judge a recording again, or note why it cannot be; all that takes long is done before anything is written."""
        made: list[Proposal] = []
        if reason := self._guarded(lambda: made.append(self._made_ready(batch_id, recording_id, book))):
            self._give_up(batch_id, recording_id, reason)
        return made[0] if made else None

    def _made_ready(self, batch_id: int, recording_id: int, book: Rulebook) -> Proposal:
        audit = self._judged(recording_id, book)
        run = f"batch-{batch_id}-{recording_id}"
        with self._database.read() as session:
            row = recordings.get(session, recording_id)
            return audits.proposal(session, row, audit, policy=book.policy, run=run, batch_id=batch_id)

    def _propose(self, batch_id: int, proposals: Sequence[Proposal]) -> None:
        if proposals:
            with self._database.write() as session:
                if reaudits.is_running(session, batch_id):
                    reaudits.propose(session, batch_id, proposals)

    def _propose_alone(self, batch_id: int, recording_id: int, book: Rulebook) -> None:
        def again() -> None:
            self._propose(batch_id, [self._made_ready(batch_id, recording_id, book)])

        if reason := self._guarded(again):
            self._give_up(batch_id, recording_id, reason)

    def _give_up(self, batch_id: int, recording_id: int, reason: Reason) -> None:
        with self._database.write() as session:
            reaudits.give_up(session, batch_id, recording_id, reason)

    @staticmethod
    def _guarded(step: Callable[[], Reason | None]) -> Reason | None:
        try:
            return step()
        except UnavailableError:
            raise
        except SpeechAuditError as problem:
            return failure_of(problem)
        except Exception as problem:
            log.exception("a step failed unexpectedly")
            return because("internal-error", kind=type(problem).__name__, error=str(problem))


def _together(recording_ids: Sequence[int], seconds: Mapping[int, float]) -> Sequence[int]:
    """Return the first ones that are short enough together to be held in memory, and one at least."""
    lengths = accumulate(seconds.get(each, 0.0) for each in recording_ids)
    fitting = sum(end <= _SECONDS_PER_STEP for end in lengths)
    return recording_ids[: max(1, fitting)]
