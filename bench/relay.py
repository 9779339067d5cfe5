"""A way to a PostgreSQL server that can be cut: connections through it end, and none is taken until it is mended."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL

_CHUNK = 65536


class Relay:
    """Hands bytes on between a port of this machine and the server, in threads, from `with` to its end."""

    def __init__(self, target: str | tuple[str, int], url: URL) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._whole = True
        self._lock = threading.Lock()
        port = self._server.getsockname()[1]
        self.url = url.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)

    @classmethod
    def of(cls, url: URL) -> Relay:
        """A relay to the server of this URL, which listens on a port or on a socket in a folder."""
        folder = url.query.get("host", url.host or "")
        if isinstance(folder, str) and folder.startswith("/"):
            return cls(str(Path(folder) / f".s.PGSQL.{url.port or url.query.get('port', 5432)}"), url)
        return cls((url.host or "127.0.0.1", url.port or 5432), url)

    def cut(self) -> None:
        """End all connections, and those that come."""
        with self._lock:
            self._whole = False
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Take connections again."""
        with self._lock:
            self._whole = True

    def _serve(self) -> None:
        with suppress(OSError):  # the server is closed at the end
            while True:
                self._connect(self._server.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        with self._lock:
            if not self._whole:
                near.close()
                return
            far = socket.socket(socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET)
            far.connect(self._target)
            self._open |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._hand_on, args=(source, sink), daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):  # one side is gone: the other one goes too
            while chunk := source.recv(_CHUNK):
                sink.sendall(chunk)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            if source in self._open:
                self._open.discard(source)
                source.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.cut()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
