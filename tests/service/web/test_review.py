"""The reviewer's desk without scripts: begin, decide, skip, undo; a second opinion that does not know the first."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from service.store.reviews.tables import ReviewCase
from tests.service.court import fill, number
from tests.service.web_kit import Web, text_of


@pytest.fixture
def court(web: Web) -> Web:
    fill(web, people=False)
    return web


def test_a_case_is_decided_and_taken_back(court: Web) -> None:
    browser = court.browser("inspector")
    assert "1 项待复核" in text_of(browser.get("/review"))
    began = browser.post("/review", data={"csrf": court.csrf})
    place = began.headers["location"]
    assert place == f"/review/{number(court, 'forbidden.hurry')}"
    shown = browser.get(place)
    for told in (
        "工号1017（1017）",
        "窗口1",
        "说了“快点”,是否属于“催促”要听语气",
        "意思相近，听清把握 80%",
        "判为违反 83.0 分，不算违反 85.0 分",
    ):
        assert told in text_of(shown)
    assert "<kbd>3</kbd> 无法认定" in shown.text
    assert 'hx-trigger="input ' in shown.text  # a desk that was left is not kept
    assert '"every ' not in shown.text
    assert f'src="/api/v1/findings/{place.rpartition("/")[2]}/clip"' in shown.text
    empty = browser.post(place, data={"csrf": court.csrf, "verdict": "fail", "reason": ""})
    assert (empty.status_code, "改判而没有写理由" in text_of(empty)) == (422, True)
    assert 'value="fail" data-key="1" checked' in empty.text
    done = browser.post(place, data={"csrf": court.csrf, "verdict": "fail", "reason": "听得清"})
    assert done.headers["location"] == f"/review?undo={place.rpartition('/')[2]}"
    assert court.get("/recordings/1")["total"] == 83
    after = browser.get(done.headers["location"])
    assert "已记下" in text_of(after) and "撤销刚才的结论" in text_of(after)
    undone = browser.post(f"{place}/undo", data={"csrf": court.csrf})
    assert (undone.headers["location"], court.get("/recordings/1")["total"]) == (place, 85)


def test_what_was_skipped_is_taken_up_again(court: Web) -> None:
    browser = court.browser("inspector")
    place = browser.post("/review", data={"csrf": court.csrf}).headers["location"]
    assert browser.post(f"{place}/skip", data={"csrf": court.csrf}).headers["location"] == "/review"
    assert "您跳过的 1 项" in text_of(browser.get("/review"))
    assert browser.post("/review/skipped", data={"csrf": court.csrf}).headers["location"] == place


def test_another_reviewer_sees_who_works_on_it_and_cannot_decide(court: Web) -> None:
    first = court.browser("inspector")
    place = first.post("/review", data={"csrf": court.csrf}).headers["location"]
    second = court.browser("second")
    assert second.post("/review", data={"csrf": court.csrf}).headers["location"] == "/review"
    assert "inspector 正在复核这一项" in text_of(second.get(place))
    tried = second.post(place, data={"csrf": court.csrf, "verdict": "n/a", "reason": "抢先"})
    assert (tried.status_code, "另一位督查正在复核" in text_of(tried), "抢先" in tried.text) == (422, True, True)


def test_a_second_reviewer_does_not_see_what_the_first_one_said(court: Web) -> None:
    path = f"/review/{number(court)}"
    court.browser("inspector").post(path, data={"csrf": court.csrf, "verdict": "pass", "reason": "是转述"})
    with court.db.write() as session:
        session.execute(update(ReviewCase).values(lot=0.0))
    browser = court.browser("second")
    assert browser.post("/review", data={"csrf": court.csrf}).headers["location"] == path
    shown = text_of(browser.get(path))
    assert "请您作为第二人独立复核" in shown and "是转述" not in shown.replace("是转述别人的话", "")
    browser.post(path, data={"csrf": court.csrf, "verdict": "fail", "reason": ""})
    assert "1 项由两人各自复核，0 项结论相同" in text_of(browser.get("/review"))


def test_the_words_that_it_is_about_stand_out_among_those_around(court: Web) -> None:
    shown = court.browser("inspector").get(f"/review/{number(court)}").text
    around = shown.partition("前后的对话")[2]
    assert around.count('role-staff hit"') == 1
    assert "快点" in around.partition('role-staff hit"')[2].partition("</li>")[0]
