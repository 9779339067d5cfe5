"""What people listen to: made once, with tones for who may not hear numbers, deleted with the sound."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import soundfile

from service.cleanup import Cleanup
from service.retention import Retention
from service.store import audits, recordings
from service.store.audits import TranscriptRecord
from speechaudit.model import Segment, Transcript
from tests.service.api_kit import Api, opened
from tests.service.service_kit import MADE_BY, POLICY, audit_of, finding
from tests.service.sound_kit import played, sound, strongest, work_of

NUMBER = "320106199003071234"
SEES = {"admin": True, "inspector": True, "lead": False, "staff": False}


@pytest.fixture(scope="module")
def said(peopled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recording 1 of staff 1017 at A01, without a copy; a number is said from second 4 to 6."""
    folder = tmp_path_factory.mktemp("said")
    segment = Segment(start=4.0, end=6.0, text=f"身份证{NUMBER}", role="staff")
    transcript = Transcript(segments=(segment,), duration=10.0)
    audit = audit_of("不知道", findings=(finding("forbidden.dont-know", "fail", "不知道", points=5.0),))
    with opened(folder, peopled_template) as api:
        api.upload(sound(), "a.wav", staff="1017", window="A01")
        with api.db.write() as session:
            audits.save_transcript(session, 1, TranscriptRecord(transcript=transcript, made_by=MADE_BY))
            audits.save(session, 1, audit, run="r", policy=POLICY)
    return folder


@pytest.fixture(scope="module")
def with_copy(said: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its copy, which takes a third of a second to make."""
    folder = tmp_path_factory.mktemp("copied")
    with opened(folder, said) as api:
        assert work_of(api).copy(1) is None
    return folder


@pytest.fixture
def spoken(said: Path, tmp_path: Path) -> Iterator[Api]:
    with opened(tmp_path, said) as api:
        yield api


@pytest.fixture
def copied(with_copy: Path, tmp_path: Path) -> Iterator[Api]:
    with opened(tmp_path, with_copy) as api:
        yield api


@pytest.mark.parametrize("role", SEES)
def test_the_copy_has_tones_for_who_may_not_hear_numbers(copied: Api, role: str) -> None:
    answer = copied.ask("GET", "/recordings/1/listening", role)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/webm")
    assert answer.headers["cache-control"] == "private, no-store"
    samples = played(answer.content)
    assert len(samples) / 48000 == pytest.approx(10, abs=0.1)
    assert strongest(samples[48000:96000]) == pytest.approx(400, abs=2)
    assert strongest(samples[int(4.2 * 48000) : int(5.8 * 48000)]) == pytest.approx(400 if SEES[role] else 1000, abs=2)
    asked = copied.ask("GET", "/recordings/1/listening?beep=true", role)
    assert strongest(played(asked.content)[int(4.2 * 48000) : int(5.8 * 48000)]) == pytest.approx(1000, abs=2)


def test_a_player_may_jump(copied: Api) -> None:
    whole = copied.ask("GET", "/recordings/1/listening", "staff").content
    part = copied.ask("GET", "/recordings/1/listening", "staff", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert b"\x1c\x53\xbb\x6b" in whole[:2000]  # the index stands before the sound (Cues, RFC 9559)


def test_the_outline_has_both_sides(copied: Api) -> None:
    peaks = copied.get("/recordings/1/peaks", "staff")
    assert (peaks["duration"], peaks["per_second"]) == (10.0, 50)
    left, right = (base64.b64decode(each) for each in peaks["channels"])
    assert len(left) == len(right) == 500
    assert min(left[5:495]) > 200
    assert peaks["scale"] == pytest.approx(0.3, abs=0.02)


def test_old_recordings_get_theirs_when_somebody_asks(spoken: Api) -> None:
    for path in ("/recordings/1/listening", "/recordings/1/peaks"):
        answer = spoken.ask("GET", path, "inspector")
        assert (answer.status_code, "制作" in answer.json()["detail"]) == (409, True)
    assert spoken.queue.copies == [1, 1]
    assert spoken.ask("GET", "/recordings/1/clip?start=1&end=2", "staff").status_code == 200
    assert work_of(spoken).copy(1) is None
    assert spoken.ask("GET", "/recordings/1/listening", "inspector").status_code == 200


def test_a_better_mask_makes_a_new_form_and_drops_the_old_one(copied: Api) -> None:
    with copied.db.write() as session:
        heard = audits.transcript(session, 1)
        moved = replace(heard.transcript, segments=(replace(heard.transcript.segments[0], start=2.0, end=3.0),))
        audits.save_transcript(session, 1, replace(heard, transcript=moved))
        row = recordings.get(session, 1)
    assert copied.ask("GET", "/recordings/1/listening", "staff").status_code == 409
    assert work_of(copied).copy(1) is None
    samples = played(copied.ask("GET", "/recordings/1/listening", "staff").content)
    assert strongest(samples[int(2.2 * 48000) : int(2.8 * 48000)]) == pytest.approx(1000, abs=2)
    assert len(copied.services.audio.parts(row.sha256)) == 3


def test_who_may_not_see_a_recording_hears_nothing_of_it(copied: Api) -> None:
    copied.upload(b"other", "b.wav", staff="1018", window="A02")
    for path in ("listening", "peaks", "changes"):
        assert copied.ask("GET", f"/recordings/2/{path}", "staff").status_code == 404
        assert copied.ask("GET", f"/recordings/2/{path}", "lead").status_code == 404


def test_a_clip_is_cut_from_the_copy(copied: Api) -> None:
    with copied.db.read() as session:
        copied.services.audio.drop(recordings.get(session, 1).sha256)
    answer = copied.ask("GET", "/recordings/1/clip?start=6&end=8", "inspector")
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert (rate, samples.shape) == (16_000, (32_000, 2))


def test_what_lies_late_waits_for_the_copy(spoken: Api) -> None:
    answer = spoken.ask("GET", "/recordings/1/clip?start=1801&end=1802", "inspector")
    assert (answer.status_code, spoken.queue.copies) == (409, [1])
    assert work_of(spoken).copy(1) is None
    assert spoken.ask("GET", "/recordings/1/clip?start=1801&end=1802", "inspector").status_code == 422


def files(api: Api) -> list[Path]:
    return [path for path in Path(api.services.settings.audio.removeprefix("file://")).rglob("*") if path.is_file()]


def test_all_of_it_is_deleted_with_the_recording(copied: Api) -> None:
    assert len(files(copied)) == 4
    assert copied.ask("DELETE", "/recordings/1", "admin").status_code == 204
    assert files(copied) == []


def test_retention_deletes_it_and_nobody_makes_it_again(copied: Api) -> None:
    settings = copied.services.settings.model_copy(update={"keep_audio_days": 0})
    assert Retention(settings, copied.db, copied.services.audio).run() == {"audio": 1}
    assert files(copied) == []
    assert work_of(copied).copy(1) is None
    assert files(copied) == []
    answer = copied.ask("GET", "/recordings/1/listening", "inspector")
    assert (answer.status_code, "保存期限" in answer.json()["detail"]) == (404, True)


def test_what_a_dying_worker_left_is_cleaned_up(copied: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with copied.db.write() as session:
        sha256 = recordings.get(session, 1).sha256
    cleanup = Cleanup(copied.db, copied.services.audio)
    monkeypatch.setattr("service.cleanup.AGE", timedelta(0))
    assert cleanup.sounds(sha256[:2]) == 0
    with copied.db.write() as session:
        recordings.delete(session, 1)
    assert cleanup.sounds(sha256[:2]) == 1
    assert files(copied) == []


def test_history_says_what_changed(copied: Api) -> None:
    findings = (
        finding("forbidden.dont-know", "unclear", "不知道"),
        finding("forbidden.hurry", "fail", "快点", points=2.0),
    )
    with copied.db.write() as session:
        audits.save(session, 1, audit_of("不知道", "快点", total=80.0, findings=findings), run="r2", policy=POLICY)
    newest, first = copied.get("/recordings/1/changes", "staff")
    assert [(each["change"], each["finding"]["rule"]) for each in newest["changes"]] == [
        ("changed", "forbidden.dont-know"),
        ("added", "forbidden.hurry"),
    ]
    assert newest["changes"][0]["before"]["verdict"] == "fail"
    assert (newest["current"], newest["proposed"], first["changes"]) == (True, False, [])
