"""What the XML of a workbook holds, counted before anything is made of it: a few KB can unpack to millions of things.

The reader of workbooks makes an object of each style, each text and each cell: 3 KB of `<xf/>` took it 12 seconds,
64 KB minutes. Counting takes a few seconds for 64 MB.
"""

from __future__ import annotations

import zipfile
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from lxml import etree

from service.errors import RequestError

MOST_UNPACKED: Final = 64 * 1024 * 1024
MOST_CELLS: Final = 4_000_000  # rows, cells and what stands in them; 64 MB hold no more as programs write them
MOST_IN_ROW: Final = 16_384  # cells of a row, as Excel has them
MOST_TEXTS: Final = 500_000
MOST_OTHERS: Final = 100_000  # styles, merged cells, names, relations
_OF_CELLS: Final = frozenset({"row", "c", "v", "f", "is", "t", "r", "si"})
_PIECE: Final = 1 << 20
_CURE: Final = "请另存为 CSV(UTF-8),或分成几个文件"


def require_modest(packed: zipfile.ZipFile) -> None:
    """Check that no part of a workbook is more than a table needs. Raises RequestError, and what zipfile raises."""
    if sum(item.file_size for item in packed.infolist()) > MOST_UNPACKED:
        raise RequestError("表格", f"展开后超过 {MOST_UNPACKED >> 20} MB", "请分成几个文件")
    for item in packed.infolist():
        _count(packed, item)


def _count(packed: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    """Count the elements of a part as both parsers see it that the reader of workbooks uses; others hold none."""
    try:
        _by_expat(packed, item)
    except (ExpatError, ValueError, LookupError):  # the last two for encodings that it does not know
        try:
            _by_lxml(packed, item)
        except etree.XMLSyntaxError:
            return


def _by_expat(packed: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    parser, counting = ParserCreate(), _Counting()
    parser.StartElementHandler = counting.start
    with packed.open(item) as part:
        while piece := part.read(_PIECE):
            parser.Parse(piece)
        parser.Parse(b"", True)


def _by_lxml(packed: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    parser = etree.XMLParser(target=_Counting(), resolve_entities=False, no_network=True)
    etree.fromstring(packed.read(item), parser)  # read in pieces it would not know UTF-32


class _Counting:
    """Counts elements as a parser meets them. Raises RequestError for the first one too many."""

    def __init__(self) -> None:
        self._cells = self._in_row = self._texts = self._others = 0

    def start(self, tag: str, _: object) -> None:
        """Count an element."""
        name = tag.rpartition("}")[2].rpartition(":")[2]
        if name not in _OF_CELLS:
            self._others += 1
        else:
            self._cells += 1
            self._texts += name == "si"
            self._in_row = 0 if name == "row" else self._in_row + (name == "c")
        too_many = self._cells > MOST_CELLS or self._texts > MOST_TEXTS or self._in_row > MOST_IN_ROW
        if too_many or self._others > MOST_OTHERS:
            raise RequestError("表格", "XLSX 里的格子、文字或样式太多", _CURE)

    def close(self) -> None:
        """End, as parsers want to tell it."""
