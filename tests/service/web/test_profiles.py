"""A centre's own choices: a form for each, checked before it is written, with the history and the way back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from speechaudit.rules import choosing, rulebook
from tests.service.web_kit import Web, read, text_of

FOLDER = rulebook.default_folder()


@pytest.fixture
def own(web: Web, tmp_path: Path) -> Web:
    """With rules of the centre's own."""
    folder = shutil.copytree(FOLDER, tmp_path / "lexicons")
    settings = web.services.settings.model_copy(update={"lexicons": folder})
    web.app.state.services = web.services = replace(web.services, settings=settings)
    return web


def sent(web: Web, browser: TestClient, path: str, **fields: str | Sequence[str]) -> Response:
    return browser.post(path, data={"csrf": web.csrf, **fields})


def filled(web: Web, browser: TestClient, name: str, **changed: str | Sequence[str]) -> Response:
    """The form as it stands, with what somebody changed."""
    shown = browser.get(f"/rules/profiles/{name}")
    fields: dict[str, str | Sequence[str]] = {
        "title": "甲",
        "ringing": "file",
        "ordered": "yes",
        "required": ["hello", "unit"],
    }
    return sent(web, browser, f"/rules/profiles/{name}", **fields | {"seen": read(shown).fields["seen"]} | changed)


def test_a_profile_of_ones_own_is_made_changed_and_brought_back(own: Web) -> None:
    admin = own.browser("admin")
    units = "幸福街道党群之家\n政务小站"
    changes = {"own": "zhongxin", "title": "本中心", "ringing": "rings", "within": "5", "ordered": "no"}
    saved = filled(own, admin, "tongyong-2023", required=["unit", "name"], units=units, **changes)
    assert (saved.status_code, saved.headers["location"]) == (303, "/rules/profiles/zhongxin"), text_of(saved)
    told = own.get("/profiles/zhongxin", "admin")
    assert (told["ringing"], told["within"], told["ordered"]) == ("rings", 5.0, False)
    assert [part["name"] for part in told["parts"] if part["required"]] == ["unit", "name"]
    folder = own.services.settings.lexicons
    assert folder is not None
    text = (folder / "profiles/zhongxin.yml").read_text(encoding="utf-8")
    assert "words.anything-else: {status: trial}    # 第34行" in text and "# 依《市政务服务中心" in text
    rules = {rule.id: rule for rule in rulebook.load(folder, "zhongxin").rules}
    assert rules["phone.ring-limit"].model_dump()["maximum"] == 21.0
    assert "五声" in text_of(admin.get("/rules/profiles/zhongxin")) and "政务小站" in text_of(
        admin.get("/rules/profiles")
    )

    again = filled(own, admin, "zhongxin", title="本中心", ringing="none", required=["unit", "name"], ordered="no")
    assert again.status_code == 303, text_of(again)
    history = admin.get("/rules/profiles/zhongxin/history")
    assert "status: retired" in text_of(history)
    back = sent(own, admin, "/rules/profiles/zhongxin/back", **read(history).fields)
    assert back.status_code == 303, text_of(back)
    assert (folder / "profiles/zhongxin.yml").read_text(encoding="utf-8") == text
    assert len(own.get("/profiles/zhongxin/changes", "admin")) == 3


def test_closings_cadence_and_how_every_rule_stands_are_chosen(own: Web) -> None:
    admin = own.browser("admin")
    changes = {
        "own": "zhongxin",
        "ringing": "rings",
        "within": "4",
        "tone": "1.5",
        "pause": "3",
        "closing": "farewell",
        "status forbidden.mock": "trial",
        "status words.goodbye": "retired",
        "limit manner.speech-rate maximum": "320",
        "limit words.wait-notice seconds": "45.5",
    }
    saved = filled(own, admin, "tongyong-2023", **changes)
    assert saved.status_code == 303, text_of(saved)
    folder = own.services.settings.lexicons
    assert folder is not None
    rules = {rule.id: rule.model_dump() for rule in rulebook.load(folder, "zhongxin").rules}
    assert rules["phone.ring-limit"]["maximum"] == 3 * 4.5 + 1.5
    assert "rings: 4\n" in (folder / "profiles/zhongxin.yml").read_text(encoding="utf-8")
    assert rules["phone.closing"]["phrases"] == ("<道别>",) and "谢谢" in rules["phone.closing"]["perhaps"]
    assert [rules[each]["status"] for each in ("forbidden.mock", "words.goodbye")] == ["trial", "retired"]
    assert (rules["manner.speech-rate"]["maximum"], rules["words.wait-notice"]["seconds"]) == (320, 45.5)
    told = own.get("/profiles/zhongxin", "admin")
    assert (told["ringing"], told["within"], told["tone"], told["closing"]) == ("rings", 4.0, 1.5, "farewell")
    shown = admin.get("/rules/profiles/zhongxin").text
    assert 'name="limit words.wait-notice seconds" type="number" step="any" value="45.5"' in shown

    as_before = {"title": "甲", "required": ["hello", "unit"], "statuses": {}, "closing": "file", "seen": told["seen"]}
    as_before |= {"ringing": "file", "tone": 1, "pause": 4, "limits": {"words.wait-notice": {"seconds": None}}}
    as_before["statuses"] = {"forbidden.mock": "file", "words.goodbye": "file"}
    answer = own.ask("PUT", "/profiles/zhongxin", "admin", json=as_before)
    assert answer.status_code == 200, answer.text
    text = (folder / "profiles/zhongxin.yml").read_text(encoding="utf-8")
    assert (
        "cadence" not in text
        and "rings:" not in text
        and "manner.speech-rate:" in text
        and "words.anything-else: {status: trial}" in text
    )
    for gone in ("words.wait-notice", "words.goodbye", "forbidden.mock", "phone.closing", "phone.ring-limit"):
        assert gone not in text


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ringing": "rings", "within": "2.5"}, "整数"),
        ({"ringing": "seconds", "within": ""}, "对不上"),
        ({"required": []}, "至少选一样"),
        ({"required": ["hello", "song"]}, "开头语里没有“song”"),
        ({"units": "(我|你)"}, "单位名称"),
        ({"title": ""}, "名称"),
        ({"own": "../x"}, "不能用"),
        ({"own": "default"}, "不能用"),
        ({"own": "liyi-peixun"}, "别人刚刚改过"),
        ({"seen": "0" * 64}, "别人刚刚改过"),
        ({"tone": "0"}, "一声响几秒"),
        ({"closing": "never"}, "电话结束语"),
        ({"status words.nothing": "trial"}, "没有“words.nothing”"),
        ({"limit manner.volume minimum": "-10", "limit manner.volume maximum": "-20"}, "最低 -10 高于最高 -20"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    own: Web, changed: dict[str, str | Sequence[str]], told: str
) -> None:
    shown = filled(own, own.browser("admin"), "hotline-gbt-33358", **{"title": "十二个字的名称", **changed})
    assert shown.status_code == 422 and told in text_of(shown)
    assert changed.get("title") == "" or "十二个字的名称" in shown.text
    folder = own.services.settings.lexicons
    assert folder is not None
    for path in sorted((folder / "profiles").glob("*.yml")):
        assert path.read_bytes() == (FOLDER / "profiles" / path.name).read_bytes()


def test_where_the_folder_cannot_be_written_it_says_how(web: Web) -> None:
    admin = web.browser("admin")
    assert "复制到本中心自己的文件夹" in text_of(admin.get("/rules/profiles/default"))
    shown = filled(web, admin, "default", own="zhongxin")
    assert shown.status_code == 422 and "用设置 lexicons 指向它" in text_of(shown)
    assert not (FOLDER / "profiles/zhongxin.yml").exists()
    assert admin.get("/rules/profiles/nobody").status_code == 404
    assert web.browser("inspector").get("/rules/profiles/default").status_code == 403


def test_a_rule_is_put_on_trial_in_force_and_back(own: Web) -> None:
    admin = own.browser("admin")
    shown = text_of(admin.get("/rules/words.goodbye"))
    assert "试行、启用和停用" in shown and "停用" in shown
    assert sent(own, admin, "/rules/words.goodbye/status", status="trial").status_code == 303
    assert own.get("/rules/words.goodbye", "admin")["status"] == "trial"
    folder = own.services.settings.lexicons
    assert folder is not None
    text = (folder / "rules/words/goodbye.yml").read_text(encoding="utf-8")
    assert text == (FOLDER / "rules/words/goodbye.yml").read_text(encoding="utf-8").replace(
        "status: active", "status: trial"
    )
    assert sent(own, admin, "/rules/words.goodbye/status", status="active").status_code == 303
    assert len(own.get("/rules/words.goodbye/changes", "admin")) == 2
    assert sent(own, admin, "/rules/words.goodbye/status", status="gone").status_code == 422
    assert sent(own, admin, "/rules/words.nothing/status", status="trial").status_code == 404
    answer = own.ask("PUT", "/rules/words.goodbye/status", "inspector", json={"status": "trial"})
    assert answer.status_code == 403


def test_a_status_that_a_profile_changes_is_told(own: Web) -> None:
    settings = own.services.settings.model_copy(update={"profile": "liyi-peixun"})
    own.app.state.services = own.services = replace(own.services, settings=settings)
    assert "liyi-peixun 或接听时限的设置把它改为“试行”" in text_of(
        own.browser("admin").get("/rules/words.invite-rating")
    )


def test_choices_that_stay_leave_every_profile_word_for_word() -> None:
    for path in sorted((FOLDER / "profiles").glob("*.yml")):
        text, found = path.read_text(encoding="utf-8"), choosing.chosen(FOLDER, path.stem)
        assert choosing.with_choices(text, found, found, FOLDER) == text


@pytest.mark.parametrize(
    "written",
    [
        "# 依本中心。\ntitle: 甲\r\nrules: {phone.opening: {ordered: false}, words.thanks: {status: trial}}\r\n",
        "# 依本中心。\ntitle: 甲\nrules:\n    phone.opening:\n        ordered: false\n"
        "    words.thanks: {status: trial}\n",
        "# 依本中心。\nrules:\n  'phone.opening': {ordered: false}\n\n  # 试行\n"
        "  words.thanks: {status: trial}\ntitle: 甲\n",
    ],
)
def test_a_profile_may_be_laid_out_as_people_like(tmp_path: Path, written: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "lexicons")
    (folder / "profiles/own.yml").write_text(written, encoding="utf-8", newline="")
    before = choosing.chosen(folder, "own")
    wanted = replace(before, title="乙: #1", ringing="rings", limit=5.0, ordered=True)
    text = choosing.with_choices(written, wanted, before, folder)
    assert text.startswith("# 依本中心。\n")
    book = choosing.drafted(folder, "own", text)
    assert {rule.id: rule.status for rule in book.rules}["words.thanks"] == "trial"
    (folder / "profiles/own.yml").write_text(text, encoding="utf-8", newline="")
    assert choosing.chosen(folder, "own") == wanted
