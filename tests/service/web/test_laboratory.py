"""A rule is checked as it is written, with scripts and without."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.store import trials
from service.store.base import now
from tests.rules.test_drafts import FOLDER, NEW
from tests.service.service_kit import waited_for
from tests.service.test_laboratory import KIND, heard
from tests.service.web_kit import Web, read, text_of


def send(web: Web, browser: TestClient, path: str, **fields: str) -> Response:
    return browser.post(path, data={"csrf": web.csrf, **fields})


def typing(web: Web, browser: TestClient, text: str) -> Response:
    """What the page asks for while one writes."""
    data = {"csrf": web.csrf, "rule_id": "words.slowly", "text": text}
    return browser.post("/rules/lab/check", data=data, headers={"HX-Request": "true"})


def test_a_rule_is_opened_with_its_file_and_a_new_one_with_a_frame(web: Web) -> None:
    admin = web.browser("admin")
    assert "/rules/lab" in read(admin.get("/rules")).links
    assert "id: words.goodbye" in admin.get("/rules/lab?rule=words.goodbye").text
    assert "id: words.example" in admin.get("/rules/lab").text
    assert admin.get("/rules/lab?rule=words.nothing").status_code == 404


def test_a_button_checks_and_what_was_typed_stays(web: Web) -> None:
    admin = web.browser("admin")
    typed = {"rule_id": "words.slowly", "text": NEW.replace("\n", "\r\n")}
    shown = send(web, admin, "/rules/lab/check", **typed)
    assert shown.status_code == 200 and "3 条例句全部相符" in text_of(shown)
    assert "phrases: [&#34;(您|你)慢走&#34;]" in shown.text and "台账 sources/liyi-peixun.yml" in text_of(shown)


def test_while_one_types_only_the_outcome_comes(web: Web) -> None:
    admin = web.browser("admin")
    shown = typing(web, admin, NEW.replace("level: minor", "level: small"))
    assert "1 处有误" in text_of(shown) and "第4行第" in text_of(shown) and "<html" not in shown.text
    shown = typing(web, admin, NEW.replace("好了,下一位。", "您慢走"))
    assert "3 条例句，1 条不符" in text_of(shown) and "应为 fail，实为 pass" in text_of(shown)


def test_a_text_that_is_too_long_is_refused(web: Web) -> None:
    admin = web.browser("admin")
    shown = typing(web, admin, "长" * 25_000)
    assert "文字" in text_of(shown) and shown.status_code == 200


@pytest.mark.parametrize("role", ["inspector", "lead", "staff"])
def test_only_who_may_write_rules(web: Web, role: str) -> None:
    browser = web.browser(role)
    assert "/rules/lab" not in read(browser.get("/rules")).links
    assert {browser.get("/rules/lab").status_code, send(web, browser, "/rules/lab/check").status_code} == {403}


def test_an_administrator_takes_out_what_was_reviewed(web: Web) -> None:
    admin = web.browser("admin")
    assert "/rules/lab/lines" in read(admin.get("/rules/lab")).links
    taken = admin.get("/rules/lab/lines")
    assert taken.headers["content-disposition"] == 'attachment; filename="reviews.lines.jsonl"', taken.headers
    assert "取出复核过的话" in text_of(web.browser("inspector").get("/log"))
    assert web.browser("inspector").get("/rules/lab/lines").status_code == 403


def test_programs_check_too(web: Web) -> None:
    answer = web.ask("POST", "/rules/check", "admin", json={"rule_id": "words.slowly", "text": NEW})
    assert answer.json()["sound"] and answer.json()["examples"] == 3
    answer = web.ask("POST", "/rules/check", "admin", json={"rule_id": "../x", "text": NEW})
    assert (answer.status_code, answer.json()["sound"], answer.json()["faults"][0]["place"]) == (200, False, "编号")


def test_a_trial_is_started_watched_and_taken_up_again(web: Web) -> None:
    kind = heard(web.db, 1, KIND)
    admin = web.browser("admin")
    begun = send(web, admin, "/rules/lab/try", rule_id="words.slowly", text=NEW, days="366")
    address = begun.headers["location"]
    assert (begun.status_code, address) == (303, "/rules/lab/trials/1")
    assert waited_for(lambda: "试算完了" in admin.get(f"{address}/progress").text)
    shown = admin.get(address)
    words = text_of(shown)
    assert "新出现 1 处" in words and "您慢走" in words and "0 个录音升高" in words and "不扣分" in words
    assert any(link.startswith(f"/recordings/{kind}?service=1#t=") for link in read(shown).links)
    assert address in read(admin.get("/rules/lab")).links
    again = send(web, admin, "/rules/lab", rule_id="words.slowly", text=NEW)
    assert "id: words.slowly" in again.text
    assert send(web, admin, f"{address}/cancel").status_code == 303
    assert web.get("/rules/trials/1", "admin")["state"] == "done"
    assert admin.get("/rules/lab/trials/9").status_code == 404
    (hit,) = web.get("/rules/trials/1")["hits"]
    (told,) = web.client.get("/api/v1/rules/trials/1", headers=web.headers(None, "rules:write")).json()["hits"]
    assert (hit["quote"], told) == ("您慢走", hit | {"quote": ""}), "a key that reads no recordings reads no words"
    assert web.ask("DELETE", f"/recordings/{kind}").status_code == 204
    assert web.get("/rules/trials/1")["hits"] == [] and "您慢走" not in admin.get(f"{address}/progress").text


def test_a_trial_that_runs_tells_how_long_it_takes_and_why(web: Web) -> None:
    minute = timedelta(minutes=1)
    began = trials.TrialProgress(
        rule="words.slowly", text=NEW, since=now() - minute, started_at=now() - minute, by="admin", total=60
    )
    with web.db.write() as session:
        number = trials.begin(session, began)
        trials.save(session, replace(began, id=number, done=20, relabelled=11), (), (), "running")
    words = text_of(web.browser("admin").get(f"/rules/lab/trials/{number}/progress"))
    assert "20 / 60 个录音，大约还要 2 分钟" in words
    assert "其中 11 个的标签来自以前的标签模型" in words
    assert web.get(f"/rules/trials/{number}", "admin")["relabelled"] == 11


def test_a_rule_that_cannot_be_read_is_not_tried(web: Web) -> None:
    admin = web.browser("admin")
    shown = send(web, admin, "/rules/lab/try", rule_id="words.slowly", text=NEW.replace("minor", "small"), days="30")
    assert shown.status_code == 422 and "第4行" in text_of(shown)
    shown = send(web, admin, "/rules/lab/try", rule_id="words.slowly", text=NEW, days="900")
    assert shown.status_code == 422 and "最近几天" in text_of(shown)
    given = {"rule_id": "words.slowly", "text": NEW.replace("minor", "small")}
    assert web.ask("POST", "/rules/trials", "admin", json=given).status_code == 422


@pytest.fixture
def own(web: Web, tmp_path: Path) -> Web:
    """With rules of the centre's own."""
    folder = shutil.copytree(FOLDER, tmp_path / "lexicons")
    settings = web.services.settings.model_copy(update={"lexicons": folder})
    web.app.state.services = web.services = replace(web.services, settings=settings)
    return web


def test_a_rule_is_written_with_its_history_and_brought_back(own: Web) -> None:
    admin = own.browser("admin")
    frame = read(admin.get("/rules/lab?rule=words.goodbye")).fields
    before = admin.get("/rules/lab?rule=words.goodbye").text
    text = (FOLDER / "rules/words/goodbye.yml").read_text(encoding="utf-8")
    changed = text.replace("level: minor", "level: major", 1)
    saved = send(own, admin, "/rules/lab/save", rule_id="words.goodbye", text=changed, seen=frame["seen"])
    assert (saved.status_code, saved.headers["location"]) == (303, "/rules/words.goodbye"), text_of(saved)
    assert "较重" in text_of(admin.get("/rules/words.goodbye")) and "写下" in before
    told = text_of(admin.get("/rules/words.goodbye/history"))
    assert "-level: minor" in told and "+level: major" in told and "admin" in told

    late = send(own, admin, "/rules/lab/save", rule_id="words.goodbye", text=text + "# 我的\n", seen=frame["seen"])
    assert late.status_code == 422 and "别人刚刚改过" in text_of(late) and "+# 我的" in text_of(late)
    assert "# 我的" in late.text and read(late).fields["seen"] != frame["seen"]
    (change,) = own.get("/rules/words.goodbye/changes", "admin")
    assert (change["before"], change["after"], change["by"]) == (text, changed, "admin")


def test_a_new_rule_is_written_once_its_examples_come_out(own: Web) -> None:
    admin = own.browser("admin")
    wrong = NEW.replace("好了,下一位。", "您慢走")
    shown = send(own, admin, "/rules/lab/save", rule_id="words.slowly", text=wrong, seen="")
    assert shown.status_code == 422 and "应为 fail" in text_of(shown)
    assert send(own, admin, "/rules/lab/save", rule_id="../x.y", text=NEW, seen="").status_code == 422
    assert send(own, admin, "/rules/lab/save", rule_id="words.slowly", text=NEW, seen="").status_code == 303
    path = own.services.settings.lexicons
    assert path and (path / "rules/words/slowly.yml").read_text(encoding="utf-8") == NEW
    assert send(own, admin, "/rules/lab/save", rule_id="words.slowly", text=NEW + "#", seen="").status_code == 422


def test_the_rules_of_the_program_are_not_written(web: Web) -> None:
    admin = web.browser("admin")
    shown = send(web, admin, "/rules/lab/save", rule_id="words.slowly", text=NEW, seen="")
    assert shown.status_code == 422 and "用设置 lexicons 指向它" in text_of(shown)
    assert not (FOLDER / "rules/words/slowly.yml").exists()
