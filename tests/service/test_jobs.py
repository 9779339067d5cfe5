"""Jobs end well, badly, or are taken over; every step may be repeated; workers are killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from dbos import DBOS
from sqlalchemy.orm import Session

from bench import kill
from bench.simulated import transcript
from service.audio import AudioStore
from service.errors import ConfigError, UnavailableError
from service.jobs import work as steps
from service.jobs.engine import Engine
from service.jobs.identity import claimed
from service.jobs.queue import AUDIT, BESIDE, COPY, QUEUE, REAUDIT, JobQueue, reaudit_run_of, run_of
from service.jobs.work import AUDITED, FAILED, MOST_STARTS, Listener, Work
from service.settings import Settings
from service.store import Database, audits, centre, figures, reaudits, recordings, webhooks, workers
from service.store.audits import TranscriptRecord
from service.store.base import now
from speechaudit.errors import AudioError
from speechaudit.model import Audit, Recording
from speechaudit.reasons import in_chinese, in_english
from speechaudit.rules import rulebook
from tests.service.service_kit import MADE_BY, new_recording


def listener(_path: Path, _recording: Recording, progress: Callable[[float], None]) -> TranscriptRecord:
    progress(1.0)
    return TranscriptRecord(transcript=transcript(), made_by=MADE_BY)


@pytest.fixture
def at_work(db: Database, tmp_path: Path) -> Callable[[Listener], Work]:
    audio = AudioStore(Settings(data=tmp_path / "data"))
    sha256 = audio.put([b"sound"]).sha256
    with db.write() as session:
        recordings.add(session, new_recording(1, sha256=sha256))
        webhooks.add_webhook(session, "https://example.org", "secret", [AUDITED, FAILED])
        workers.register(session, "w", host="h", pid=1, version="1")
    return lambda listen: Work(db, audio, listen, rulebook.load, "w")


def test_steps_done_twice_store_one_audit_and_announce_it_once(
    at_work: Callable[[Listener], Work], db: Database
) -> None:
    work = at_work(listener)
    for _ in range(2):
        assert work.hear(1) is None
    for _ in range(2):
        assert work.judge(1, run_of(1, 1)) is None
    with db.write() as session:
        assert len(audits.history(session, 1)) == 1
        assert audits.content(audits.current(session, 1)).encounters[0].findings
        assert recordings.progress_of(session, 1).status == "done"
        assert [d.event for d in webhooks.due(session, 9)] == [AUDITED]
        assert workers.workers(session)[0].audio_seconds == transcript().duration  # what is kept is not heard again


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (AudioError("drafts/call.wav", "不是音频", "请检查文件"), "不是音频"),
        (RuntimeError("out of memory"), "内部错误"),
    ],
)
def test_what_cannot_be_heard_fails_with_its_reason_and_can_be_tried_again(
    at_work: Callable[[Listener], Work], db: Database, problem: Exception, reason: str
) -> None:
    def broken(*_: object) -> TranscriptRecord:
        raise problem

    work = at_work(broken)
    told = work.hear(1)
    assert told
    assert reason in in_chinese((told,))
    assert told.code in {"audio-unusable", "internal-error"}
    assert "drafts" not in str(told)
    for _ in range(2):
        work.fail(1, told)
    with db.write() as session:
        assert recordings.progress_of(session, 1).failure == in_chinese((told,))
        assert figures.failures(session) == {told.code: 1}
        (sent,) = webhooks.due(session, 9)
        assert (sent.event, sent.payload["reason_english"]) == (FAILED, in_english((told,)))
        assert recordings.try_again(session, 1).attempt == 2


def test_a_storage_that_is_away_is_no_fault_of_the_recording(at_work: Callable[[Listener], Work]) -> None:
    def away(*_: object) -> TranscriptRecord:
        raise UnavailableError("录音存储", "不能读写", "请稍后重试")

    with pytest.raises(UnavailableError):
        at_work(away).hear(1)


def test_a_recording_whose_sound_is_gone_fails(at_work: Callable[[Listener], Work], db: Database) -> None:
    with db.write() as session:
        other = recordings.add(session, new_recording(2))[0].id
    found = at_work(listener).hear(other)
    assert found and "不在存储中" in in_chinese((found,))


def test_a_recording_that_ends_every_worker_is_given_up(at_work: Callable[[Listener], Work], db: Database) -> None:
    with db.write() as session:
        for _ in range(MOST_STARTS):
            recordings.start(session, 1)
    found = at_work(listener).hear(1)
    assert found and found.code == "workers-died"


def test_a_reaudit_judges_what_was_heard_without_hearing_again(
    at_work: Callable[[Listener], Work], db: Database
) -> None:
    def deaf(*_: object) -> TranscriptRecord:
        raise AssertionError

    at_work(listener).hear(1)
    at_work(listener).judge(1, run_of(1, 1))
    with db.write() as session:
        unheard = recordings.add(session, new_recording(2))[0].id
        batch = reaudits.add(session, [1, unheard], profile="default", rulebook_version="v", selection={}).id
    work = at_work(deaf)
    assert [work.reaudit(batch), work.reaudit(batch)] == [2, 0]
    with db.write() as session:
        standing = reaudits.standing(session, batch)
        assert (standing.done, standing.failed) == (1, 1)
        assert "还没有转写" in reaudits.differences(session, batch)[0].failure
        reaudits.ready(session, batch)
        reaudits.decide(session, batch)
        assert reaudits.apply_some(session, batch, 9) == 1


def test_a_reaudit_that_is_discarded_while_it_runs_ends_and_proposes_nothing_more(
    at_work: Callable[[Listener], Work], db: Database
) -> None:
    at_work(listener).hear(1)
    at_work(listener).judge(1, run_of(1, 1))
    with db.write() as session:
        batch = reaudits.add(session, [1], profile="default", rulebook_version="v", selection={}).id

    class Discarding(Work):
        def _judged(self, recording_id: int, book: rulebook.Rulebook) -> Audit:
            with db.write() as session:
                reaudits.discard(session, batch)
            return super()._judged(recording_id, book)

    work = Discarding(db, AudioStore(Settings()), listener, rulebook.load, "w")
    assert [work.reaudit(batch), work.reaudit(batch)] == [1, 0]
    with db.write() as session:
        assert (reaudits.batch(session, batch).status, len(audits.history(session, 1))) == ("discarded", 1)


def test_what_cannot_be_kept_of_a_reaudit_fails_alone(
    at_work: Callable[[Listener], Work], db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = at_work(listener)
    with db.write() as session:
        ids = [1, *(recordings.add(session, new_recording(n))[0].id for n in (2, 3))]
        batch = reaudits.add(session, ids, profile="default", rulebook_version="v", selection={}).id
        for each in ids:
            audits.save_transcript(session, each, TranscriptRecord(transcript=transcript(), made_by=MADE_BY))
    kept = reaudits.propose

    def broken(session: Session, batch_id: int, proposals: Sequence[audits.Proposal]) -> None:
        kept(session, batch_id, proposals)
        if ids[1] in {each.recording_id for each in proposals}:
            raise ValueError

    monkeypatch.setattr(reaudits, "propose", broken)
    assert [work.reaudit(batch), work.reaudit(batch)] == [3, 0]
    with db.read() as session:
        assert [each.recording_id for each in reaudits.differences(session, batch)] == ids
        assert reaudits.standing(session, batch).done == 2
        assert len(audits.history(session, ids[1])) == 0


def test_a_recording_that_is_moved_while_it_is_judged_again_is_judged_once_more(
    at_work: Callable[[Listener], Work], db: Database
) -> None:
    at_work(listener).hear(1)
    with db.write() as session:
        batch = reaudits.add(session, [1], profile="default", rulebook_version="v", selection={}).id
        window = centre.put_window(session, "A01", "一号窗口").id

    class Moving(Work):
        def _propose(self, batch_id: int, proposals: Sequence[audits.Proposal]) -> None:
            with db.write() as session:
                audits.set_place(session, 1, staff_id=None, window_id=window)
            super()._propose(batch_id, proposals)

    work = Moving(db, AudioStore(Settings()), listener, rulebook.load, "w")
    assert [work.reaudit(batch), work.reaudit(batch), work.reaudit(batch)] == [1, 1, 0]
    with db.read() as session:
        (made,) = audits.history(session, 1)
        assert {row.window_id for row in audits.findings_of(session, made.id)} == {window}


def test_long_recordings_are_judged_again_a_few_at_a_time(
    at_work: Callable[[Listener], Work], db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_SECONDS_PER_STEP", 2.5 * transcript().duration)
    with db.write() as session:
        ids = [1, *(recordings.add(session, new_recording(n))[0].id for n in (2, 3))]
        batch = reaudits.add(session, ids, profile="default", rulebook_version="v", selection={}).id
        for each in ids:
            audits.save_transcript(session, each, TranscriptRecord(transcript=transcript(), made_by=MADE_BY))
    work = at_work(listener)
    assert [work.reaudit(batch), work.reaudit(batch), work.reaudit(batch)] == [2, 1, 0]
    monkeypatch.setattr(steps, "_SECONDS_PER_STEP", 1.0)
    with db.write() as session:
        batch = reaudits.add(session, ids, profile="default", rulebook_version="v", selection={}).id
    assert [work.reaudit(batch) for _ in range(4)] == [1, 1, 1, 0]


def test_the_sweep_hands_lost_reaudits_in_and_closes_broken_ones(
    at_work: Callable[[Listener], Work], db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.write() as session:
        lost, broken, stuck, busy, young = (
            reaudits.add(session, [1], profile="default", rulebook_version="v", selection={}) for _ in range(5)
        )
        for old in (lost, broken, stuck, busy):
            old.created_at = now() - timedelta(hours=1)
    ends = {"ERROR": broken.id, "SUCCESS": stuck.id, "PENDING": busy.id}

    class Queue:
        def __init__(self) -> None:
            self.handed_in: list[int] = []

        def missing(self, runs: Iterable[str]) -> set[str]:
            return set(runs) - {reaudit_run_of(batch) for batch in ends.values()}

        def reaudit(self, batch_id: int) -> None:
            self.handed_in.append(batch_id)

    def list_workflows(*, status: list[str], workflow_ids: list[str], **_: object) -> list[SimpleNamespace]:
        jobs = {reaudit_run_of(batch): end for end, batch in ends.items()}
        found = [run for run in workflow_ids if jobs.get(run) in status]
        return [SimpleNamespace(workflow_id=run, error=None) for run in found]

    monkeypatch.setattr(DBOS, "list_workflows", list_workflows)
    engine, queue = Engine(Settings(data=tmp_path), db, at_work(listener), "w"), Queue()
    monkeypatch.setattr(engine, "_queue", queue, raising=False)
    engine.sweep_reaudits()
    assert queue.handed_in == [lost.id]
    with db.read() as session:
        found = {row.id: (row.status, bool(row.failure)) for row in reaudits.batches(session)}
    gone, goes_on = ("discarded", True), ("running", False)
    assert found == {lost.id: goes_on, broken.id: gone, stuck.id: gone, busy.id: goes_on, young.id: goes_on}


def test_what_people_wait_for_has_a_queue_of_its_own_and_stays_in_it(
    at_work: Callable[[Listener], Work], db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = JobQueue(Settings(data=tmp_path / "queue", jobs_url=f"sqlite:///{tmp_path / 'jobs.sqlite'}"))
    queue.audit(1, 1)
    queue.reaudit(1)
    queue.listening_copy(1)
    jobs = queue._client.list_workflows()
    queue.close()
    assert sorted((job.queue_name or "", job.name) for job in jobs) == [
        (QUEUE, AUDIT), (BESIDE, COPY), (BESIDE, REAUDIT),
    ]  # fmt: skip
    taken: dict[str, list[str]] = {}
    dead = [SimpleNamespace(workflow_id=j.workflow_id, executor_id="dead", queue_name=j.queue_name) for j in jobs]
    monkeypatch.setattr(DBOS, "list_workflows", lambda **asked: dead if asked["status"] == "PENDING" else [])
    monkeypatch.setattr(DBOS, "resume_workflows", lambda ids, queue_name: taken.update({queue_name: sorted(ids)}))
    engine = Engine(Settings(data=tmp_path), db, at_work(listener), "w")
    monkeypatch.setattr(engine, "_queue", SimpleNamespace(missing=lambda _runs: set()), raising=False)
    engine.sweep()
    assert taken[QUEUE] == ["audit-1-1"]
    assert [name.partition("-")[0] for name in taken[BESIDE]] == ["copy", "reaudit"]


def test_names_of_workers_are_unique_and_come_back(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with claimed(settings) as first:
        with claimed(settings) as second:
            assert first != second
        with claimed(settings) as again:
            assert again == second
    named = Settings(data=tmp_path, worker_name="gpu-1")
    with claimed(named), pytest.raises(ConfigError), claimed(named):
        pass


def test_handing_in_twice_is_one_job(db_url: str, tmp_path: Path) -> None:
    queue = JobQueue(Settings(data=tmp_path, database_url=db_url))
    assert queue.missing([run_of(1, 1), run_of(2, 1)]) == {run_of(1, 1), run_of(2, 1)}
    queue.audit(1, 1)
    queue.audit(1, 1)
    assert queue.missing([run_of(1, 1), run_of(2, 1)]) == {run_of(2, 1)}
    queue.close()


def test_jobs_that_ended_long_ago_are_forgotten_and_those_that_wait_stay(db_url: str, tmp_path: Path) -> None:
    queue = JobQueue(Settings(data=tmp_path, database_url=db_url))
    queue.audit(1, 1)
    queue.audit(2, 1)
    queue._client.cancel_workflow(run_of(1, 1))
    assert queue.forget(now() - timedelta(days=1)) == 0
    assert queue.forget(now() + timedelta(days=1)) == 1
    assert queue.missing([run_of(1, 1), run_of(2, 1)]) == {run_of(1, 1)}
    queue.close()


@pytest.mark.slow
def test_killed_processes_lose_nothing_and_do_nothing_twice(db_url: str, tmp_path: Path) -> None:
    settings = kill.settings_for(tmp_path, db_url)
    outcome, ids = kill.run(settings, number=9, kills=3, workers=1, seconds=0.2)
    assert outcome.statuses == {"done": 9}
    assert outcome.audits == {1: 9}
    assert sum(outcome.kills.values()) == 3
    assert len(ids) == 9
