"""Pages as PDF, laid out by WeasyPrint with the print styles of the page itself. Nothing is loaded from anywhere."""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import re
import threading
from functools import cache
from typing import Any, Final

from speechaudit.errors import InputError, MissingPartError

_CHINESE: Final = b":lang=zh-cn"
# Laying out takes time and memory: a second for 40,000 characters, and more than in proportion for one stretch of text.
MOST, LONGEST = 1_500_000, 50_000
_NO_TEXT: Final = re.compile(r"<style.*?</style>|<[^>]*>", re.DOTALL)
_ONE: Final = threading.Lock()  # it computes for a second or more, and memory grows with the pages


def pdf(page: str) -> bytes:
    """Return a page as PDF of A4, one at a time in each process.

    Raises MissingPartError as `require_pdf` does, InputError for more text than can be laid out in a minute or two.
    """
    require_pdf()
    _require_room(page)
    html, fetcher = _weasyprint()
    told = page.encode("utf-8", "backslashreplace").decode("utf-8")  # a file name may hold lone surrogates
    with _ONE:
        return bytes(html(string=told, url_fetcher=fetcher(allowed_protocols=())).write_pdf())


def _require_room(page: str) -> None:
    stretches = [len(each) for each in _NO_TEXT.split(page)]
    if (whole := sum(stretches)) > MOST:
        problem = f"有 {whole} 个字,超过 PDF 的上限 {MOST} 个"
        raise InputError("PDF", problem, "请缩小时间范围,或下载不带附件的 PDF、Word、Excel")
    if (longest := max(stretches)) > LONGEST:
        problem = f"有一段文字长达 {longest} 个字,超过 PDF 的上限 {LONGEST} 个"
        raise InputError("PDF", problem, "请下载不带附件的 PDF,或 Word、Excel")


def require_pdf() -> None:
    """Check that pages can become PDF here.

    Raises MissingPartError if Pango or every Chinese font is missing on this machine: without a font the text would
    be boxes.
    """
    _weasyprint()
    if not _has_chinese_font():
        cure = "请安装中文字体,例如 apt install fonts-noto-cjk;网页和 Word 不受影响"
        raise MissingPartError("PDF", "这台机器没有中文字体,文字会变成方框", cure)


def _weasyprint() -> tuple[Any, Any]:
    """Return WeasyPrint's document and what fetches for it. Raises MissingPartError if it finds no Pango."""
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # it tells each style of screens that paper has not
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as problem:  # what its loader of libraries raises
        cure = "请安装 Pango,例如 apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0;网页和 Word 不受影响"
        raise MissingPartError("PDF", "这台机器没有排版用的 Pango", cure) from problem
    return HTML, URLFetcher


class _FontSet(ctypes.Structure):
    """How many fonts fontconfig found, which is all that is read of its answer."""

    _fields_ = (("number", ctypes.c_int),)


@cache
def _has_chinese_font() -> bool:
    """Return whether fontconfig, which Pango asks too, knows a font for Chinese."""
    library = ctypes.CDLL(ctypes.util.find_library("fontconfig") or "libfontconfig.so.1")
    library.FcNameParse.restype = library.FcObjectSetCreate.restype = ctypes.c_void_p
    library.FcFontList.restype = ctypes.POINTER(_FontSet)
    pattern, nothing = library.FcNameParse(_CHINESE), library.FcObjectSetCreate()
    found = library.FcFontList(None, ctypes.c_void_p(pattern), ctypes.c_void_p(nothing))
    return bool(found) and found.contents.number > 0
