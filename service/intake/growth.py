"""Logs that grow: what was read of them is kept, and only what was added is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from service.ingest.call_record import CallRecord
from service.intake.kinds import asterisk, box, cdr, freeswitch, tencent
from service.sources import Kind, Source

Reader = Callable[[bytes, Source, ZoneInfo], Iterator[CallRecord]]
READERS: Final[Mapping[Kind, Reader]] = {
    "asterisk": asterisk.read,
    "freeswitch": freeswitch.read,
    "box": box.read,
    "tencent": tencent.read,
}
# XLSX, XLS, UTF-16, XML and JSON: of these no last line can be left out.
IN_ONE_PIECE: Final = (b"PK", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff", b"<", b"{", b"[")
_BEFORE_TEXT: Final = b"\xef\xbb\xbf \r\n\t"
# Where each row is a call of its own, those that were added are read alone.
_ADDED: Final[Mapping[Kind, Reader]] = {"box": box.added}
# Where several rows can be one call, they are read with the rows of their calls.
_LINKED: Final[Mapping[Kind, cdr.SwitchTable]] = {"asterisk": asterisk.TABLE, "freeswitch": freeswitch.TABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read of a log, to know it again: its length in bytes, up to the end of a line, and its hash.

    `place` is where a table of a switch ended, None where that is not kept.
    """

    length: int
    digest: bytes
    place: cdr.TableEnd | None = None

    def more(self, content: bytes) -> bytes | None:
        """Return the heading and what was added; None if what was there reads otherwise by now."""
        if len(content) < self.length or _digest(content[: self.length]) != self.digest:
            return None
        return content.partition(b"\n")[0] + b"\n" + content[self.length :]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _can_grow(content: bytes) -> bool:
    """Return whether what is added later stands in lines of its own, and can be read alone."""
    return content.endswith(b"\n") and not content.lstrip(_BEFORE_TEXT).startswith(IN_ONE_PIECE)


class Growth:
    """A log that is read again: of its `calls` so far those that stay are `kept`, and what is `seen` is for next time.

    Without `keeps` nothing is kept that only serves to read on.
    """

    def __init__(self, calls: cdr.Records, seen: Seen | None, *, keeps: bool = True) -> None:
        self._calls, self._before, self._keeps = calls, seen, keeps
        self.kept: cdr.Records = {}
        self.seen: Seen | None = None

    def read(self, content: bytes, source: Source, zone: ZoneInfo) -> Iterable[CallRecord]:
        """Return the calls that are new, or all. Raises as the readers do."""
        kind = source.kind
        if not _can_grow(content) or not (kind in _ADDED or kind in _LINKED):
            return READERS[kind](content, source, zone)
        more = self._before.more(content) if self._before else None
        if kind in _LINKED:
            return self._linked(content, more, _LINKED[kind], zone)
        self.seen = self._seen(content)
        if more is None:
            return READERS[kind](content, source, zone)
        self.kept = self._calls
        return _ADDED[kind](more, source, zone)

    def _linked(
        self, content: bytes, more: bytes | None, form: cdr.SwitchTable, zone: ZoneInfo
    ) -> Iterable[CallRecord]:
        place = self._before.place if self._before else None
        found = cdr.read_on(more, form, zone, place, self._calls) if more is not None and place else None
        if found is not None:
            self.kept, fresh, ends = found
            self.seen = self._seen(content, ends)
            return fresh
        calls, ends = cdr.read(content, form, zone)
        self.seen = self._seen(content, ends)
        return calls

    def _seen(self, content: bytes, place: cdr.TableEnd | None = None) -> Seen:
        return Seen(length=len(content), digest=_digest(content), place=place if self._keeps else None)
