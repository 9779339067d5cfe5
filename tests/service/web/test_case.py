"""One case through its life: contested, commented on by the lead, decided by a second person, read by its author."""

from __future__ import annotations

import pytest

from service.store import accounts, recordings
from service.store.base import now
from tests.service.api_kit import HASH
from tests.service.court import fill, number
from tests.service.web_kit import Web, text_of


@pytest.fixture
def place(web: Web) -> str:
    fill(web, people=False)
    return f"/cases/{number(web)}"


def test_an_appeal_to_its_end(web: Web, place: str) -> None:
    staff = web.browser("staff")
    shown = text_of(staff.get(place))
    assert "还有 15 天可以申诉" in shown and "不知道" in shown and "裁定申诉" not in shown
    empty = staff.post(f"{place}/appeal", data={"csrf": web.csrf, "reason": " "})
    assert (empty.status_code, "请写明理由" in text_of(empty)) == (422, True)
    assert staff.post(f"{place}/appeal", data={"csrf": web.csrf, "reason": "是转述"}).status_code == 303
    assert "申诉已提出" in text_of(staff.get(place))

    lead = web.browser("lead")
    assert "裁定申诉" not in text_of(lead.get(place))
    lead.post(f"{place}/comment", data={"csrf": web.csrf, "text": "当天系统停机"})
    assert "当天系统停机" in text_of(staff.get(place))

    inspector = web.browser("inspector")
    tried = inspector.post(f"{place}/decision", data={"csrf": web.csrf, "verdict": "pass", "reason": ""})
    assert (tried.status_code, "改判而没有写理由" in text_of(tried)) == (422, True)
    assert 'value="n/a"' in tried.text and "<kbd>" not in tried.text  # no keys here
    inspector.post(f"{place}/decision", data={"csrf": web.csrf, "verdict": "pass", "reason": "确是转述"})
    after = text_of(staff.get(place))
    assert all(told in after for told in ("已裁定", "裁定 不算违反", "确是转述"))
    assert "申诉由没有复核过它的人" not in after
    assert web.get("/recordings/1")["total"] == 100


def test_an_appeal_is_taken_back(web: Web, place: str) -> None:
    staff = web.browser("staff")
    staff.post(f"{place}/appeal", data={"csrf": web.csrf, "reason": "是转述"})
    staff.post(f"{place}/withdraw", data={"csrf": web.csrf})
    assert "申诉已撤回" in text_of(staff.get(place))


def test_a_namesake_is_not_offered_to_take_it_back(web: Web, place: str) -> None:
    with web.db.write() as session:
        for each in ("inspector", "second"):
            user = accounts.user_named(session, each)
            assert user is not None
            user.display_name = "王督查"
    way = place.replace("/cases/", "/review/")
    inspector = web.browser("inspector")
    assert inspector.post(way, data={"csrf": web.csrf, "verdict": "fail", "reason": ""}).status_code == 303
    assert "撤销我的复核" in text_of(inspector.get(place))
    assert "撤销我的复核" not in text_of(web.browser("second").get(place))


def test_sound_that_was_deleted_is_not_offered(web: Web, place: str) -> None:
    staff = web.browser("staff")
    assert "<audio" in staff.get(place).text and "听整个录音" in text_of(staff.get(place))
    with web.db.write() as session:
        recordings.get(session, 1).audio_deleted_at = now()
    shown = staff.get(place)
    assert "<audio" not in shown.text
    assert "声音已按保存期限删除" in text_of(shown) and "看整个录音" in text_of(shown)


def test_a_stranger_finds_nothing(web: Web, place: str) -> None:
    with web.db.write() as session:
        accounts.add_user(session, "other", HASH, "staff", staff_id=2)
    assert web.browser("other").get(place).status_code == 404
