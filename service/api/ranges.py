"""Sound with range requests (RFC 9110, section 14): players jump, downloads resume."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

_ONE_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
Read = Callable[[int, int], Iterator[bytes]]


def serve(request: Request, read: Read, *, size: int, tag: str, media_type: str, name: str) -> Response:
    """Answer with the whole, the range asked for, 304 or 416.

    `tag` names the content, `read` gives the bytes from start until before end.
    """
    quoted = f'"{tag}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": quoted,
        "Cache-Control": "private, no-store",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
    }
    if quoted in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    start, end, status = 0, size, 200
    wanted = request.headers.get("range", "")
    if wanted and request.headers.get("if-range", quoted) == quoted and (asked := _ONE_RANGE.fullmatch(wanted)):
        if (span := _span(asked, size)) is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        start, end = span
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(read(start, end), status, headers, media_type)


def _span(asked: re.Match[str], size: int) -> tuple[int, int] | None:
    """Start and end in the file; None if nothing of it is there."""
    first, last = asked.groups()
    if not first:
        start = max(0, size - int(last)) if last and int(last) else size
        return (start, size) if start < size else None
    end = min(size, int(last) + 1) if last else size
    return (int(first), end) if int(first) < end else None
