"""Fuzzes every reader: `make fuzz`, for an hour or FUZZ_SECONDS. A find is written to `found/` and becomes a member.

Atheris follows the branches of our own modules, hypothesis puts pieces of members together in other ways. A reader may
refuse with an error of our own; anything else, or 20 seconds for one file, is a find. Each reader runs in a process of
its own, because libFuzzer ends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi.exceptions import RequestValidationError
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from speechaudit.errors import SpeechAuditError
from tests.corpus import audits, call_logs, lexicons, plays, requests, sidecars, sounds, tables

FOUND: Final = Path(__file__).with_name("found")
BEIJING: Final = ZoneInfo("Asia/Shanghai")
SLOWEST: Final = 20  # seconds for one file
LARGEST: Final = 20_000  # bytes that a fuzzer makes
Read = Callable[[bytes], object]


def _sidecar(content: bytes) -> object:
    from speechaudit.formats import metadata_of_json

    return metadata_of_json(content, "a.json")


def _beside(suffix: str, content: bytes) -> object:
    from service.intake.kinds import sidecar
    from service.sources import Source

    fields: Any = {"TimeStart": "started_at", "CPN": "caller", "工号": "staff"}
    return sidecar.read(suffix, content, Source(name="a", kind="sidecar", setting="phone", fields=fields), BEIJING)


def _log(kind: Any, content: bytes) -> object:
    from service.intake.kinds import asterisk, box, freeswitch, tencent
    from service.sources import Source

    read: Any = {"asterisk": asterisk, "box": box, "freeswitch": freeswitch, "tencent": tencent}[kind].read
    return list(read(content, Source(name="a", kind=kind, setting="phone"), BEIJING))


def _table(content: bytes) -> object:
    from service.api.centre import RosterIn, turn_of
    from service.api.registry import named
    from service.api.tables import read_table

    for _, row in read_table(content):
        with suppress(ValidationError):
            named("staff", row)
        with suppress(ValidationError):
            turn_of(RosterIn.model_validate(row), BEIJING)
    return None


@cache
def _lexicons() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-lexicons-"))
    for name, text in lexicons.FOLDER.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _rulebook(name: str, content: bytes) -> object:
    from speechaudit.rules import rulebook

    path = _lexicons() / name
    usual = path.read_bytes()
    path.write_bytes(content)
    try:
        return rulebook._load.__wrapped__(_lexicons(), "default", None, None)
    finally:
        path.write_bytes(usual)


def _play(content: bytes) -> object:
    from speechaudit.formats import metadata_of_header
    from speechaudit.rules import plays as written

    play = written.parse(content.decode("utf-8", "replace"))
    return metadata_of_header(play.header, "a.play")


def _file(read: str, content: bytes) -> object:
    from speechaudit import formats

    with tempfile.NamedTemporaryFile(dir=_memory(), suffix=".json") as file:
        file.write(content)
        file.flush()
        return getattr(formats, read)(Path(file.name))


def _container(content: bytes) -> object:
    from speechaudit.asr import containers

    with tempfile.NamedTemporaryFile(dir=_memory(), suffix=".wav") as file:
        file.write(content)
        file.flush()
        path = Path(file.name)
        assert all(containers.missing_bytes(name, path) >= 0 for name in ("wav", "w64", "caf"))
        return containers.ogg_is_complete(path), containers.unreadable_because(path), containers.sound_begins(path)


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _cursor(content: bytes) -> object:
    from service.store.pages import decode, encode

    moment, number = decode(content.decode("utf-8", "surrogateescape"))
    return decode(encode(moment, number)) == (moment, number) or 1 / 0


def _filters(content: bytes) -> object:
    from service.api.selection import Listing, beginning, end

    given: dict[str, Any] = {}
    for name, value in parse_qsl(content.decode("utf-8", "replace")):
        given[name] = (*given.get(name, ()), value) if name in {"staff", "window"} else value
    chosen = Listing.model_validate(given)
    return beginning(chosen.since, BEIJING), end(chosen.until, BEIJING)


class _Draft:
    """Takes an upload and forgets it."""

    size = 0

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)


def _form(content: bytes) -> object:
    from service.api.multipart import UploadForm

    draft: Any = _Draft()
    form = UploadForm("multipart/form-data; boundary=b", draft)
    for start in range(0, len(content), 1000):
        form.feed(content[start : start + 1000])
    form.finish()
    return form.metadata


READ: Final[Mapping[str, Read]] = {
    "sidecar": _sidecar,
    "sidecar-xml": partial(_beside, ".xml"),
    "sidecar-csv": partial(_beside, ".csv"),
    "asterisk": partial(_log, "asterisk"),
    "freeswitch": partial(_log, "freeswitch"),
    "box": partial(_log, "box"),
    "tencent": partial(_log, "tencent"),
    "table": _table,
    "rule": partial(_rulebook, "rules/forbidden/a.yml"),
    "profile": partial(_rulebook, "profiles/default.yml"),
    "list": partial(_rulebook, "lists/我.txt"),
    "play": _play,
    "transcript": partial(_file, "read_transcript"),
    "audit": partial(_file, "read_audit"),
    "container": _container,
    "cursor": _cursor,
    "filters": _filters,
    "form": _form,
}


def seeds(reader: str) -> list[bytes]:
    """Return the members that a fuzzer starts from."""
    by_kind = {kind: [case.content for case in call_logs.cases() if case.where == kind] for kind in call_logs.KEYS}
    told: dict[str, Iterable[bytes]] = by_kind | {
        "sidecar": (case.content for case in sidecars.cases()),
        "sidecar-xml": ((call_logs.DATA / "newrock.xml").read_bytes(),),
        "sidecar-csv": ("工号,窗口,开始\r\n1018,窗口1,2025/3/27 9:25:17\r\n".encode("gb18030"),),
        "table": (case.content for case in tables.cases()),
        "rule": (case.content for case in lexicons.cases() if case.name.startswith("rules/")),
        "profile": (case.content for case in lexicons.cases() if case.name.startswith("profiles/")),
        "list": ("我\n(我|们)…<你>\n[a]$?\n".encode(),),
        "play": (case.content for case in plays.cases() if case.name.endswith(".play")),
        "transcript": (case.content for case in plays.cases() if case.name.endswith(".json")),
        "audit": (case.content for case in audits.cases()),
        "container": (case.content for case in sounds.cases()),
        "cursor": (c.where.partition("cursor=")[2].encode() for c in requests.cases() if "cursor=" in c.where),
        "filters": (c.where.partition("?")[2].encode() for c in requests.cases() if "?" in c.where),
        "form": (case.content for case in requests.cases() if case.where == "POST /recordings"),
    }
    return [content for content in told[reader] if len(content) <= LARGEST] or [b""]


def clean(reader: str, content: bytes) -> None:
    """Read it; refusals are what is expected, everything else is raised."""
    with suppress(SpeechAuditError, RequestValidationError, ValidationError):
        READ[reader](content)


def keep(reader: str, content: bytes) -> None:
    """Write a find where the tests look for it."""
    folder = FOUND / reader
    folder.mkdir(parents=True, exist_ok=True)
    (folder / sha256(content).hexdigest()[:12]).write_bytes(content)


def by_hypothesis(reader: str, until: float) -> int:
    """Put members and pieces of them together until then; gives how many were tried. A find is kept and raised."""
    known, tried, last = seeds(reader), 0, b""
    pieces = st.sampled_from(known).flatmap(
        lambda whole: st.tuples(
            st.just(whole), st.integers(0, len(whole)), st.integers(0, len(whole)), st.binary(max_size=9)
        )
    )

    @settings(
        max_examples=300,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(st.lists(pieces, min_size=1, max_size=3))
    def tries(parts: list[tuple[bytes, int, int, bytes]]) -> None:
        nonlocal tried, last
        last = b"".join(whole[:first] + middle + whole[second:] for whole, first, second, middle in parts)
        tried += 1
        clean(reader, last)

    number = 0
    while time.monotonic() < until:
        number += 1
        try:
            seed(number)(tries)()
        except Exception:
            keep(reader, last)
            raise
    return tried


def by_atheris(reader: str, seconds: int) -> None:
    """Follow the branches; never returns, for libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["speechaudit", "service"]), suppress(Exception):
        clean(reader, seeds(reader)[0])  # imports what it reads with
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-seeds-"))
    for number, content in enumerate(seeds(reader)):
        (corpus / str(number)).write_bytes(content)
    (FOUND / reader).mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-max_len={LARGEST}", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={FOUND / reader}/", str(corpus)], partial(clean, reader))
    atheris.Fuzz()


def main(seconds: int) -> int:
    """Give each reader its share of the time, and tell what came of it; 1 if something was found."""
    share, found = max(2, seconds // (2 * len(READ))), 0
    for reader in READ:
        command = [sys.executable, "-m", "tests.corpus.fuzz", reader]
        way = [*command, "atheris", str(share)] if find_spec("atheris") else [sys.executable, "-c", ""]
        ran = subprocess.run(way, capture_output=True, text=True, check=False)
        count = [line for line in ran.stderr.splitlines() if line.startswith("Done ")]
        told = count[-1].split()[1] if count else ran.stderr[-2000:] or "is not installed"
        other = subprocess.run([*command, "hypothesis", str(share)], capture_output=True, text=True, check=False)
        found += (ran.returncode != 0) + (other.returncode != 0)
        print(f"{reader:12} atheris {told}, hypothesis {other.stdout.strip() or other.stderr[-2000:]}", flush=True)
    for folder in FOUND.glob("*"):
        with suppress(OSError):
            folder.rmdir()  # where nothing was found
    return int(found > 0)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        sys.exit(main(int(sys.argv[1])))
    _, name, way, given_seconds = sys.argv
    if way == "atheris":
        by_atheris(name, int(given_seconds))
    print(by_hypothesis(name, time.monotonic() + int(given_seconds)))
