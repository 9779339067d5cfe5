"""Marking what the program missed, from the transcript."""

from __future__ import annotations

from tests.service.court import fill
from tests.service.web_kit import Web, text_of


def test_a_sentence_is_marked_and_counts(web: Web) -> None:
    fill(web, people=False)
    browser = web.browser("inspector")
    way = "/recordings/1/mark"
    assert f'href="{way}?start=0&amp;end=1"' in browser.get("/recordings/1").text
    shown = browser.get(f"{way}?start=2&end=3")
    assert (
        "您好" in text_of(shown) and 'value="forbidden.mock"' in shown.text and 'value="words.hello"' not in shown.text
    )
    sent = {"csrf": web.csrf, "start": "2", "end": "3", "rule": "forbidden.mock"}
    empty = browser.post(way, data=sent)
    assert (empty.status_code, "请选择规则,写明理由" in text_of(empty)) == (422, True)
    done = browser.post(way, data=sent | {"reason": "语气是嘲讽"})
    case = browser.get(done.headers["location"])
    assert "标记漏判" in text_of(case) and "语气是嘲讽" in text_of(case)
    assert web.get("/recordings/1")["total"] == 80
    assert "撤销我的标记" in text_of(case)
    way_back = done.headers["location"].replace("/cases/", "/review/") + "/undo"
    assert browser.post(way_back, data={"csrf": web.csrf}).headers["location"] == "/review"
    assert web.get("/recordings/1")["total"] == 85


def test_where_nothing_was_said_nothing_can_be_marked(web: Web) -> None:
    fill(web, people=False)
    assert "这段时间没有说话" in text_of(web.browser("inspector").get("/recordings/1/mark?start=70&end=71"))
    assert "标记漏判" not in web.browser("lead").get("/recordings/1").text
