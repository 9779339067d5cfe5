"""Finished pieces of a hearing: kept through a crash, gone at the end."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.checkpoint import MAX_AGE, NO_CHECKPOINT, SUFFIX, FileCheckpoint, open_checkpoint
from speechaudit.errors import AudioError, InputError
from speechaudit.model import MadeBy, Span, Word

MADE_BY = MadeBy(
    program="p", transcriber="t", model="m", model_sha256="1", device="cpu", compute_type="int8", settings={"beam": "5"}
)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound")
    return path


def checkpoint(recording: Path, made_by: MadeBy = MADE_BY) -> FileCheckpoint:
    return FileCheckpoint(recording, made_by, recording.parent / "partial")


def test_a_piece_is_there_for_the_next_process(recording: Path) -> None:
    checkpoint(recording).put("0:1.5", [[0.1, "您好"]])
    assert checkpoint(recording).get("0:1.5") == [[0.1, "您好"]]
    assert checkpoint(recording).get("0:9") is None


def test_only_the_owner_may_read_what_was_said(recording: Path) -> None:
    found = checkpoint(recording)
    found.put("a", "我的电话")
    assert found.path.stat().st_mode & 0o077 == found.path.parent.stat().st_mode & 0o077 == 0


def test_words_and_spans_come_back_as_they_were(recording: Path) -> None:
    words = (Word(start=0.1, end=1 / 3, text="您好,", confidence=0.123456789),)
    spans = (Span(start=0.1, end=2 / 3), Span(start=1.0, end=1.5))
    first = checkpoint(recording)
    assert (first.words("w", lambda: words), first.spans("s", lambda: spans)) == (words, spans)
    again = checkpoint(recording)
    assert (again.words("w", lambda: ()), again.spans("s", lambda: ())) == (words, spans)
    assert (NO_CHECKPOINT.words("w", lambda: words), NO_CHECKPOINT.words("w", lambda: ())) == (words, ())


def test_silence_is_a_piece_too(recording: Path) -> None:
    checkpoint(recording).words("w", lambda: ())
    assert checkpoint(recording).words("w", lambda: pytest.fail("heard again")) == ()


def test_pieces_belong_to_the_bytes_and_to_the_way_of_hearing(recording: Path) -> None:
    checkpoint(recording).put("a", 1)
    moved = recording.with_name("b.wav")
    moved.write_bytes(recording.read_bytes())
    assert checkpoint(moved).get("a") == 1
    assert checkpoint(recording, replace(MADE_BY, settings={"beam": "1"})).get("a") is None
    recording.write_bytes(b"other sound")
    assert checkpoint(recording).get("a") is None


@given(st.integers(0, 400), st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_a_crash_in_the_middle_of_a_line_loses_only_that_line(cut: int, texts: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "a.wav"
        recording.write_bytes(b"sound")
        before = checkpoint(recording)
        for number, text in enumerate(texts):
            before.put(str(number), text)
        written = before.path.read_bytes()
        before.path.write_bytes(written[:cut])
        again = checkpoint(recording)
        whole = written[:cut].count(b"\n")
        assert [again.get(str(n)) for n in range(len(texts))] == [*texts[:whole], *[None] * (len(texts) - whole)]
        again.put("more", "text")
        assert (checkpoint(recording).get("more"), checkpoint(recording).get("0")) == (
            "text",
            texts[0] if whole else None,
        )


def test_pieces_stay_after_an_interruption_and_go_at_the_end(recording: Path) -> None:
    folder = recording.parent / "partial"
    with pytest.raises(KeyboardInterrupt), open_checkpoint(recording, MADE_BY, folder) as before:
        before.put("a", 1)
        raise KeyboardInterrupt
    with open_checkpoint(recording, MADE_BY, folder) as after:
        assert after.get("a") == 1
    assert list(folder.iterdir()) == []


def test_a_recording_that_cannot_be_used_leaves_nothing(recording: Path) -> None:
    folder = recording.parent / "partial"
    with pytest.raises(AudioError), open_checkpoint(recording, MADE_BY, folder) as found:
        found.put("a", 1)
        raise AudioError(recording, "坏了", "换一个")
    assert list(folder.iterdir()) == []


def test_an_error_that_has_a_cure_costs_no_hearing(recording: Path) -> None:
    folder = recording.parent / "partial"
    with pytest.raises(InputError), open_checkpoint(recording, MADE_BY, folder) as found:
        found.put("a", 1)
        raise InputError("1017.voice.json", "不是可读的声纹档案", "请重新登记")
    assert checkpoint(recording).get("a") == 1


def test_a_short_recording_touches_no_disk(recording: Path) -> None:
    with open_checkpoint(recording, MADE_BY, recording.parent / "partial"):
        pass
    assert not (recording.parent / "partial").exists()


def test_a_cache_that_cannot_be_written_costs_nothing_but_a_warning(
    recording: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (recording.parent / "partial").write_bytes(b"a file where the folder should be")
    found = checkpoint(recording)
    with caplog.at_level(logging.WARNING):
        found.put("a", 1)
    assert found.get("a") == 1
    assert "cannot be kept" in caplog.text


def test_a_hearing_that_came_to_its_end_is_not_lost_because_the_folder_is_no_folder(
    recording: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = recording.parent / "partial"
    folder.write_bytes(b"a file where the folder should be")
    with caplog.at_level(logging.WARNING), open_checkpoint(recording, MADE_BY, folder) as found:
        found.put("a", 1)
    assert "cannot be deleted" in caplog.text


def test_what_cannot_be_deleted_keeps_nothing_new_away(recording: Path) -> None:
    strange = recording.parent / "partial" / f"old{SUFFIX}"
    strange.mkdir(parents=True)
    os.utime(strange, (0, time.time() - MAX_AGE - 60))
    checkpoint(recording).put("a", 1)
    assert checkpoint(recording).get("a") == 1


def test_a_damaged_file_is_no_result(recording: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoint(recording).put("a", 1)
    checkpoint(recording).path.write_bytes(b"\xff\xfe nonsense\n")
    with caplog.at_level(logging.WARNING):
        assert checkpoint(recording).get("a") is None
    assert "cannot be used" in caplog.text


def test_what_nobody_came_back_for_goes_when_something_new_comes(recording: Path) -> None:
    checkpoint(recording).put("a", 1)
    old = checkpoint(recording).path
    os.utime(old, (0, time.time() - MAX_AGE - 60))
    recording.write_bytes(b"other sound")
    checkpoint(recording).put("a", 2)
    assert list(old.parent.iterdir()) == [checkpoint(recording).path]
