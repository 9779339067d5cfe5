"""What belongs to nothing is deleted after a day, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from service.audio import AudioStore
from service.cleanup import AGE, PREFIXES, Cleanup
from service.settings import Settings
from service.store import Database, intake, recordings
from service.store.intake import NewPending
from tests.service.service_kit import new_recording


@pytest.fixture
def audio(tmp_path: Path) -> AudioStore:
    return AudioStore(Settings(data=tmp_path / "data"))


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def grown_old(tmp_path: Path) -> None:
    before = time.time() - AGE.total_seconds() - 1
    for path in files(tmp_path):
        os.utime(path, (before, before))


def cleaned(db: Database, audio: AudioStore) -> int:
    cleanup = Cleanup(db, audio)
    return sum(cleanup.sounds(f"{n:02x}") for n in range(PREFIXES))


def test_sound_without_a_recording_goes_after_a_day(db: Database, audio: AudioStore, tmp_path: Path) -> None:
    heard, waits, lost = (audio.put([content]).sha256 for content in (b"heard", b"waits", b"lost"))
    with db.write() as session:
        recordings.add(session, new_recording(1, sha256=heard))
        intake.add(
            session,
            NewPending(sha256=waits, size=5, file_name="w.wav", media_type="audio/wav", source="box", reasons=["?"]),
        )
    assert cleaned(db, audio) == 0
    grown_old(tmp_path)
    assert cleaned(db, audio) == 1
    assert [audio.exists(each) for each in (heard, waits, lost)] == [True, True, False]


def test_sound_that_comes_again_is_not_taken_away_before_its_recording_is_there(
    db: Database, audio: AudioStore, tmp_path: Path
) -> None:
    audio.put([b"lost"])
    grown_old(tmp_path)
    again = audio.put([b"lost"])
    assert not again.new
    assert cleaned(db, audio) == 0
    assert audio.exists(again.sha256)


def test_drafts_that_a_dying_process_left_go_after_a_day(db: Database, audio: AudioStore, tmp_path: Path) -> None:
    with audio.draft() as draft:
        draft.write(b"half")
        os.link(draft.path, draft.path.with_name("left"))
    assert Cleanup(db, audio).run() == 0
    grown_old(tmp_path)
    assert Cleanup(db, audio).run() == 1
    assert files(tmp_path) == []
