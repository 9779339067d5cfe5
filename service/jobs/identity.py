"""Names of workers: unique, and the same after a restart, so that a worker finds its own jobs again."""

from __future__ import annotations

import fcntl
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.errors import ConfigError
from service.settings import Settings

_MOST = 256


@contextmanager
def claimed(settings: Settings) -> Iterator[str]:
    """Yield a name that no other living worker here has: the one set, or host and the first free number.

    Raises ConfigError if the name that was set is taken.
    """
    folder = settings.data / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:50]
    names = [settings.worker_name] if settings.worker_name else [f"{host}-{n}" for n in range(1, _MOST)]
    for name in names:
        if (lock := _locked(folder / f"{name}.lock")) is not None:
            with lock:
                yield name
            return
    raise ConfigError("worker_name", f"名字“{names[0]}”已被另一个 worker 使用", "请为每个 worker 设置不同的名字")


def _locked(path: Path) -> IO[str] | None:
    """Return the open file if the lock was free; the system frees it when the process dies, however it dies."""
    file = path.open("a", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
