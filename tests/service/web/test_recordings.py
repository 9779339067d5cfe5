"""The list: filters in the address, pages, counts, and where a text was said."""

from __future__ import annotations

import re

import pytest

from tests.service.web_kit import Web, read, text_of


def listed(web: Web, query: str = "", who: str = "admin") -> list[int]:
    answer = web.browser(who).get(f"/recordings{query}")
    assert answer.status_code == 200, text_of(answer)
    return [int(each) for each in re.findall(r'<a class="figure" href="/recordings/(\d+)">', answer.text)]


@pytest.fixture(scope="module")
def filled(shared_web: Web) -> Web:
    """Three of staff 1 at window 1, one of staff 2 at window 2."""
    web = shared_web
    for number, text in enumerate(("这个不归我管", "您好", "这事不规我馆", "再见"), 1):
        web.audited(number, text, staff=1 if number < 4 else 2, window=1 if number < 4 else 2)
    return web


def test_everybody_sees_their_own_recordings_newest_first(filled: Web) -> None:
    assert listed(filled) == [4, 3, 2, 1]
    assert listed(filled, who="inspector") == [4, 3, 2, 1]
    assert listed(filled, who="lead") == [3, 2, 1]
    assert listed(filled, who="staff") == [3, 2, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?staff=1018", [4]),
        ("?window=A01&window=&staff=", [3, 2, 1]),
        ("?since=2026-03-03", []),
        ("?until=2026-03-02", [4, 3, 2, 1]),
        ("?status=failed", []),
        ("?verdict=fail&rule=forbidden.dont-know", [4, 3, 2, 1]),
        ("?setting=counter", []),
        ("?score_to=89", []),
        ("?text=不归我管", [1]),
        ("?text=不归我管&sounds_like=true", [3, 1]),
        ("?text=您好&said_by=staff", [2]),
    ],
)
def test_filters_stand_in_the_address(filled: Web, query: str, expected: list[int]) -> None:
    assert listed(filled, query) == expected


def test_what_was_said_is_shown_and_marked(filled: Web) -> None:
    answer = filled.browser("admin").get("/recordings?text=不,归我管&sounds_like=true")
    assert re.findall(r"<mark>(.*?)</mark>", answer.text) == ["不规我馆", "不归我管"]
    assert "/recordings/1#t=0" in read(answer).links
    assert "2 个录音" in text_of(answer)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?since=gestern", "从哪天"),
        ("?score_from=many", "应为数字"),
        ("?staff=9", "没有登记工号"),
        ("?text=,", "没有可搜索的文字"),
        ("?cursor=x", "翻页标记"),
        ("?nonsense=1", "更多条件"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_the_filters_stay(filled: Web, query: str, said: str) -> None:
    answer = filled.browser("admin").get(f"/recordings{query}&window=A01")
    assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert '<option value="A01" selected>' in answer.text


def test_pages_keep_the_filters(filled: Web) -> None:
    browser = filled.browser("admin")
    first = browser.get("/recordings?limit=2&staff=1017")
    assert "3 个录音" in text_of(first)
    onwards = next(way for way in read(first).links if "cursor" in way)
    second = browser.get(onwards)
    assert "staff=1017" in onwards
    assert len(re.findall(r'href="/recordings/\d+"', second.text)) == 1
    assert "/recordings?limit=2&staff=1017" in read(second).links


def test_nothing_there_and_nothing_found_are_told_apart(web: Web) -> None:
    assert "还没有录音" in text_of(web.browser("admin").get("/recordings"))
    assert "上传录音" not in text_of(web.browser("staff").get("/recordings"))
    assert "没有这样的录音" in text_of(web.browser("admin").get("/recordings?status=failed"))


def test_numbers_are_masked_for_who_may_not_see_them(web: Web) -> None:
    with_number = web.audited(1, "我的电话是13800138000", staff=1, window=1)
    for who, seen in (("inspector", True), ("staff", False)):
        answer = web.browser(who).get("/recordings?text=电话")
        assert (f"/recordings/{with_number}" in answer.text, "13800138000" in answer.text) == (True, seen)
    refused = web.browser("staff").get("/recordings?text=13800138000")
    assert (refused.status_code, "不能搜索号码" in text_of(refused)) == (422, True)
