"""Who sees and hears personal numbers, and what the others get instead."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import soundfile

from service.store import audits
from service.store.audits import TranscriptRecord
from speechaudit.model import Segment, Transcript
from tests.service.api_kit import Api
from tests.service.service_kit import MADE_BY, POLICY, audit_of, finding

NUMBER = "320106199003071234"
RATE = 16_000  # of clips
CALLER = "13800138000"
SAID = f"身份证{NUMBER}不知道"
SEES: dict[str, bool] = {"admin": True, "inspector": True, "lead": False, "staff": False}


def sound() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(10 * 8000, 0.5, np.float32), 8000, format="WAV")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def spoken(shared_api: Api) -> Api:
    """Recording 1 of staff 1017 at A01: from second 4 to 6 somebody says an identity number."""
    api = shared_api
    sent = api.upload(sound(), f"20260302_{CALLER}_身份证.wav", staff="1017", window="A01", extras={"caller": CALLER})
    number = sent.json()["id"]
    segment = Segment(start=4.0, end=6.0, text=SAID, role="staff")
    transcript = Transcript(segments=(segment,), duration=10.0)
    audit = audit_of(SAID, findings=(finding("forbidden.dont-know", "fail", SAID, points=5.0, message=""),))
    with api.db.write() as session:
        audits.save_transcript(session, number, TranscriptRecord(transcript=transcript, made_by=MADE_BY))
        audits.save(session, number, audit, run="r", policy=POLICY)
    return api


TEXTS = (
    "/recordings",
    "/recordings/1",
    "/recordings/1/transcript",
    "/recordings/1/audit",
    "/recordings/1/findings",
    "/findings",
    "/findings/1",
    "/search?text=身份证",
    "/reports/staff/1017?format=html",
    "/reports/staff/1017",
)


@pytest.mark.parametrize("role", SEES)
def test_only_who_needs_numbers_reads_them(spoken: Api, role: str) -> None:
    for path in TEXTS:
        answer = spoken.ask("GET", path, role)
        assert answer.status_code == 200, path
        assert (NUMBER in answer.text or CALLER in answer.text) == SEES[role], path
        assert "身份证" in answer.text, path


def test_a_key_reads_numbers_with_its_scope_only(spoken: Api) -> None:
    headers = spoken.headers(None, "recordings:read")
    assert NUMBER not in spoken.client.get("/api/v1/recordings/1/transcript", headers=headers).text
    headers = spoken.headers(None, "recordings:read", "personal:read")
    assert NUMBER in spoken.client.get("/api/v1/recordings/1/transcript", headers=headers).text


def heard(api: Api, path: str, role: str) -> Any:
    answer = api.ask("GET", path, role)
    assert answer.status_code == 200, answer.text
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert rate == RATE
    return samples


@pytest.mark.parametrize("role", SEES)
def test_the_others_hear_a_tone(spoken: Api, role: str) -> None:
    samples = heard(spoken, "/recordings/1/clip?start=0&end=10", role)
    constant = np.isclose(samples, 0.5, atol=1e-3)
    beeped = ~constant[4 * RATE : 6 * RATE]
    assert constant[: 3 * RATE].all() and constant[7 * RATE :].all()
    assert beeped.all() != SEES[role]
    answer = spoken.ask("GET", "/recordings/1/audio", role)
    assert answer.status_code == (200 if SEES[role] else 403)
    if not SEES[role]:
        assert "clip" in answer.json()["routes"][0]


def test_the_name_of_a_download_is_masked_too(api: Api) -> None:
    api.people()
    api.upload(sound(), f"{CALLER}.wav", staff="1017", window="A01")
    heard_nothing = TranscriptRecord(transcript=Transcript(segments=(), duration=10.0), made_by=MADE_BY)
    with api.db.write() as session:
        audits.save_transcript(session, 1, heard_nothing)
    assert CALLER in api.ask("GET", "/recordings/1/audio", "admin").headers["content-disposition"]
    assert CALLER not in api.ask("GET", "/recordings/1/audio", "staff").headers["content-disposition"]


def test_who_hears_all_can_ask_for_the_tone(spoken: Api) -> None:
    covered = heard(spoken, "/recordings/1/clip?start=4&end=6&beep=true", "admin")
    assert np.abs(covered).max() < 0.1
    around = heard(spoken, "/findings/1/clip?beep=true", "inspector")  # the evidence is at second 1 to 2: 0 to 4
    assert np.isclose(around[: int(3.8 * RATE)], 0.5, atol=1e-3).all()
    assert np.abs(around[int(3.9 * RATE) :]).max() < 0.1


def test_without_a_transcript_nobody_knows_what_to_cover(api: Api) -> None:
    api.people()
    api.upload(sound(), staff="1017", window="A01")
    assert api.ask("GET", "/recordings/1/clip?start=0&end=5", "staff").status_code == 403
    assert api.ask("GET", "/recordings/1/audio", "staff").status_code == 403
    assert api.ask("GET", "/recordings/1/clip?start=0&end=5", "inspector").status_code == 200


@pytest.mark.parametrize(
    "query", ["start=0&end=601", "start=5&end=5", "start=6&end=5", "start=-1&end=5", "start=nan&end=1"]
)
def test_a_stretch_has_bounds(spoken: Api, query: str) -> None:
    assert spoken.ask("GET", f"/recordings/1/clip?{query}", "admin").status_code == 422


def test_numbers_cannot_be_guessed_by_searching(spoken: Api) -> None:
    for path in ("/search", "/recordings", "/findings"):
        assert spoken.ask("GET", f"{path}?text=3201", "staff").status_code == 422
        assert spoken.ask("GET", f"{path}?text=三二零一", "lead").status_code == 422
        assert spoken.ask("GET", f"{path}?text=③②⁰𝟏", "lead").status_code == 422
        assert spoken.ask("GET", f"{path}?text=3201", "inspector").json()["items"]
        assert spoken.ask("GET", f"{path}?text=证", "staff").json()["items"]


def test_what_is_masked_is_not_found_by_short_searches(both: Api) -> None:
    both.people()
    for n, words in enumerate(["电话一三八零零一三八零零零,谢谢", "我住在中山北路200号3栋502室,好的"], start=1):
        both.audited(n, words, staff=1, window=1)
    for text in ("一三", "三八", "中山", "栋5"):
        assert len(both.get(f"/search?text={text}", "inspector")["items"]) == 1
        for query in (f"text={text}", f"text={text}&sounds_like=true"):
            assert both.get(f"/search?{query}", "staff")["items"] == []
            assert both.get(f"/recordings?{query}", "lead")["items"] == []
            assert both.get(f"/findings?{query}", "staff")["items"] == []
    for text in ("谢谢", "好的"):
        assert len(both.get(f"/search?text={text}", "staff")["items"]) == 1


def test_appeals_show_masked_quotes(spoken: Api) -> None:
    answer = spoken.ask("POST", "/findings/1/appeal", "staff", json={"reason": f"对方号码{NUMBER}"})
    assert answer.status_code == 200
    assert NUMBER in spoken.ask("GET", "/findings/1/case", "inspector").text
    assert NUMBER not in answer.text
    assert NUMBER not in spoken.ask("GET", "/appeals", "staff").text
    assert NUMBER in spoken.ask("GET", "/appeals", "inspector").text
