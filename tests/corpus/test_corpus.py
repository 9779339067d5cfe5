"""Every member of the corpus gets its answer: it is taken, perhaps with a remark, or refused with the reason.

A traceback, an unnamed refusal, half a minute or half a gigabyte is a fault, whatever the file holds. What the fuzzers
found before lies in `found/`, below the name of its reader, and must get any clean answer.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from service.intake.call_logs import CallLogs
from service.intake.kinds import sidecar as service_sidecar
from service.sources import Source
from service.spreadsheets import tables as spreadsheets
from service.store import Database, centre
from speechaudit import formats, pipeline
from speechaudit.asr.apart import apart
from speechaudit.asr.sound import decode
from speechaudit.cli import main
from speechaudit.errors import AudioError, RulebookError, SpeechAuditError
from speechaudit.rules import rulebook
from speechaudit.rules.rulebook import Rulebook
from tests.corpus import call_logs, lexicons, requests
from tests.corpus.case import Case
from tests.corpus.fuzz import FOUND, READ
from tests.corpus.hearing import Heard, hear_all
from tests.corpus.make import READERS, members
from tests.service.api_kit import Api

MOST_KILOBYTES = 512 * 1024
BEIJING = ZoneInfo("Asia/Shanghai")
Read = Callable[[Case], str]


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    """The peak of the process may not rise by more than this over one member."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KILOBYTES


def check(case: Case, read: Read) -> None:
    """`read` returns what is remarked, or raises; only our own errors, which name what is wrong, are refusals."""
    try:
        told, taken = read(case), True
    except SpeechAuditError as problem:
        told, taken = "; ".join(map(str, getattr(problem, "every", (problem,)))), False
    assert (taken, case.told in told) == (case.taken, True), told


def put(folder: Path, case: Case) -> Path:
    path = folder / case.name
    path.write_bytes(case.content)
    return path


def each_of(reader: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", members(reader), ids=str)


def test_the_corpus_is_large_and_names_each_member_once() -> None:
    names = [(reader, case.where, case.name) for reader in READERS for case in members(reader)]
    assert len(names) == len(set(names)) >= 300


@each_of("sidecars")
def test_sidecars(case: Case, tmp_path: Path) -> None:
    def read(given: Case) -> str:
        formats.read_sidecar(put(tmp_path, given))
        return ""

    check(case, read)


@each_of("sidecars")
def test_the_service_says_the_same_of_sidecars(case: Case) -> None:
    source = Source(name="desk", kind="sidecar", setting="phone")
    try:
        record = service_sidecar.read(".json", case.content, source, BEIJING)
    except SpeechAuditError:
        assert not case.taken
    else:
        assert case.taken
        assert (record.started_at is None) == (
            "started_at" not in case.content.decode("utf-8-sig") or bool(record.doubts)
        )


@each_of("call_logs")
def test_call_logs(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 20_000)

    def read(given: Case) -> str:
        os.utime(put(tmp_path, given), (1e9, 1e9))
        logs = CallLogs(
            Source.model_validate(
                {"name": "desk", "kind": given.where, "setting": "phone", "folder": tmp_path, "log": given.name}
            ),
            BEIJING,
        )
        logs.refresh()
        for problem in logs.problems():
            raise AudioError(given.name, problem, "")
        key = call_logs.KEYS[given.where]
        found = logs.find(key, (key,), datetime(2025, 3, 27, 1, 25, tzinfo=UTC))
        assert found is not None
        return "; ".join(found.doubts)

    check(case, read)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of rules that is read in no time."""
    folder = tmp_path_factory.mktemp("lexicons")
    lay(folder, {})
    return folder


def lay(folder: Path, changed: dict[str, bytes]) -> None:
    for name, content in ({name: text.encode() for name, text in lexicons.FOLDER.items()} | changed).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(scope="module")
def book(small: Path) -> Rulebook:
    return rulebook.load(small)


@each_of("lexicons")
def test_lexicons(case: Case, tmp_path: Path) -> None:
    def read(given: Case) -> str:
        name = given.name.partition("#")[0]
        using = lexicons.RULE.replace("[不归我管]", "['不归<我>管']").encode()
        lay(tmp_path, {name: given.content} | ({"rules/forbidden/a.yml": using} if name.startswith("lists") else {}))
        rulebook.load(tmp_path)
        return ""

    check(case, read)


@each_of("plays")
def test_plays_and_transcripts(case: Case, tmp_path: Path, book: Rulebook) -> None:
    check(case, lambda given: formats.dump(pipeline.audit_transcript(put(tmp_path, given), book))[:0])


@each_of("audits")
def test_audits(case: Case, tmp_path: Path) -> None:
    check(case, lambda given: formats.dump(formats.read_audit(put(tmp_path, given)))[:0])


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, made_once: Callable[[str, Callable[[], Heard]], Heard]) -> Heard:
    """What the decoder says of each sound, fifty in one process."""
    folder = tmp_path_factory.mktemp("sounds")

    def hear() -> Heard:
        every, found = members("sounds"), Heard()
        for case in every:
            put(folder, case)
        for first in range(0, len(every), 50):
            found |= apart(hear_all, folder, tuple(case.name for case in every[first : first + 50]))
        return found

    return made_once("corpus-sounds", hear)


@each_of("sounds")
def test_sounds(case: Case, heard: Heard) -> None:
    taken, told = heard[case.name]
    assert (taken, case.told in told) == (case.taken, True), told


@pytest.mark.parametrize("name", ["not-numbers.wav", "silence-of-15-minutes.flac", "channels-200.wav", "pdf.wav"])
def test_some_sounds_as_a_worker_hears_them(name: str, tmp_path: Path) -> None:
    (case,) = [case for case in members("sounds") if case.name == name]

    def read(given: Case) -> str:
        with decode(put(tmp_path, given)) as sound:
            assert -1 <= float(sound.read(0, 0, 9).min(initial=0)) <= float(sound.read(0, 0, 9).max(initial=0)) <= 1
            return f"{sound.duration:.1f} s"

    check(case, read)


@pytest.fixture(scope="module")
def api(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("api")
    database = Database(f"sqlite:///{folder / 'application.sqlite'}")
    database.migrate()
    api = Api(database, folder, lexicons=small)
    api.people()
    with database.write() as session:
        centre.put_staff(session, "0017", "张明")
    assert api.upload(b"s" * 100).status_code == 202
    yield api
    database.close()


@pytest.fixture(scope="module")
def signed_in(api: Api) -> dict[str, dict[str, str]]:
    """The headers of an administrator, who alone makes keys, and of a key."""
    return {"/keys": api.headers("admin"), "": api.headers(None)}


@each_of("tables")
def test_tables(case: Case, api: Api, signed_in: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    headers = signed_in[""] | {"Content-Type": "text/csv"}
    answer = api.client.post(f"/api/v1/imports/{case.where}", content=case.content, headers=headers)
    assert (answer.status_code == 200) == case.taken
    if not case.taken:
        told = answer.json()
        assert answer.status_code in {413, 422}
        assert case.told in told["detail"] + json.dumps(told["errors"], ensure_ascii=False)


@each_of("requests")
def test_requests(case: Case, api: Api, signed_in: dict[str, dict[str, str]]) -> None:
    method, _, path = case.where.partition(" ")
    own = requests.HEADERS[case.name]
    who = {} if "Authorization" in own else signed_in["/keys" if path == "/keys" else ""]
    answer = api.client.request(method, f"/api/v1{path}", content=case.content, headers={**who, **own})
    problem = answer.json()["detail"] if answer.status_code >= 400 and answer.content else ""
    assert f"{answer.status_code} {problem}".startswith(case.told)


@pytest.mark.parametrize("path", ["/recordings", "/intake/pending", "/log", "/keys"])
def test_lists_can_be_read_after_all_that(path: str, api: Api) -> None:
    assert api.ask("GET", path, "admin").status_code == 200


@pytest.mark.parametrize(
    ("reader", "path"),
    [(path.parent.name, path) for path in sorted(FOUND.glob("*/*"))],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_what_fuzzers_found(reader: str, path: Path) -> None:
    READ[reader](path.read_bytes())


@pytest.mark.slow
def test_the_command_line_over_all_of_it(small: Path, tmp_path: Path) -> None:
    """One call for everything that needs no model: each file gets its line, and the good ones their result."""
    good = bad = 0
    for number, case in enumerate((*members("plays"), *members("audits"))):
        suffix = ".play" if case.name.endswith(".play") else ".audit.json"
        (tmp_path / f"{number:03}{suffix}").write_bytes(case.content)
        good, bad = good + case.taken, bad + (not case.taken)
    given = ["audit", "--transcript", str(tmp_path), "--lexicons", str(small), "--json"]
    result = CliRunner().invoke(main, given, catch_exceptions=False)
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, good)
    assert result.stderr.count("错误:") == bad
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_reports_over_all_audits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys.modules["speechaudit.cli.report"], "_can_make_pdf", lambda: False
    )  # PDF takes seconds, and is read nowhere
    for case in members("audits"):
        put(tmp_path, case)
    result = CliRunner().invoke(main, ["report", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 1
    assert f"有 {sum(not case.taken for case in members('audits'))} 个稽核结果不能读" in result.stderr


def test_rules_are_refused_at_the_command_line(tmp_path: Path) -> None:
    lay(tmp_path, {case.name.partition("#")[0]: case.content for case in members("lexicons") if not case.taken})
    result = CliRunner().invoke(main, ["rules", "check", "--lexicons", str(tmp_path)], catch_exceptions=False)
    assert (result.exit_code, "Traceback" in result.stderr) == (2, False)
    with pytest.raises(RulebookError) as caught:
        rulebook.load(tmp_path)
    assert len(caught.value.every) > 3
