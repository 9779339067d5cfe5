"""Folders that are set on the page are watched from the next look on, within the bounds of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.intake.watcher import Watching
from service.settings import Settings
from service.sources import Source
from service.store import sources
from tests.service.api_kit import Api
from tests.service.intake.intake_kit import MORNING, wav


def stored(api: Api, folder: Path, *, active: bool = True, **more: object) -> None:
    known = {"name": "box", "kind": "box", "setting": "phone", "folder": folder, "log": "*.csv", "settle_seconds": 0}
    with api.db.write() as session:
        sources.put(session, Source.model_validate(known | {"clock_hours": 1e6} | more), "admin", active=active)


@pytest.fixture
def root(api: Api, tmp_path: Path) -> Path:
    root = tmp_path / "allowed"
    (root / "in").mkdir(parents=True)
    object.__setattr__(api.services, "settings", Settings(data=tmp_path / "data", intake_folders=(root,)))
    return root


def states(api: Api) -> list[tuple[str, str]]:
    return [(part.name, part.state) for part in api.services.parts]


def test_a_folder_begins_changes_and_ends_without_a_restart(api: Api, root: Path) -> None:
    watching = Watching(api.services)
    watching.refresh()
    assert states(api) == []
    stored(api, root / "in")
    watching.refresh()
    assert states(api) == [("intake box", "ok")]
    first = watching._watched["box"]
    watching.refresh()
    assert watching._watched["box"] is first  # what did not change goes on
    stored(api, root / "in", prefix="b1-")
    watching.refresh()
    assert (watching._watched["box"].source.prefix, states(api)) == ("b1-", [("intake box", "ok")])
    assert first.loop.standing.state == "stopped"
    stored(api, root / "in", active=False)
    watching.refresh()
    assert states(api) == []


def test_what_was_switched_off_takes_in_no_more_files(api: Api, root: Path) -> None:
    from service.intake.folder import Folder

    source = Source.model_validate(
        {"name": "box", "kind": "sidecar", "setting": "phone", "folder": root / "in", "settle_seconds": 0}
    )
    (root / "in/a.wav").write_bytes(wav())
    folder = Folder(api.services, source, (root,))
    folder.end()
    assert not folder.scan()
    assert (root / "in/a.wav").exists()


def test_a_folder_that_was_turned_into_a_link_is_left_alone(api: Api, root: Path, tmp_path: Path) -> None:
    from service.errors import ConfigError
    from service.intake.folder import Folder

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.wav").write_bytes(wav())
    source = Source.model_validate({"name": "b", "kind": "sidecar", "setting": "phone", "folder": root / "in"})
    folder = Folder(api.services, source, (root,))
    (root / "in").rmdir()
    (root / "in").symlink_to(elsewhere)
    for bounds in ((root,), ()):
        folder._roots = bounds
        with pytest.raises(ConfigError, match="不再是允许的文件夹"):
            folder.scan()
    assert (elsewhere / "a.wav").exists()


def test_logs_that_lie_elsewhere_are_not_read(api: Api, root: Path, tmp_path: Path) -> None:
    from service.intake.call_logs import CallLogs

    rows = "通道,来电时间,录音文件\n3201,2025-03-27 09:25:17,CH1.wav\n"
    (tmp_path / "secret.csv").write_text(rows, encoding="utf-8")
    (root / "logs").mkdir()
    (root / "logs/link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "sub").symlink_to(tmp_path)
    (root / "logs/own.csv").write_text(rows.replace("CH1", "CH2"), encoding="utf-8")
    own = str(root / "logs/*.csv")
    for log in (own, str(root / "sub/*.csv")):
        known = {"name": "b", "kind": "box", "setting": "phone", "folder": root, "log": log}
        logs = CallLogs(Source.model_validate(known), api.services.settings.zone, (root,))
        logs.refresh()
        assert logs.find("CH1.wav", (), MORNING) is None
        assert (logs.find("CH2.wav", (), MORNING) is not None) == (log == own)
