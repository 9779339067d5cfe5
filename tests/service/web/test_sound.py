"""The sound of every page: nobody hears a recording that is not theirs to hear, and numbers only who may."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from service.store import accounts, audits
from service.store.audits import TranscriptRecord
from speechaudit.model import Evidence, Segment, Transcript
from speechaudit.reasons import because
from tests.service.api.test_parts_of_colleagues import passed_on
from tests.service.api_kit import HASH
from tests.service.service_kit import MADE_BY, POLICY, audit_of, audited, finding
from tests.service.sound_kit import played, sound, strongest, work_of
from tests.service.web_kit import Web

NUMBER = "320106199003071234"
PAGES = ("/recordings/1", "/recordings/1/mark?start=4&end=6", "/review/1", "/cases/1")


def said_number(web: Web, staff: str, window: str) -> Web:
    """Recording 1 with its copy: a number is said from second 4 to 6, where a violation was found."""
    web.upload(sound(), "a.wav", staff=staff, window=window)
    segment = Segment(start=4.0, end=6.0, text=f"身份证{NUMBER}", role="staff")
    why = (because("said-forbidden", quote="身份证", title="推诿"),)
    proof = Evidence(start=4.0, end=6.0, role="staff", quote="身份证", reasons=why, match="exact")
    found = finding("forbidden.brush-off", "fail", points=5.0, evidence=(proof,))
    audit = audit_of(*"一二三四五六", findings=(found, finding("forbidden.mock", "pass")))
    with web.db.write() as session:
        transcript = Transcript(segments=(segment,), duration=10.0)
        audits.save_transcript(session, 1, TranscriptRecord(transcript=transcript, made_by=MADE_BY))
        audits.save(session, 1, audit, run="r", policy=POLICY)
    assert work_of(web).copy(1) is None
    return web


def sounds(web: Web, who: str, *pages: str) -> set[str]:
    """The addresses of all that these pages play or draw."""
    browser = web.browser(who)
    texts = [browser.get(path) for path in pages]
    assert [each.status_code for each in texts] == [200] * len(pages)
    found = (re.findall(r'<audio[^>]* src="([^"]+)"|data-peaks="([^"]+)"', each.text) for each in texts)
    return {unescape(one or other) for each in found for one, other in each}


def kind(address: str) -> str:
    return re.sub(r"/\d+/", "/", address.partition("?")[0].removeprefix("/api/v1"))


@pytest.mark.parametrize("role", ["staff", "lead"])
def test_a_recording_of_somebody_else_is_silent_at_every_address(web: Web, role: str) -> None:
    said_number(web, "1018", "A02")
    addresses = sounds(web, "inspector", *PAGES)
    assert {kind(each) for each in addresses} == {
        "/recordings/listening",
        "/recordings/peaks",
        "/recordings/clip",
        "/findings/clip",
    }
    inspector, other = web.browser("inspector"), web.browser(role)
    assert {inspector.get(each).status_code for each in addresses} == {200}
    for each in (*addresses, "/api/v1/recordings/1/audio"):
        for asked in ({}, {"Range": "bytes=0-99"}):
            answer = other.get(each, headers=asked)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), each
    assert {other.get(path).status_code for path in PAGES} <= {403, 404}


def test_in_a_call_that_was_passed_on_the_clip_about_a_colleague_is_theirs(web: Web) -> None:
    colleague: Any = "colleague"
    with web.db.write() as session:
        accounts.add_user(session, colleague, HASH, "staff", staff_id=2)
        audited(session, 1, passed_on(), staff_id=1, window_id=1)
    found = {each["rule"]: each["id"] for each in web.get("/recordings/1/findings", "inspector")}
    about = f"/api/v1/findings/{found['forbidden.dont-know']}/clip"
    page = f"/cases/{found['forbidden.dont-know']}"
    assert about in sounds(web, colleague, page)
    first = web.browser("staff")
    assert [first.get(each).status_code for each in (page, about)] == [404, 404]


@pytest.mark.parametrize(("role", "sees"), [("inspector", True), ("lead", False), ("staff", False)])
def test_numbers_are_tones_for_who_may_not_hear_them(web: Web, role: str, sees: bool) -> None:
    said_number(web, "1017", "A01")
    pages = PAGES if sees else ("/recordings/1", "/cases/1")  # others neither mark nor review
    browser = web.browser(role)
    heard = {kind(each): browser.get(each) for each in sounds(web, role, *pages) if "peaks" not in each}
    assert {"/recordings/listening", "/findings/clip"} <= set(heard)
    for name, answer in heard.items():
        samples = played(answer.content)
        middle = len(samples) // 2  # second 5 of the whole, and the middle of what was said in a clip
        assert strongest(samples[middle - 24_000 : middle + 24_000]) == pytest.approx(400 if sees else 1000, abs=2), (
            name
        )
