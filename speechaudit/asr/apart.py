"""Decodes files of strangers in a process of its own: what a file does to the decoder, it does to nobody else.

The process may use so much memory, time and disk, opens no network connection and starts no program; what it gives
back is JSON and samples, never an object. One that dies is tried again, for the machine may have been short of memory;
a file that kills its decoder each time is refused like any other that cannot be heard. A server that has loaded the
decoders forks off each process (`decoders`), so that a file costs some milliseconds.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any, Final

from speechaudit.asr.decoders import Job, Limits, Progress
from speechaudit.errors import AudioError

log = logging.getLogger(__name__)
TRIES: Final = 3
LIMITS: Final = Limits()
_CONVERT = "请转换为常见格式后重试,例如:ffmpeg -i 原文件 -ar 16000 新文件.wav"
_LONGEST_MESSAGE: Final = 1 << 16


class _Died(Exception):
    """The decoder ended without an answer; the message says in Chinese how."""


def apart(job: Job, path: Path, *args: object, progress: Progress = lambda _: None, limits: Limits = LIMITS) -> Any:
    """Return what the job gives for `path`. Raises AudioError, also for a file that kills its decoder."""
    why, until = "", time.monotonic() + limits.seconds
    for attempt in range(TRIES):
        try:
            with _started((job, path, args, limits)) as pipe:
                return _answer(path, pipe, progress, until)
        except _Died as death:
            why = str(death)
            log.warning("the decoder of %s died (%d of %d): %s", path, attempt + 1, TRIES, why)
    raise AudioError(path, f"解码它的进程 {TRIES} 次都{why},文件可能已损坏或有害", _CONVERT, code="decoder-died")


def _started(request: object) -> Connection:
    """Our end of the pipe to a new process that has been told what to do."""
    ours, theirs = Pipe()
    try:
        with theirs:
            _server.fork(theirs)
        ours.send(request)
    except OSError as problem:
        ours.close()
        raise _Died("没有启动起来") from problem
    return ours


def _answer(path: Path, pipe: Connection, progress: Progress, until: float) -> Any:
    """The result. Raises AudioError; _Died if the process ended without one."""
    for kind, value in _messages(pipe, until):
        if kind == "done":
            return value
        if kind == "refused":
            problem, cure, code = value
            raise AudioError(path, problem, cure, code=code)
        if kind == "died":
            raise _Died(str(value))
        progress(float(value))
    raise AudioError(path, "解码用了太长时间", _CONVERT, code="decoder-died")


def _messages(pipe: Connection, until: float) -> Iterator[tuple[str, Any]]:
    """Yield what the process says until then. Raises _Died if it ends, or what it says is no message."""
    while True:
        try:
            if not pipe.poll(max(0.0, until - time.monotonic())):
                return
            kind, value = json.loads(pipe.recv_bytes(_LONGEST_MESSAGE))
        except (EOFError, OSError, ValueError) as problem:
            raise _Died("中途终止") from problem
        yield kind, value


class _Server:
    """Forks the processes. It starts when first needed, again if it ended, and ends with this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: socket.socket | None = None

    def fork(self, pipe: Connection) -> None:
        """Start a process with that end of a pipe. Raises OSError."""
        with self._lock:
            if self._requests is None:
                self._requests = self._begun()
            try:
                socket.send_fds(self._requests, [b"x"], [pipe.fileno()])
            except OSError:
                self._requests = None  # it has ended
                raise

    def _begun(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "speechaudit.asr.decoders", str(theirs.fileno())]
            environment = os.environ | {
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "OPENBLAS_NUM_THREADS": "1",  # a fork has one thread, and each more costs address space
            }
            process = subprocess.Popen(  # noqa: S603 - our own module # nosec B603
                command,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        atexit.register(_ended, process, ours)
        return ours


def _ended(process: subprocess.Popen[bytes], requests: socket.socket) -> None:
    """It ends by itself when nobody asks any more."""
    requests.close()
    process.wait(10)


_server: Final = _Server()
