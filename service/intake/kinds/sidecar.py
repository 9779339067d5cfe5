"""The file beside a recording, `NAME.json`, `NAME.xml` or `NAME.csv`.

JSON is in the form of docs/formats.md. XML and CSV are flat: any element, attribute or column whose name is one of
ours, or is mapped to one by `fields`, such as the call records of 迅时 (NewRock) gateways:
http://app.newrocktech.com/omapi/chapter2/CDR/LO.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from service.errors import RequestError, ServiceError
from service.ingest.call_record import CallRecord
from service.ingest.fields import by_row, by_texts, titles
from service.ingest.reading import of_fields
from service.intake.files import FoundFile, pieces, place_and_stem
from service.intake.xml import leaves, parsed
from service.sources import Source
from service.spreadsheets import rows
from speechaudit.errors import SidecarError
from speechaudit.formats import MOST_METADATA_BYTES, metadata_of_json
from speechaudit.model import fact_values

SUFFIXES: Final = (".json", ".xml", ".csv")


def read(suffix: str, content: bytes, source: Source, zone: ZoneInfo) -> CallRecord:
    """Return the call that the file tells of. Raises ServiceError where it cannot be read."""
    if len(content) > MOST_METADATA_BYTES:
        raise RequestError("说明文件", f"超过 {MOST_METADATA_BYTES // 1024} KB", "一个录音一个说明文件")
    if suffix == ".json":
        return _json(content, zone)
    if suffix == ".xml":
        return by_texts(dict(leaves(parsed(content))), source, zone)
    found = list(rows(content, titles(source)))
    if len(found) != 1:
        raise RequestError("说明文件", f"应有一行标题和一行内容,实有 {len(found)} 行内容", "一个录音一个说明文件")
    return by_row(found[0], zone)


def beside(found: Iterable[FoundFile]) -> Iterator[tuple[tuple[Path, str], Path]]:
    """Yield the files beside recordings by place and name; of several of one name that of the first suffix is last."""
    there = tuple(found)
    for suffix in reversed(SUFFIXES):
        yield from ((place_and_stem(each.path), each.path) for each in there if each.path.suffix.casefold() == suffix)


def told(path: Path, source: Source, zone: ZoneInfo) -> tuple[CallRecord | None, tuple[str, ...]]:
    """Return the call that a file beside a recording tells of, else why not, in Chinese. Raises OSError."""
    try:
        content = b"".join(islice(pieces(path), 2))  # more than a sidecar may be, and no gigabytes
        return read(path.suffix.casefold(), content, source, zone), ()
    except ServiceError as problem:
        return None, (f"{path.name}:{problem.problem}。{problem.cure}",)


def _json(content: bytes, zone: ZoneInfo) -> CallRecord:
    try:
        known = metadata_of_json(content.removeprefix(b"\xef\xbb\xbf"), "说明文件")
    except SidecarError as problem:
        raise RequestError("说明文件", problem.problem, problem.cure) from problem
    began = known.started_at
    started = of_fields({"started_at": began.isoformat()} if began else {}, zone)
    facts = fact_values(known) | {"started_at": started.started_at}
    return CallRecord(staff=known.staff, window=known.window, doubts=started.doubts, **facts)
