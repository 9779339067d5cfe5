"""What is shipped for operation names only settings, commands, files and metrics that there are."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from packaging.requirements import Requirement

from service.api import operations
from service.audio import AudioStore
from service.auth.permissions import Permission
from service.jobs.queue import JobQueue
from service.services import Services
from service.settings import CONFIG, PREFIX, Settings
from service.store import Database, workers
from speechaudit.cli import main

ROOT = Path(__file__).parents[2]
DEPLOY, PAGE = ROOT / "deploy", ROOT / "docs" / "deployment.md"
UNITS = sorted(DEPLOY.glob("*.service"))
KNOWN = {CONFIG, f"{PREFIX}CACHE", f"{PREFIX}MODELS", *(PREFIX + name.upper() for name in Settings.model_fields)}


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(path, encoding="utf-8")
    return read


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8")))


def command(words: list[str]) -> click.Command:
    """The command that these words name; what does not name a command is an argument."""
    found: click.Command = main
    for word in words:
        if not isinstance(found, click.Group):
            break
        below = found.get_command(click.Context(found), word)
        assert below is not None, f"speechaudit {' '.join(words)}"
        found = below
    return found


@pytest.mark.parametrize("path", [*sorted(DEPLOY.iterdir()), PAGE], ids=lambda path: path.name)
def test_every_setting_exists(path: Path) -> None:
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", path.read_text(encoding="utf-8"))) <= KNOWN


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_run_commands_that_exist_and_are_hardened(path: Path) -> None:
    service = unit(path)["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert Path(program).name == "speechaudit"
    assert command(words).name == path.name.removeprefix("speechaudit-").partition(".")[0].rstrip("@")
    assert service["Restart"] == "always"
    assert service["User"] not in {"", "root"}
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")
    assert service["StateDirectory"] == "speechaudit"


def test_a_worker_unit_has_a_name_of_its_own() -> None:
    lines = (DEPLOY / "speechaudit-worker@.service").read_text(encoding="utf-8").splitlines()
    (name,) = [line.rpartition("=")[2] for line in lines if line.startswith(f"Environment={PREFIX}WORKER_NAME=")]
    expanded = name.replace("%l", "gpu-01").replace("%i", "2")
    assert "%i" in name
    assert Settings(worker_name=expanded).worker_name == "gpu-01-2"


def test_compose_builds_from_files_that_exist() -> None:
    services = compose()["services"]
    assert set(services) == {"database", "serve", "worker"}
    for name in ("serve", "worker"):
        build = services[name]["build"]
        context = (DEPLOY / build["context"]).resolve()
        assert context == ROOT
        assert (context / build["dockerfile"]).is_file()
        assert command(services[name]["command"]).name == name
        assert services[name]["environment"][f"{PREFIX}DATABASE_URL"].startswith("postgresql+psycopg://")
    assert "healthcheck" in services["database"]
    assert "/readyz" in str(services["serve"]["healthcheck"])


def test_the_image_takes_all_that_the_package_is_made_of_and_runs_as_nobody_special() -> None:
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    taken = [line[1:] for line in allowed if line.startswith("!")]
    assert [name for name in taken if not (ROOT / name).exists()] == []
    assert {"pyproject.toml", "README.md", "LICENSE", "speechaudit", "service", "lexicons"} <= set(taken)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]) <= set(taken)
    assert re.search(r"^USER (?!root)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_page_names_commands_x_that_exist() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for words in re.findall(r"(?:\bspeechaudit|^run) ((?:user|key) [a-z]+)", page, re.MULTILINE):
        command(words.split())
    assert set(re.findall(r"--scope (\S+)", page)) <= {str(each) for each in Permission}
    for name in set(re.findall(r"\bdeploy/[\w.@-]+[a-z]", page)) - {"deploy/.env"}:
        assert (ROOT / name).is_file(), name


def test_the_page_names_metrics_that_exist(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    database, jobs = Database(settings.database), JobQueue(settings)
    database.migrate()
    with database.write() as session:
        workers.register(session, "window-1", host="window", pid=1, version="1")
    services = Services(settings=settings, database=database, audio=AudioStore(settings), jobs=jobs)
    told = bytes(operations.metrics(services).body).decode()
    jobs.close()
    database.close()
    named = set(re.findall(r"\bspeechaudit_[a-z_]+", PAGE.read_text(encoding="utf-8")))
    assert len(named) >= 7
    assert named <= set(re.findall(r"^# HELP (\w+)", told, re.MULTILINE))


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_leads_to_the_pages(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for page in ("deployment", "api", "settings"):
        assert f"(docs/{page}.md)" in text
        assert (ROOT / "docs" / f"{page}.md").is_file()


def test_the_proxy_logs_no_keys_in_addresses() -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (logged,) = re.findall(r"^log_format speechaudit (.*);$", text, re.MULTILINE)
    assert not set(re.findall(r"\$\w+", logged)) & {"$request", "$request_uri", "$args", "$query_string"}
    assert text.count("access_log /var/log/nginx/access.log speechaudit;") == text.count("server {")


LOCKS = sorted(DEPLOY.glob("requirements-*.txt"))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_each_file_of_the_image_has_its_hash_and_no_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    locked = re.split(r"\n(?=\S)", text.strip())
    assert [
        each for each in locked if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", each, re.DOTALL)
    ] == []
    assert re.findall(r"://|--index|--find-links", text) == []


def test_the_image_installs_what_the_project_asks_for_and_nothing_without_a_hash() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(each) for each in (*asked["dependencies"], *asked["optional-dependencies"]["service"])]
    locked = dict(
        re.findall(r"^([\w.-]+)==(\S+)", (DEPLOY / "requirements-service.txt").read_text("utf-8"), re.MULTILINE)
    )
    assert [str(each) for each in wanted if not each.specifier.contains(locked.get(each.name, "0"))] == []
    steps = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    loose = [step for step in steps if "pip install" in step and "--require-hashes" not in step]
    assert [step for step in loose if "TORCH_INDEX" not in step and "--no-build-isolation /src" not in step] == []


def test_versions_with_known_faults_are_left_out() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(each) for group in project["optional-dependencies"].values() for each in group]
    wanted += map(Requirement, project["dependencies"])
    for name, broken, whole in (("python-multipart", "0.0.33", "0.0.34"), ("ctranslate2", "4.8.0", "4.8.1")):
        (found,) = {str(each.specifier): each.specifier for each in wanted if each.name == name}.values()
        assert (found.contains(broken), found.contains(whole)) == (False, True)


def test_the_tests_that_hold_each_weakness_exist() -> None:
    page = (ROOT / "docs" / "decisions" / "attacks.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {name for path in (ROOT / "tests").rglob("test_*.py") for name in _TESTS.findall(path.read_text("utf-8"))}
    assert named
    assert named - there == set()


_TESTS = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
