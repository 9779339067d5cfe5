"""The file beside a recording, `NAME.json`, `NAME.xml` or `NAME.csv`.

JSON is in the form of docs/formats.md. XML and CSV are flat: any element, attribute or column whose name is one of
ours, or is mapped to one by `fields`, such as the call records of 迅时 (NewRock) gateways:
http://app.newrocktech.com/omapi/chapter2/CDR/LO.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.intake.facts import Facts, of_fields
from service.intake.source import Source
from service.intake.tables import rows
from service.intake.told import by_texts, titles
from service.intake.xml import leaves, parsed
from speechaudit.errors import SidecarError
from speechaudit.formats import metadata_of_json

SUFFIXES: Final = (".json", ".xml", ".csv")
MOST_BYTES: Final = 1024 * 1024


def read(suffix: str, content: bytes, source: Source, zone: ZoneInfo) -> Facts:
    """What the file says. Raises ServiceError where it cannot be read."""
    if len(content) > MOST_BYTES:
        raise RequestError("说明文件", f"超过 {MOST_BYTES // 1024} KB", "一个录音一个说明文件")
    if suffix == ".json":
        return _json(content, zone)
    named = titles(source)
    if suffix == ".xml":
        return by_texts(dict(leaves(parsed(content))), named, zone)
    found = list(rows(content, named))
    if len(found) != 1:
        raise RequestError("说明文件", f"应有一行标题和一行内容,实有 {len(found)} 行内容", "一个录音一个说明文件")
    return of_fields(found[0], zone)


def _json(content: bytes, zone: ZoneInfo) -> Facts:
    try:
        known = metadata_of_json(content.removeprefix(b"\xef\xbb\xbf"), "说明文件")
    except SidecarError as problem:
        raise RequestError("说明文件", problem.problem, problem.cure) from problem
    began = known.started_at
    facts = of_fields({"started_at": began.isoformat()} if began else {}, zone)
    return replace(
        facts,
        setting=known.setting,
        staff=known.staff,
        window=known.window,
        ring_seconds=known.ring_seconds,
        staff_channel=known.staff_channel,
        direction=known.direction,
        calls=known.calls,
        extras=known.extras,
    )
