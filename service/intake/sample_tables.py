"""What is in a log that is a table, or in XML: which title is taken for what, and which lines were not read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from service.errors import ServiceError
from service.ingest.fields import titles
from service.intake import call_logs
from service.intake.files import is_sound
from service.intake.kinds import asterisk, freeswitch
from service.intake.xml import leaves, parsed
from service.sources import Kind, Source
from service.spreadsheets import numbered

_NOT_TAKEN: Final = ""
_HEADINGS: Final[dict[Kind, set[str]]] = {"asterisk": asterisk.NEEDED, "freeswitch": freeswitch.NEEDED}
_TITLED: Final = frozenset({"box", "sidecar"})
_NO_TABLES: Final = (b"<", b"{", b"[")


def columns(source: Source, paths: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Return the titles of the first table or XML with our name of each, empty where it is passed over."""
    if source.kind not in _TITLED:
        return ()
    for path in paths:
        if not is_sound(path) and (heading := _titles(source, path)):
            named = titles(source)
            return tuple((title, named.get(title.casefold(), _NOT_TAKEN)) for title in heading if title)
    return ()


def _titles(source: Source, path: Path) -> Sequence[str]:
    """The titles of a table, or the names of what XML beside a recording tells; nothing of what cannot be read."""
    if source.kind == "sidecar" and path.suffix.casefold() == ".xml":
        with suppress(ServiceError, OSError):
            return [name for name, _ in leaves(parsed(call_logs.beginning(path)))]
    return next((cells for _, cells in _lines(path)), [])


def cut(path: Path) -> bool:
    """Return whether a file that is no recording may have more lines than are looked at."""
    return not is_sound(path) and path.stat().st_size > call_logs.SAMPLE_BYTES


def unread(source: Source, path: Path, used: Collection[int]) -> Iterator[int]:
    """Yield the numbers of the lines that belong to no call and are no headings."""
    needed = _HEADINGS.get(source.kind)
    for at, (number, cells) in enumerate(_lines(path)):
        heading = at == 0 if needed is None else {cell.casefold() for cell in cells} >= needed
        if number not in used and not heading:
            yield number


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not empty, with their numbers; none of what is no table."""
    with suppress(ServiceError, OSError):
        content = call_logs.beginning(path)
        if not content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_NO_TABLES):
            yield from ((number, cells) for number, cells in numbered(content) if any(cells))
