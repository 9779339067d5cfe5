"""Stretches of sound as answers: cut into a file first, so that their length is known and memory stays small."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from service import listening
from service.api.services import Services
from service.errors import ConflictError
from service.store.recordings import RecordingRow
from speechaudit.asr import foreign
from speechaudit.asr.clip import write_clip
from speechaudit.model import Span

_CHUNK: Final = 1 << 16
_DECODED_AT_ONCE: Final = 1800.0  # seconds of sound


def clip(services: Services, row: RecordingRow, stretch: Span, beeps: Sequence[Span]) -> Response:
    """Answer with this stretch of a recording as wav, with a tone wherever it lies in `beeps`.

    Raises AudioError, NotFoundError, and ConflictError for what lies late in a recording without a listening copy:
    all that comes before it would have to be decoded, so the copy is made first.
    """
    copied = services.audio.exists(row.sha256 + listening.COPY)
    if not copied and stretch.start > _DECODED_AT_ONCE:
        services.jobs.listening_copy(row.id)
        raise ConflictError(f"录音 {row.id}", "试听用的声音还在制作", "请稍后再取")
    with tempfile.TemporaryDirectory(prefix="speechaudit-") as folder:
        target = Path(folder) / "clip.wav"
        if copied:  # our own file
            name = row.sha256 + listening.COPY
            with services.audio.as_file(name, f"copy{listening.COPY}") as path, target.open("wb") as file:
                write_clip(path, file, stretch.start, stretch.end, beeps, jump=True)
        else:
            with services.audio.as_file(row.sha256, row.file_name) as path:
                foreign.clip(path, target, stretch, beeps)
        read = target.open("rb")  # it is read, and closed, after this function has returned and the name is gone
    size = os.fstat(read.fileno()).st_size
    return StreamingResponse(_chunks(read), headers={"Content-Length": str(size)}, media_type="audio/wav")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
