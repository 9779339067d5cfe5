"""The commands: a worker that `serve` keeps alive, settings that are refused, libraries that are missing."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from service.settings import Settings
from service.store import Database, centre, voices
from service.store.base import now
from service.worker import KEPT_OPEN, Child, _loading, heard_by_whisper
from speechaudit.cli import main
from speechaudit.model import Recording, Transcript
from tests.service.service_kit import MADE_BY, waited_for


def test_a_worker_that_dies_is_started_again_and_ends_with_the_service(tmp_path: Path) -> None:
    note = f"import os, time; open(r'{tmp_path}/' + str(os.getpid()), 'w').close(); time.sleep(60)"
    child = Child([sys.executable, "-c", note])
    child.start()
    assert waited_for(lambda: len(list(tmp_path.iterdir())) == 1)
    assert child.process
    child.process.kill()
    assert waited_for(lambda: len(list(tmp_path.iterdir())) == 2)
    child.stop()
    assert not child.is_alive()
    for path in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.name), 0)


@pytest.mark.model
def test_a_worker_whose_service_is_gone_before_it_could_look_ends_by_itself(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(60)
    command = [sys.executable, "-m", "service.worker", "--parent", str(gone.pid)]
    ran = subprocess.run(command, env={**os.environ, "SPEECHAUDIT_DATA": str(tmp_path)}, timeout=300, check=False)
    assert ran.returncode == 0


def test_the_worker_hears_with_the_profile_of_who_agreed_and_of_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: Path
) -> None:
    from speechaudit import pipeline
    from speechaudit.asr import whisper

    heard: list[object] = []
    monkeypatch.setattr(whisper, "load", lambda _model, **_: SimpleNamespace(made_by=MADE_BY, at_once=3))

    def hear(*given: object) -> SimpleNamespace:
        heard.append(given[-1])
        return SimpleNamespace(transcript=Transcript(segments=(), duration=1.0), limits=(), timings={})

    monkeypatch.setattr(pipeline, "hear", hear)
    settings = Settings(data=tmp_path, voices=tmp_path)
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'speechaudit.sqlite')}")
    with database.write() as session:
        row = centre.put_staff(session, "1017", "甲")
        voices.give(session, row.id, text="同意", given_on=now().date(), noted_by="乙")
    database.close()
    listen, at_once = heard_by_whisper(settings)
    assert at_once == 3
    for staff in ("1017", "1018", None):
        listen(tmp_path / "a.wav", Recording(file="a.wav", staff=staff), lambda _done: None)
    agreed = pipeline.Libraries(profiles=tmp_path, prompts=None, labels=tmp_path / "labels")
    assert heard == [agreed, replace(agreed, profiles=None), replace(agreed, profiles=None)]


def test_garbage_is_looked_for_again_once_the_libraries_are_loaded() -> None:
    with pytest.raises(ImportError), _loading():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_the_commands_join_the_command_line() -> None:
    told = CliRunner().invoke(main, ["--help"]).output
    assert "worker" in told
    assert "serve" in told


def test_connections_are_kept_longer_than_senders_and_proxies_keep_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: dict[str, object] = {}
    monkeypatch.setattr("uvicorn.run", lambda _app, **given: asked.update(given))
    monkeypatch.setattr("service.worker.supervised", lambda _command: nullcontext())
    run = CliRunner().invoke(main, ["serve"], env={"SPEECHAUDIT_DATA": str(tmp_path)})
    assert (run.exit_code, asked["timeout_keep_alive"]) == (0, KEPT_OPEN)
    assert KEPT_OPEN > 60  # nginx closes its own after so many seconds


def test_a_wrong_setting_ends_the_command_with_its_cure() -> None:
    run = CliRunner().invoke(main, ["worker"], env={"SPEECHAUDIT_PORT": "http"})
    assert run.exit_code == 2
    assert "SPEECHAUDIT_PORT" in run.output


@pytest.mark.parametrize("command", ["worker", "serve", "demo-data", "retain", "backup somewhere"])
def test_without_the_libraries_of_the_service_the_command_says_what_to_install(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "service.settings", raising=False)
    monkeypatch.delattr("service.settings", raising=False)
    monkeypatch.setitem(sys.modules, "pydantic_settings", None)
    run = CliRunner().invoke(main, command.split())
    assert run.exit_code == 2, run.output
    assert "speechaudit[service]" in run.output


def test_a_library_that_our_own_commands_lack_is_no_matter_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "speechaudit.formats", None)
    monkeypatch.delattr("speechaudit.formats", raising=False)
    assert isinstance(CliRunner().invoke(main, ["schema"]).exception, ImportError)
