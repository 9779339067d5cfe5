"""The rulebook, its ledger and its profiles as pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service.api import rules
from service.errors import UnavailableError
from speechaudit.rules import measured, rulebook
from tests.service.api_kit import Api
from tests.service.court import fill, number
from tests.service.web_kit import Web, read, text_of


def test_the_rulebook_tells_how_each_rule_fares_here(web: Web) -> None:
    fill(web, people=False)
    decided = {"verdict": "n/a", "reason": "转述"}
    assert web.ask("POST", f"/findings/{number(web)}/review", "inspector", json=decided).status_code == 200
    shown = web.browser("inspector").get("/rules?text=不知道&kind=forbidden")
    words = text_of(shown)
    assert shown.status_code == 200 and "/rules/forbidden.dont-know" in read(shown).links
    assert "1/1 样本不足" in words and "还没有复核过" in words
    assert "/rules/words.hello" not in read(shown).links


def test_who_sees_no_figures_of_the_centre_sees_the_rules(web: Web) -> None:
    fill(web, people=False)
    for role in ("staff", "lead"):
        browser = web.browser(role)
        shown = text_of(browser.get("/rules"))
        assert "不许说" in shown and "违反被改判" not in shown
        assert "在本中心" not in text_of(browser.get("/rules/forbidden.dont-know"))


def test_a_rule_is_shown_with_clauses_examples_and_file(web: Web) -> None:
    words = text_of(web.browser("inspector").get("/rules/words.goodbye"))
    assert "依据" in words and "在本中心" in words and "id: words.goodbye" in words and "必须说" in words
    kept = measured.read(rulebook.default_folder())
    assert kept and (passed := kept.text["words.goodbye"].passed)
    assert kept.on in words and f"判做到 {passed.of} 次" in words


def test_figures_that_cannot_be_read_are_told_by_their_file(web: Web, tmp_path: Path) -> None:
    own = shutil.copytree(rulebook.default_folder(), tmp_path / "lexicons")
    (own / "measured.yml").write_text("on: 1\n", encoding="utf-8")
    with pytest.raises(UnavailableError, match=r"measured\.yml"):
        rules.measured_of(Api(web.db, tmp_path, lexicons=own).services)


@pytest.mark.parametrize("path", ["/rules/words.nothing", "/rules/..%2Fpolicy", "/rules/" + "x" * 3000])
def test_no_such_rule(web: Web, path: str) -> None:
    assert web.browser("inspector").get(path).status_code == 404


def test_nothing_found_is_said(web: Web) -> None:
    browser = web.browser("lead")
    assert "没有这样的规则" in text_of(browser.get("/rules?text=没有人会写的字"))
    assert browser.get("/rules?text=" + "长" * 61).status_code == 422


def test_the_ledger_says_what_is_checked_and_what_cannot_be_heard(web: Web) -> None:
    shown = web.browser("staff").get("/rules/ledger")
    words = text_of(shown)
    assert "笑意、甜美的语调需要语气判断" in words and "/rules/words.goodbye" in read(shown).links
    assert "规则和台账对不上" not in words


def test_profiles_are_told_beside_what_the_rule_says_itself(web: Web) -> None:
    words = text_of(web.browser("inspector").get("/rules/profiles"))
    assert "政府热线" in words and "15秒内接听" in words
    assert "：报单位" in words and "报部门" in words and "可有可无" in words
    assert "默认方案 default 现行" in words and "<递材料>" in words and "\\u" not in words
