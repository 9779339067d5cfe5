"""The call logs of Chinese line recorders (录音盒、录音仪、录音卡): CSV, XLS or XLSX with Chinese or English titles.

There is no standard. The usual columns are the line, the number, the direction, when the call came, when it was
connected and when it ended, the result and the file; the titles that were seen are in `service.ingest.fields`, others
are mapped by the setting `fields`. Ringing is connected minus begin. 回铃 (the tone that a caller hears) is no ringing
of our telephone and is not read. A line has no extension of its own: it is registered as one, with the `prefix` of the
box before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.ingest.call_record import CallRecord
from service.ingest.fields import by_row, from_begin, titles
from service.sources import Source
from service.spreadsheets import rows


def read(content: bytes, source: Source, zone: ZoneInfo) -> Iterator[CallRecord]:
    """Yield one call for each row that names a file. Raises RequestError where needed columns are missing."""
    seen = usable = 0
    for call in _calls(content, source, zone):
        seen += 1
        if call is not None:
            usable += 1
            yield call
    if seen and not usable:
        raise RequestError(
            "通话记录", "没有“录音文件”一列,或全部为空", "请在设置的 fields 里写明哪一列是录音文件名(file)"
        )


def added(content: bytes, source: Source, zone: ZoneInfo) -> Iterator[CallRecord]:
    """Yield the calls of rows, under their titles, that were added to a log which could be read."""
    return (call for call in _calls(content, source, zone) if call is not None)


def _calls(content: bytes, source: Source, zone: ZoneInfo) -> Iterator[CallRecord | None]:
    """Yield the call of each row; None where it names no recording, and is not read any further."""
    for row in rows(content, titles(source)):
        record = by_row(row, zone) if row.cells.keys() & {"file", "call_id"} else None
        yield from_begin(record) if record and (record.file is not None or record.ids) else None
