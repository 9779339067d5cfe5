"""A recording is taken in once, followed, tried again and deleted with all that was made of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from service.errors import ConflictError, NotFoundError, UnavailableError
from service.jobs import applying
from service.store import Database, audits, centre, reaudits, recordings
from service.store.audits import AuditRow, FindingRow
from service.store.base import Base, now
from service.store.centre import Window
from service.store.reaudits import BatchItem
from service.store.recordings import RecordingRow
from service.store.search import TranscriptText
from service.summing import Summing
from speechaudit.model import Audit
from speechaudit.reasons import because
from tests.service.service_kit import (
    MADE_BY,
    MORNING,
    POLICY,
    audit_of,
    audited,
    finding,
    keep_proposal,
    new_recording,
    transcript_of,
)


def test_the_same_bytes_are_one_recording(db: Database) -> None:
    with db.write() as session:
        first, new = recordings.add(session, new_recording(1))
        again, new_again = recordings.add(session, new_recording(1, file_name="copy.wav"))
    assert (first.id, new, new_again) == (again.id, True, False)
    assert again.file_name == "call-1.wav"
    assert again.facts.started_at == MORNING.replace(minute=1)


def test_ten_uploads_of_the_same_bytes_at_once_are_one_recording(db: Database) -> None:
    def add(_: int) -> bool:
        with db.write() as session:
            return recordings.add(session, new_recording(1))[1]

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(add, range(10))) == [False] * 9 + [True]


def test_an_error_of_the_database_does_not_quote_what_was_said(db: Database) -> None:
    """It ends in the log, and as the reason why a job failed."""
    row = {"recording_id": 10**9, "folded": "请您报一下身份证号", "grams": "请您"}
    with pytest.raises(IntegrityError) as raised, db.write() as session:
        session.execute(insert(TranscriptText), [row])
    assert "身份证" not in str(raised.value)


def test_a_key_means_one_recording_per_sender(db: Database) -> None:
    with db.write() as session:
        recordings.add(session, new_recording(1, source="key:1", idempotency_key="a"))
        assert recordings.add(session, new_recording(2, source="key:2", idempotency_key="a"))[1]
        assert not recordings.add(session, new_recording(1, source="key:1", idempotency_key="a"))[1]
        with pytest.raises(ConflictError):
            recordings.add(session, new_recording(3, source="key:1", idempotency_key="a"))


def test_a_job_advances_fails_and_is_tried_again(db: Database) -> None:
    with db.write() as session:
        number = recordings.add(session, new_recording(1))[0].id
        recordings.advance(session, number, "hearing", 0.4)
    with db.read() as session:
        assert recordings.progress_of(session, number).progress == 0.4
        assert recordings.queue(session).running == 1
    with db.write() as session:
        recordings.fail(session, number, because("older-text", text="无法解码"))
        recordings.advance(session, number, "hearing", 0.5)
        assert recordings.progress_of(session, number).failure == "无法解码"
        assert recordings.get(session, number).failure_values == {"text": "无法解码"}
        assert recordings.progress_of(session, number).status == "failed"
        assert recordings.try_again(session, number).attempt == 2
        with pytest.raises(ConflictError):
            recordings.try_again(session, number)
        assert recordings.unfinished(session, now(), 9) == ((number, 2),)
        assert recordings.queue(session).oldest is not None


def test_an_audit_is_stored_once_and_read_as_it_was(db: Database) -> None:
    audit = audit_of("您好", findings=(finding("a.b", "fail", "不知道", points=5.0), finding("a.c", "pass")))
    with db.write() as session:
        number = recordings.add(session, new_recording(1))[0].id
        first = audits.save(session, number, audit, run="r", policy=POLICY)
        assert audits.save(session, number, audit, run="r", policy=POLICY) == first
    with db.read() as session:
        row = audits.current(session, number)
        assert audits.content(row) == audit
        assert [(f.rule, f.verdict, f.quote) for f in audits.findings_of(session, row.id)] == [
            ("a.b", "fail", "不知道")
        ]
        recording = recordings.get(session, number)
        assert (recording.status, recording.total, recording.passed, recording.duration) == ("done", 90.0, True, 1.0)


def test_a_recording_in_which_nothing_was_judged_has_no_score(db: Database) -> None:
    with db.write() as session:
        number = audited(session, 1, audit_of("嗯", total=None))
        assert (recordings.get(session, number).total, recordings.get(session, number).passed) == (None, None)


def test_what_was_heard_is_kept_for_judging_again(db: Database) -> None:
    heard = audits.TranscriptRecord(
        transcript=transcript_of("您好", "再见"), made_by=MADE_BY, limits=(because("dual-mono"),)
    )
    with db.write() as session:
        number = recordings.add(session, new_recording(1))[0].id
        assert audits.find_transcript(session, number) is None
        audits.save_transcript(session, number, heard)
        audits.save_transcript(session, number, heard)
    with db.read() as session:
        assert audits.find_transcript(session, number) == heard


def reaudited(db: Database, new: Audit) -> tuple[int, int]:
    with db.write() as session:
        number = audited(session, 1, audit_of("您好", total=90.0, findings=(finding("a.b", "fail", "您好"),)))
        batch = reaudits.add(session, [number], profile="default", rulebook_version="v2", selection={})
        assert reaudits.waiting(session, batch.id, 10) == [number]
        keep_proposal(session, batch.id, number, new)
        reaudits.ready(session, batch.id)
    return number, batch.id


def test_a_reaudit_shows_the_difference_and_counts_when_applied(db: Database) -> None:
    number, batch = reaudited(db, audit_of("您好", total=70.0))
    with db.read() as session:
        standing = reaudits.standing(session, batch)
        assert (standing.total, standing.done, standing.lowered, standing.raised) == (1, 1, 1, 0)
        assert [(i.old_total, i.new_total) for i in reaudits.differences(session, batch)] == [(90.0, 70.0)]
        assert recordings.get(session, number).total == 90.0
    with db.write() as session:
        reaudits.decide(session, batch)
    applying.apply(db, batch, 60)
    with db.write() as session:
        assert reaudits.batch(session, batch).applied_at is not None
        assert recordings.get(session, number).total == 70.0
        assert [row.current for row in audits.history(session, number)] == [True, False]
        assert session.scalars(select(FindingRow.current)).all() == [False]
        with pytest.raises(ConflictError):
            reaudits.discard(session, batch)


def test_a_reaudit_counts_in_steps_between_which_others_write(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "_STEP", 1)
    _, batch = reaudited(db, audit_of("您好", total=70.0))
    with db.write() as session:
        for n in (2, 3):
            number = audited(session, n, audit_of("您好", total=90.0))
            session.add(BatchItem(batch_id=batch, recording_id=number))
            keep_proposal(session, batch, number, audit_of("好"))
        reaudits.decide(session, batch)

    def counting() -> tuple[list[bool], bool]:
        with db.write() as session:
            session.add(Window(code=f"W{len(seen)}", name="写得进去"))
            proposed = select(AuditRow.current).where(AuditRow.batch_id == batch).order_by(AuditRow.id)
            return list(session.scalars(proposed)), reaudits.batch(session, batch).applied_at is not None

    seen: list[tuple[list[bool], bool]] = []
    for _ in range(4):
        applying.apply_rest(db, 0)
        seen.append(counting())
    assert seen == [
        ([True, False, False], False),
        ([True, True, False], False),
        ([True, True, True], False),
        ([True, True, True], True),
    ]
    with db.read() as session:
        assert reaudits.applying(session) == []


def test_deleting_leaves_nothing_behind(db: Database) -> None:
    with db.write() as session:
        number = audited(session, 1, audit_of("您好", findings=(finding("a.b", "fail", "您好"),)))
        audits.save_transcript(
            session, number, audits.TranscriptRecord(transcript=transcript_of("您好"), made_by=MADE_BY)
        )
        assert recordings.delete(session, number) == new_recording(1).sha256
    Summing(db).run()
    with db.read() as session:
        counts = {name: session.scalar(select(func.count()).select_from(t)) for name, t in Base.metadata.tables.items()}
    # Sheets are lists of rules, which no recording owns.
    assert {name: count for name, count in counts.items() if count and name != "tally_sheets"} == {}


def test_ids_are_never_used_again(db: Database) -> None:
    with db.write() as session:
        number = recordings.add(session, new_recording(1))[0].id
        recordings.delete(session, number)
    with db.write() as session:
        assert recordings.add(session, new_recording(2))[0].id > number


def test_saying_who_and_where_reaches_the_findings(db: Database) -> None:
    with db.write() as session:
        number = audited(session, 1, audit_of("您好", findings=(finding("a.b", "fail", "您好"),)))
        window, person = centre.put_window(session, "A01", "综合窗口"), centre.put_staff(session, "1017", "甲")
        row = audits.set_place(session, number, staff_id=person.id, window_id=window.id)
        assert (recordings.known(row).staff, recordings.known(row).window) == ("1017", "综合窗口")
        assert session.scalars(select(FindingRow.staff_id)).all() == [person.id]


def test_what_is_not_there_is_told(db: Database) -> None:
    with db.read() as session:
        for ask in (recordings.get, recordings.progress_of, audits.current, audits.row_of, audits.finding):
            with pytest.raises(NotFoundError):
                ask(session, 7)


def test_nothing_of_a_failed_transaction_is_kept(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write() as session:
        recordings.add(session, new_recording(1))
        raise RuntimeError
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(RecordingRow)) == 0


def test_a_database_that_is_away_is_told() -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(UnavailableError, match="数据库"):
        away.check()
