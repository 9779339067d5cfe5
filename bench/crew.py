"""Processes of a service that are started again when they are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from service.settings import Settings

ROOT = Path(__file__).parents[1]
Process = subprocess.Popen[bytes]


class Crew:
    """Workers that only wait (`bench.simulated`), and if wanted a server with such a worker inside.

    What they write goes to `processes.log` in the data folder.
    """

    def __init__(self, settings: Settings, *, workers: int, seconds: float, serve: bool = False) -> None:
        known = settings.model_dump(mode="json", exclude_unset=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in known.items()}
        self._environment = os.environ | {f"SPEECHAUDIT_{name.upper()}": text for name, text in texts.items()}
        self._environment["SPEECHAUDIT_PORT"] = str(port)
        self._log = (settings.data / "processes.log").open("ab")
        self._worker = [sys.executable, "-m", "bench.simulated", str(seconds)]
        self._server = self._start([*self._worker, "--serve"]) if serve else None
        self._workers = [self._start(self._worker) for _ in range(workers)]

    def _start(self, command: list[str]) -> Process:
        return subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=subprocess.STDOUT)

    @property
    def pids(self) -> list[int]:
        """Those of the workers."""
        return [each.pid for each in self._workers]

    @property
    def server(self) -> int:
        """That of the server. Raises ValueError if there is none."""
        if self._server is None:
            raise ValueError("no server was asked for")
        return self._server.pid

    def kill_one(self) -> str:
        """kill -9 one of them, whatever it does, and start another; gives which kind it was."""
        kinds: list[tuple[str, Callable[[], None]]] = [("worker", self._kill_worker)] if self._workers else []
        if self._server:
            kinds += [("server", self._kill_server), ("worker inside", self._kill_inside)]
        kind, kill = random.choice(kinds)
        kill()
        return kind

    def _kill_worker(self) -> None:
        self._workers.append(self._killed(self._workers.pop(random.randrange(len(self._workers))), self._worker))

    def _kill_server(self) -> None:
        assert self._server
        self._server = self._killed(self._server, [*self._worker, "--serve"])

    def _killed(self, victim: Process, command: list[str]) -> Process:
        victim.kill()
        victim.wait()
        return self._start(command)

    def _kill_inside(self) -> None:
        """The server starts it again; right after the server's own start there may be none yet."""
        assert self._server
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children")
        for each in children.parent.parent.glob("*/children"):
            for child in each.read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all; the worker inside notices within two seconds."""
        for process in (*self._workers, *([self._server] if self._server else ())):
            process.kill()
            process.wait()
        self._log.close()
