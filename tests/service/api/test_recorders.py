"""Recorders are set while the service runs: only below the folders that the settings allow, and never over these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.sources import Source
from service.store import Database, intake, recordings
from service.store.intake import NewPending
from tests.service.api_kit import Api
from tests.service.service_kit import new_recording

BOX = {"kind": "box", "setting": "phone"}


def made(db: Database, tmp_path: Path) -> Api:
    for name in ("allowed/box", "allowed/other", "elsewhere", "allowed/old"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "allowed/link").symlink_to(tmp_path / "elsewhere")
    old = Source(name="old", kind="sidecar", setting="phone", folder=tmp_path / "allowed/old")
    api = Api(db, tmp_path, intake=(old,), intake_folders=(tmp_path / "allowed",))
    api.people()
    return api


@pytest.fixture
def centre(api: Api, tmp_path: Path) -> Api:
    return made(api.db, tmp_path)


def put(api: Api, name: str, who: str = "admin", **given: Any) -> tuple[int, Any]:
    answer = api.ask("PUT", f"/recorders/{name}", who, json=BOX | given)
    return answer.status_code, answer.json()


def test_what_is_set_holds_at_once_and_who_set_it_is_known(db: Database, tmp_path: Path) -> None:
    centre = made(db, tmp_path)
    known: dict[str, Any] = {
        "folder": str(tmp_path / "allowed/box"),
        "log": "*.csv",
        "fields": {"本机": "extension"},
        "prefix": "b1-",
    }
    status, box = put(centre, "box-1", **known)
    assert (status, box["where"], box["changed_by"], box["active"]) == (200, "page", "admin", True)
    assert box["source"] == BOX | known
    with centre.db.read() as session:
        assert [each.name for each in centre.services.sources(session)] == ["old", "box-1"]
    with centre.db.write() as session:
        recordings.add(session, new_recording(1, source="intake:box-1"))
        new = NewPending(sha256=None, size=0, file_name="x", media_type="", source="box-1", reasons=["没有场景"])
        intake.add(session, new)
    old, box = sorted(centre.get("/recorders", "admin"), key=lambda each: str(each["name"]), reverse=True)
    assert (box["today"], box["waiting"], box["last"] is not None) == (1, 1, True)
    assert (old["name"], old["where"], old["changed_by"]) == ("old", "settings", None)
    assert put(centre, "box-1", **known, active=False)[1]["active"] is False
    with centre.db.read() as session:
        assert [each.name for each in centre.services.sources(session)] == ["old"]
    assert centre.ask("DELETE", "/recorders/box-1", "admin").status_code == 204
    assert [each["name"] for each in centre.get("/recorders", "admin")] == ["old"]


def test_a_recorder_may_push_as_soon_as_it_is_set(centre: Api) -> None:
    def push() -> int:
        sent = {"file": ("a.wav", b"not empty", "audio/wav")}
        return centre.ask("POST", "/intake/push/box-2", files=sent).status_code

    assert push() == 404
    assert put(centre, "box-2")[0] == 200
    assert push() == 202
    assert put(centre, "box-2", active=False)[0] == 200
    assert push() == 404


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"folder": "{root}/elsewhere", "log": "*"}, "folder:不在允许的文件夹里"),
    ({"folder": "{root}/allowed/link", "log": "*"}, "folder:不在允许的文件夹里"),
    ({"folder": "{root}/allowed/../elsewhere", "log": "*"}, "folder:不在允许的文件夹里"),
    ({"folder": "/", "log": "*"}, "folder:不在允许的文件夹里"),
    ({"folder": "allowed/box", "log": "*"}, "folder:不在允许的文件夹里"),
    ({"folder": "{root}/allowed/nowhere", "log": "*"}, "folder:没有这个文件夹"),
    ({"folder": "{root}/allowed/old", "log": "*"}, "folder:与来源 old 的文件夹重叠"),
    ({"folder": "{root}/allowed", "log": "*"}, "folder:与来源 old 的文件夹重叠"),
    ({"folder": "{root}/allowed/box", "log": "../../elsewhere/*"}, "log:不在允许的文件夹里"),
    ({"folder": "{root}/allowed/box", "log": "/etc/passwd"}, "log:不在允许的文件夹里"),
    ({"folder": "{root}/allowed/box", "log": "{root}/allowed/link/x.csv"}, "log:不在允许的文件夹里"),
    ({"log": "*.csv"}, "log:没有文件夹"),
    ({"kind": "name"}, "必须写 names 或 pattern"),
    ({"kind": "name", "names": "{分机}{号码}"}, "后面要有分隔的字"),
    ({"timezone": "Mars"}, "不是时区名"),
    ({"folder": "{root}/allowed/box"}, "必须写 log"),
]


def test_what_may_not_be_is_refused_with_its_cure(centre: Api, tmp_path: Path) -> None:
    wrong = []
    for given, where in REFUSED:
        told = {key: value.replace("{root}", str(tmp_path)) for key, value in given.items()}
        status, answer = put(centre, "box", **told)
        if status != 422 or where not in answer["detail"]:
            wrong.append((given, status, answer))
    assert wrong == []
    assert len(centre.get("/recorders", "admin")) == 1


def test_what_the_settings_name_stays_theirs(centre: Api) -> None:
    assert put(centre, "old")[0] == 409
    assert centre.ask("DELETE", "/recorders/old", "admin").status_code == 409
    assert centre.ask("DELETE", "/recorders/none", "admin").status_code == 404
    with centre.db.write() as session:
        from service.store import sources

        sources.put(session, Source(name="old", kind="box", setting="phone"), "admin", active=True)
        assert [each.kind for each in centre.services.sources(session)] == ["sidecar"]
    assert [each["where"] for each in centre.get("/recorders", "admin")] == ["settings"]


def test_no_folder_may_be_named_unless_the_settings_allow_it(api: Api, tmp_path: Path) -> None:
    api.people()
    status, answer = put(api, "box", folder=str(tmp_path), log="*")
    assert (status, "还没有允许" in answer["detail"], "intake_folders" in answer["cure"]) == (422, True, True)
    assert put(api, "box")[0] == 200  # pushes need no folder


def test_the_data_of_the_service_is_no_folder_of_a_recorder(api: Api, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    api = Api(api.db, tmp_path, intake_folders=(tmp_path,))
    api.people()
    for place in (tmp_path, tmp_path / "data"):
        status, answer = put(api, "box", folder=str(place), log="*")
        assert (status, "自己的数据文件夹" in answer["detail"]) == (422, True)
