"""Uploading: what is understood of names and sidecars, and the form of a browser without scripts."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from httpx2 import Response

from service.store import centre
from service.web import naming
from service.web.naming import Understood
from tests.service.web_kit import Web, read, text_of

MORNING = datetime(2026, 3, 2, 9, 30, 15)
SIDECAR = b'{"setting": "phone", "ring_seconds": 8}'


def told(web: Web, name: str, sidecar: str = "") -> Understood:
    with web.db.write() as session:
        centre.put_extension(session, "8021", 2)
        centre.put_staff(session, "A01", "工号和窗口同名")
    (found,) = naming.understood(web.services, [(name, sidecar)])
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "20260302-093015_1017_A02.wav",
            {"staff": "1017", "window": "A02", "started_at": MORNING},
        ),
        ("2026-03-02 09.30.15 呼入 8021.mp3", {"direction": "in", "setting": "phone", "window": "A02"}),
        ("柜台/窗口2_20260302.wav", {"window": "A02", "started_at": None, "setting": None}),
        ("柜台-1018.wav", {"setting": "counter", "staff": "1018", "window": None}),
        ("1017-1018.wav", {"staff": None}),
        ("A01.wav", {"staff": None, "window": None}),
        ("20261332-256199.wav", {"started_at": None}),
        ("10170.wav", {"staff": None}),
        ("录音", {"staff": None, "window": None, "setting": None, "started_at": None}),
    ],
)
def test_a_name_tells_what_can_mean_one_thing(web: Web, name: str, expected: dict[str, Any]) -> None:
    found = told(web, name)
    assert {key: getattr(found, key) for key in expected} == expected


def test_a_sidecar_has_the_last_word(web: Web) -> None:
    known = {"setting": "counter", "staff": "1018", "started_at": "2026-03-02T01:30:00+00:00"}
    found = told(web, "20260101-080000_1017_A02.wav", json.dumps(known))
    assert (found.setting, found.staff, found.window) == ("counter", "1018", "A02")
    assert found.started_at == datetime(2026, 3, 2, 9, 30)
    for wrong in ("{", '{"setting": "street"}', '{"nonsense": 1}', "[]"):
        broken = told(web, "1017.wav", wrong)
        assert (broken.staff, bool(broken.wrong)) == ("1017", True)


def test_a_window_is_known_by_its_name_too_and_one_that_nobody_registered_stays(web: Web) -> None:
    with web.db.write() as session:
        centre.put_window(session, "A02", "医保窗口")
    registered, unknown = json.dumps({"window": "医保窗口"}), json.dumps({"window": "九号窗口"})
    assert (told(web, "a.wav", registered).window, told(web, "a.wav", unknown).window) == ("A02", "九号窗口")
    browser = web.browser("inspector")
    asked = {"csrf": web.csrf, "name": ["a.wav", "b.wav"], "sidecar": [registered, unknown]}
    answer = browser.post("/upload/look", data=asked)
    assert re.findall(r'<option value="([^"]+)" selected>', answer.text) == ["A02", "九号窗口"]


def test_a_look_gives_a_row_for_each_file_with_its_gaps(web: Web) -> None:
    browser = web.browser("inspector")
    asked = {"csrf": web.csrf, "name": ["1017.wav", "<b>.wav"], "sidecar": ["", '{"setting": "counter"}']}
    answer = browser.post("/upload/look", data=asked)
    assert (answer.status_code, answer.text.count("<tr>"), "<b>" in answer.text) == (200, 2, False)
    assert re.findall(r'name="staff"[^>]*value="(.*?)"', answer.text) == ["1017", ""]
    assert re.findall(r'<option value="(\w+)" selected>', answer.text) == ["counter"]
    gaps = [row.count("class=gap") for row in answer.text.split("<tr>")[1:]]
    assert gaps == [4, 3]  # a counter has no direction


def send(web: Web, files: list[tuple[str, bytes]], **fields: str) -> Response:
    browser = web.browser("inspector")
    sent = [("files", (name, content, "audio/wav")) for name, content in files]
    return browser.post("/upload", data={"csrf": web.csrf, **fields}, files=sent)


def test_a_form_without_scripts_takes_many_and_answers_each(web: Web) -> None:
    first = send(
        web,
        [
            ("a-1017.wav", b"one"),
            ("b.wav", b"two"),
            ("b.json", SIDECAR),
            ("c.wav", b""),
        ],
        setting="counter",
        window="A01",
    )
    assert first.status_code == 200
    assert "收下了 2 个" in text_of(first)
    assert "是空的" in text_of(first)
    assert {"/recordings/1", "/recordings/2"} <= set(read(first).links)
    one, two = web.get("/recordings/1"), web.get("/recordings/2")
    assert (one["setting"], one["staff"]["number"], one["window"]["code"]) == ("counter", "1017", "A01")
    assert (two["setting"], two["staff"], two["ring_seconds"]) == ("phone", None, 8)
    assert web.queue.audits == [(1, 1), (2, 1)]
    again = send(web, [("again.wav", b"one")])
    assert "以前收到过" in text_of(again)


def test_a_file_that_waits_for_a_person_is_taken_in(web: Web) -> None:
    answer = send(web, [("a.wav", b"one")])
    shown = text_of(answer)
    assert "待补全 补全 1：没有说明场景" in shown and "收下了 1 个" in shown
    assert "没有收下" not in shown and "重新上传" not in shown and "/recordings/1" not in read(answer).links


def test_a_sidecar_belongs_to_the_sound_in_its_folder(web: Web) -> None:
    staff = [f'{{"setting": "counter", "staff": "{number}"}}'.encode() for number in ("1017", "1018")]
    answer = send(
        web,
        [("A01/1.wav", b"one"), ("A02/1.wav", b"two"), ("A02/1.json", staff[1]), ("A01/1.json", staff[0])],
    )
    assert "收下了 2 个" in text_of(answer)
    assert [web.get(f"/recordings/{each}")["staff"]["number"] for each in (1, 2)] == ["1017", "1018"]


@pytest.mark.parametrize(
    ("sounds", "sidecars"), [(("1.wav", "1.wav"), 2), (("1.wav", "1.wav"), 1), (("1.wav",), 2), (("1.wav", "1.mp3"), 1)]
)
def test_a_sidecar_that_may_be_of_another_sound_tells_nothing(web: Web, sounds: tuple[str, ...], sidecars: int) -> None:
    files = [(name, b"sound %d" % number) for number, name in enumerate(sounds)]
    answer = send(web, [*files, *[("1.json", SIDECAR)] * sidecars], setting="phone")
    assert text_of(answer).count("分不清属于哪个录音") == len(sounds)
    assert web.get("/recordings")["items"] == []


def test_too_many_fields_are_refused_in_chinese(web: Web) -> None:
    browser = web.browser("inspector")
    answer = browser.post("/upload/look", data={"csrf": web.csrf, "name": ["a.wav"] * 2001})
    assert (answer.status_code, "一次太多" in text_of(answer), "fields" in text_of(answer)) == (400, True, False)


@pytest.mark.parametrize(
    ("files", "fields", "said"),
    [
        ([("x.wav", b"x"), ("x.json", b"{")], {}, "请改正旁注文件"),
        ([("x.wav", b"x")], {"staff": "9999"}, "没有收下 工号:没有登记工号“9999”"),
        ([("x.wav", b"x"), ("x.json", b'{"window": "Z9"}')], {}, "没有收下 窗口:没有登记窗口“Z9”"),
        ([("x.wav", b"x"), ("x.json", b'{"ring_seconds": -1}')], {}, "旁注文件:响铃秒数:应不小于 0"),
        ([("x.wav", b"x"), ("x.json", b'{"started_at": "2199-01-01T00:00:00Z"}')], {}, "开始时间:在将来"),
        ([("x.json", b"{}")], {}, "没有选择录音"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(
    web: Web, files: list[tuple[str, bytes]], fields: dict[str, str], said: str
) -> None:
    assert said in text_of(send(web, files, **fields))
    assert web.get("/recordings")["items"] == []


def test_what_is_too_large_is_refused(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(web.services.settings), "upload_limit", property(lambda _: 10))
    monkeypatch.setattr(web.services.audio, "_limit", 10)
    assert "上限" in text_of(send(web, [("x.wav", b"x" * 11)]))
    much = send(web, [("x.wav", b"x" * (2 * 1024 * 1024))])
    assert (much.status_code, "上限" in text_of(much)) == (413, True)


def test_only_who_may_upload_gets_the_page(web: Web) -> None:
    assert [web.browser(who).get("/upload").status_code for who in ("admin", "inspector", "lead", "staff")] == [
        200,
        200,
        403,
        403,
    ]
