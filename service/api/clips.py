"""Stretches of sound as answers: cut into a file first, so that their length is known and memory stays small."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from service import listening
from service.api.services import Services
from service.store.recordings import RecordingRow
from speechaudit.asr.clip import write_clip
from speechaudit.model import Span

_CHUNK: Final = 1 << 16


def clip(services: Services, row: RecordingRow, stretch: Span, beeps: Sequence[Span]) -> Response:
    """This stretch of a recording as wav, with a tone wherever it lies in `beeps`. Raises AudioError, NotFoundError."""
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile(prefix="speechaudit-"))
        copied = services.audio.exists(row.sha256 + listening.COPY)
        name, sent_as = (
            (row.sha256 + listening.COPY, f"copy{listening.COPY}") if copied else (row.sha256, row.file_name)
        )
        with services.audio.as_file(name, sent_as) as path:
            write_clip(path, file, stretch.start, stretch.end, beeps, jump=copied)
        stack.pop_all()  # it is read, and closed, after this function has returned
    size = file.tell()
    file.seek(0)
    return StreamingResponse(_chunks(file), headers={"Content-Length": str(size)}, media_type="audio/wav")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
