"""The page of recorders: what each sent, and a sample that is looked at before one is set; all without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.settings import Settings
from service.sources import KINDS, Source
from tests.service.intake.intake_kit import wav
from tests.service.intake.test_checking import TAKEN, TITLES
from tests.service.web_kit import Web, read, text_of


@pytest.fixture
def root(web: Web, tmp_path: Path) -> Path:
    """A folder that the page may name, and a recorder of the settings file."""
    root = tmp_path / "recordings"
    (root / "box").mkdir(parents=True)
    (root / "old").mkdir()
    old = Source(name="old", kind="sidecar", setting="counter", folder=root / "old")
    known = Settings(data=tmp_path / "data", intake=(old,), intake_folders=(root,))
    object.__setattr__(web.services, "settings", known)
    return root


def send(web: Web, browser: TestClient, place: str, step: str, **typed: object) -> Response:
    files = typed.pop("files", None)
    data = {"csrf": web.csrf, "step": step, "setting": "phone", **typed}
    return browser.post(f"/recorders/{place}", data=data, files=files)  # type: ignore[arg-type]


def test_every_kind_can_be_looked_at_and_the_list_leads_there(web: Web, root: Path) -> None:
    browser = web.browser("admin")
    shown = browser.get("/recorders")
    assert {f"/recorders/new/{kind}" for kind in KINDS} <= set(read(shown).links)
    assert all(browser.get(f"/recorders/new/{kind}").status_code == 200 for kind in KINDS)
    assert "old" in text_of(shown) and "设置文件" in text_of(shown)
    assert "/recorders" in read(browser.get("/settings")).links


def test_from_a_sample_to_a_recorder_that_is_on(web: Web, root: Path) -> None:
    browser = web.browser("admin")
    unknown = TITLES.replace("通道", "本机").replace("录音文件", "语音")
    sample = f"{unknown}\n{TAKEN}\n"
    looked = send(web, browser, "new/box", "look", sample=sample)
    assert "没有“录音文件”一列" in text_of(looked) and "待补全 1" in text_of(looked)
    columns = {"title": ["本机", "语音"], "meant": ["extension", "file"]}
    again = send(web, browser, "new/box", "look", sample=sample, **columns)
    said = text_of(again)
    assert "看懂了什么:1 行" in said.replace("\uff1a", ":") and "calls" not in said
    assert "响铃 6 秒" in said and "分机 3201" in said and "分机 3201:没有登记" in said
    assert web.get("/recorders", "admin")[0]["name"] == "old"  # nothing is set yet
    folder = {"folder": str(root / "box"), "log": "*.csv"}
    kept = send(web, browser, "new/box", "keep", name="box-1", **folder, **columns)
    assert (kept.status_code, kept.headers["location"]) == (303, "/recorders"), text_of(kept)
    shown = text_of(browser.get("/recorders"))
    assert "已保存,几秒之内生效" in shown and "box-1" in shown and str(root / "box") in shown
    (box, _) = web.get("/recorders", "admin")
    assert box["source"]["fields"] == {"本机": "extension", "语音": "file"}
    form = browser.get("/recorders/box-1")
    assert 'value="语音"' in form.text and f'value="{root / "box"}"' in form.text
    assert send(web, browser, "new/box", "keep", name="push-2").status_code == 303
    assert "推送到 /api/v1/intake/push/push-2" in text_of(browser.get("/recorders"))
    assert browser.get("/recorders/push-2").status_code == 200
    assert send(web, browser, "push-2", "delete").status_code == 303
    off = send(web, browser, "box-1", "off", **folder, **columns)
    assert (off.status_code, web.get("/recorders", "admin")[0]["active"]) == (303, False)
    assert send(web, browser, "box-1", "delete").status_code == 303
    assert [each["name"] for each in web.get("/recorders", "admin")] == ["old"]


def test_files_are_looked_at_together_and_none_is_kept(web: Web, root: Path) -> None:
    known = '{"window": "A01", "staff": "1017", "started_at": "2025-03-27T09:25:17"}'
    files = [
        ("files", ("a.wav", wav(), "audio/wav")),
        ("files", ("a.json", known.encode(), "application/json")),
        ("files", ("../../b.wav", b"", "audio/wav")),
    ]
    looked = send(web, web.browser("admin"), "new/sidecar", "look", files=files)
    said = text_of(looked)
    assert looked.status_code == 200, said
    assert "a.wav" in said and "A01" in said and "文件是空的" in said and ".." not in said
    assert not web.get("/recordings", "admin")["items"]


@pytest.mark.parametrize(
    ("step", "typed", "told"),
    [
        ("look", {"names": "{分机}-{日期}-{时间}"}, "没有给出样本"),
        ("look", {}, "必须写 names"),
        ("look", {"names": "{分机}", "sample": "x", "timezone": "Mars"}, "不是时区名"),
        ("keep", {"name": "Hall A", "names": "{分机}-{日期}-{时间}"}, "名称"),
        ("keep", {"name": "hall", "names": "{分机}-{日期}-{时间}", "folder": "/etc"}, "不在允许的文件夹里"),
        ("keep", {"name": "hall"}, "必须写 names"),
        ("keep", {"name": "old", "names": "{分机}-{日期}-{时间}"}, "写在设置文件里"),
        ("keep", {"name": "hall", "names": "{分机}-{日期}", "settle_seconds": "soon"}, "应为数字"),
    ],
)
def test_what_is_wrong_is_told_with_what_was_typed(
    web: Web, root: Path, step: str, typed: dict[str, str], told: str
) -> None:
    answer = send(web, web.browser("admin"), "new/name", step, **typed)
    assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)
    assert all(value in answer.text for value in typed.values())


def test_what_the_settings_file_names_can_only_be_looked_at(web: Web, root: Path) -> None:
    browser = web.browser("admin")
    shown = browser.get("/recorders/old")
    assert (
        "写在设置文件里" in text_of(shown) and 'value="keep"' not in shown.text and 'value="delete"' not in shown.text
    )
    assert send(web, browser, "old", "keep").status_code == 422
    assert send(web, browser, "old", "delete").status_code == 422
    assert send(web, browser, "old", "look", sample='{"window": "A01"}').status_code == 200
    assert browser.get("/recorders/nowhere").status_code == 404
