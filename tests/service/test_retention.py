"""What grew too old is really gone, kind by kind; what is contested stays; the log says what went."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from service.audio import AudioStore
from service.errors import ConflictError
from service.retention import Retention
from service.settings import Settings
from service.store import Database, accounts, audits, logbook, recordings, retention
from service.store.audits import TranscriptRecord
from service.store.base import now
from service.store.recordings import RecordingRow
from service.store.reviews import cases
from speechaudit import formats
from speechaudit.model import Aside, Mark
from speechaudit.reasons import because
from speechaudit.reviews import Statement
from tests.service.service_kit import MADE_BY, POLICY, audit_of, finding, new_recording, transcript_of

AGES = {1: 5, 2: 40, 3: 100}
SECRETS = {number: f"只在第{number}个录音里说的话" for number in AGES}


class Centre:
    """Three recordings of three ages in a folder of their own."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.folder = db, folder
        self.audio = AudioStore(Settings(data=folder))
        self.ids = {number: self._add(number, age) for number, age in AGES.items()}

    def _add(self, number: int, age: int) -> int:
        secret = SECRETS[number]
        stored = self.audio.put([secret.encode()])
        audit = audit_of("您好", secret, findings=(finding("a.b", "fail", "您好", points=5.0),))
        wait = Mark(kind="hold", start=0.0, end=1.0, quote=secret)
        talk = Aside(
            start=2.0, end=4.0, transcript=transcript_of("吃饭了吗", secret), reasons=(because("private-talk"),)
        )
        audit = replace(audit, encounters=(replace(audit.encounters[0], marks=(wait,)),), asides=(talk,))
        with self.db.write() as session:
            row, _ = recordings.add(session, new_recording(number, sha256=stored.sha256))
            heard = TranscriptRecord(transcript=transcript_of("您好", secret), made_by=MADE_BY)
            audits.save_transcript(session, row.id, heard)
            audits.save(session, row.id, audit, run=f"r{number}", policy=POLICY)
            arrived = now() - timedelta(days=age)
            session.execute(update(RecordingRow).where(RecordingRow.id == row.id).values(received_at=arrived))
        return row.id

    def run(self, **days: Any) -> Any:
        return Retention(Settings(data=self.folder, **days), self.db, self.audio).run()

    def sounds(self) -> set[int]:
        contents = [path.read_bytes() for path in (self.folder / "audio").rglob("*") if path.is_file()]
        return {number for number, secret in SECRETS.items() if secret.encode() in contents}

    def heard(self) -> set[int]:
        with self.db.read() as session:
            return {number for number, each in self.ids.items() if audits.find_transcript(session, each)}

    def audited(self) -> set[int]:
        with self.db.read() as session:
            return {number for number, each in self.ids.items() if audits.history(session, each)}


@pytest.fixture
def centre(db: Database, tmp_path: Path) -> Centre:
    return Centre(db, tmp_path)


def test_each_kind_has_its_own_term(centre: Centre) -> None:
    assert centre.run() == {}
    assert (centre.sounds(), centre.heard(), centre.audited()) == ({1, 2, 3}, {1, 2, 3}, {1, 2, 3})
    counts = centre.run(keep_audio_days=30, keep_transcript_days=60, keep_audit_days=365)
    assert counts == {"audit": 0, "transcript": 1, "audio": 2}
    assert (centre.sounds(), centre.heard(), centre.audited()) == ({1}, {1, 2}, {1, 2, 3})
    assert centre.run(keep_audio_days=30, keep_transcript_days=60) == {"transcript": 0, "audio": 0}
    assert centre.run(keep_audit_days=90) == {"audit": 1}
    assert centre.audited() == {1, 2}
    with centre.db.read() as session:
        noted = [(row.who, row.action, row.what.split()[1]) for row in logbook.entries(session)]
        assert logbook.check(session).broken is None
    assert noted == [
        ("retention", "delete audit", str(centre.ids[3])),
        ("retention", "delete audio", str(centre.ids[3])),
        ("retention", "delete audio", str(centre.ids[2])),
        ("retention", "delete transcript", str(centre.ids[3])),
    ]


def test_verdicts_keep_their_quotes_when_the_rest_of_the_words_is_gone(centre: Centre) -> None:
    centre.run(keep_transcript_days=60)
    with centre.db.read() as session:
        row = audits.current(session, centre.ids[3])
        kept = audits.content(row)
    (encounter,) = kept.encounters
    assert SECRETS[3] not in formats.dump(kept)
    assert encounter.transcript.segments == ()
    assert encounter.findings[0].evidence[0].quote == "您好"
    assert encounter.score is not None


def test_no_word_lingers_in_any_file(centre: Centre) -> None:
    if centre.db.engine.dialect.name != "sqlite":
        return  # PostgreSQL frees the room of deleted rows and uses it again
    assert lingers(centre) == {1, 2, 3}
    centre.run(keep_audio_days=30, keep_transcript_days=30)
    assert lingers(centre) == {1}
    with centre.db.write() as session:
        centre.audio.delete(recordings.delete(session, centre.ids[1]))
        logbook.note(session, who="user:1", name="admin", action="DELETE /api/v1/recordings/{recording_id}", what="/1")
    assert lingers(centre) == {1}  # in what SQLite has yet to write over
    centre.run()
    assert lingers(centre) == set()


def lingers(centre: Centre) -> set[int]:
    contents = b"".join(path.read_bytes() for path in centre.folder.rglob("*") if path.is_file())
    return {number for number, secret in SECRETS.items() if secret.encode() in contents}


def test_what_is_contested_stays_until_it_is_decided(centre: Centre) -> None:
    with centre.db.write() as session:
        users = [accounts.add_user(session, name, "x", "inspector").id for name in ("one", "two")]
        (row,) = audits.findings_of(session, audits.current(session, centre.ids[3]).id)
        cases.appeal(session, row, Statement(user_id=users[0], reason="不是我"), days=365)
    assert centre.run(keep_audio_days=30, keep_audit_days=90) == {"audit": 0, "audio": 1}
    with centre.db.write() as session:
        (row,) = audits.findings_of(session, audits.current(session, centre.ids[3]).id)
        cases.decide(session, row, Statement(user_id=users[1], reason="", verdict="fail"))
    assert centre.run(keep_audio_days=30, keep_audit_days=90) == {"audit": 1, "audio": 0}


def test_an_appeal_keeps_its_finding_and_so_the_sound(centre: Centre) -> None:
    with centre.db.write() as session:
        user = accounts.add_user(session, "one", "x", "staff").id
        (row,) = audits.findings_of(session, audits.current(session, centre.ids[3]).id)
        cases.appeal(session, row, Statement(user_id=user, reason="不是我"), days=365)
    with pytest.raises(ConflictError, match="申诉"), centre.db.write() as session:
        audits.save(session, centre.ids[3], audit_of("您好"), run="again", policy=POLICY)
    assert centre.run(keep_audio_days=90) == {"audio": 0}


def test_what_changed_since_it_was_found_due_is_not_deleted(centre: Centre) -> None:
    kinds: tuple[retention.Kind, ...] = ("audio", "transcript", "audit")
    with centre.db.write() as session:
        assert retention.delete(session, "audio", centre.ids[2])
        assert retention.delete(session, "audio", centre.ids[2]) is None
        session.execute(update(RecordingRow).where(RecordingRow.id == centre.ids[3]).values(status="queued"))
        assert [retention.delete(session, kind, centre.ids[3]) for kind in kinds] == [None, None, None]


def test_words_that_are_heard_again_are_due_again(centre: Centre) -> None:
    centre.run(keep_transcript_days=60)
    with centre.db.write() as session:
        audits.save_transcript(
            session, centre.ids[3], TranscriptRecord(transcript=transcript_of(SECRETS[3]), made_by=MADE_BY)
        )
    assert centre.heard() == {1, 2, 3}
    assert centre.run(keep_transcript_days=60) == {"transcript": 1}
    with centre.db.write() as session:  # a re-audit that had read the words before they were deleted
        audits.save(session, centre.ids[3], audit_of(SECRETS[3]), run="late", policy=POLICY)
    assert centre.run(keep_transcript_days=60) == {"transcript": 1}


def test_what_still_waits_is_not_deleted(centre: Centre) -> None:
    with centre.db.write() as session:
        session.execute(update(RecordingRow).where(RecordingRow.id == centre.ids[2]).values(status="running"))
    assert centre.run(keep_audio_days=1) == {"audio": 2}


def test_sound_that_cannot_be_deleted_is_not_said_to_be(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.errors import UnavailableError

    def away(_: str) -> None:
        raise UnavailableError("录音存储", "不能读写", "请检查")

    monkeypatch.setattr(centre.audio, "delete", away)
    with pytest.raises(UnavailableError):
        centre.run(keep_audio_days=30)
    with centre.db.read() as session:
        assert logbook.entries(session) == []
        row = recordings.get(session, centre.ids[3])
        assert row.audio_deleted_at is None
