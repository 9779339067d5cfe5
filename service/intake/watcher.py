"""Looks through the watched folders for as long as the service runs, each in a thread of its own.

Folders of the settings are watched from the start. What is added, changed or switched off on the page holds from the
next look, in each process that serves.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from service.background import Duty, Loop
from service.errors import ServiceError, UnavailableError
from service.intake.folder import Folder
from service.services import Services
from service.sources import Source
from service.store import telling
from service.store.base import now

_LOOK_SECONDS: Final = 2.0
# After a folder or the store was away.
_WAIT_SECONDS: Final = 30.0
_LONGEST_SCAN: Final = 3600.0  # the first look takes in all that lies there


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """A folder that is looked through: by which source, and by what."""

    source: Source
    folder: Folder
    loop: Loop


class Watching:
    """The watched folders of this process. Several processes may watch the same folder.

    `part` looks for changes; it and the folders are seen among the parts of the services.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._watched: dict[str, _Watched] = {}
        for source in services.settings.intake:
            if source.folder:
                self._add(source, None)
        self.part = Loop(Duty("intake", self.refresh), _LOOK_SECONDS)

    def refresh(self) -> None:
        """Begin with new folders, end with those that are gone, and with what changed do both."""
        with self._services.database.read() as session:
            wanted = {each.name: each for each in self._services.sources(session) if each.folder}
        for name, known in tuple(self._watched.items()):
            if wanted.get(name) != known.source:
                self._end(name)
        for name in wanted.keys() - self._watched.keys():
            self._add(wanted[name], self._services.settings.intake_folders).start()

    def _add(self, source: Source, roots: tuple[Path, ...] | None) -> Loop:
        folder = Folder(self._services, source, roots)
        duty = Duty(f"intake {source.name}", partial(_look, self._services, source.name, folder), _LONGEST_SCAN)
        pause = min(_LOOK_SECONDS, max(0.1, source.settle_seconds / 2))
        loop = Loop(duty, pause, after_failure=_WAIT_SECONDS)
        self._watched[source.name] = _Watched(source=source, folder=folder, loop=loop)
        self._services.parts.add(loop)
        return loop

    def _end(self, name: str) -> None:
        known = self._watched.pop(name)
        known.folder.end()
        self._services.parts.remove(known.loop)
        known.loop.stop(0)


def _look(services: Services, name: str, folder: Folder) -> None:
    """Look through one folder. Administrators learn once a day that it is away. Raises ServiceError."""
    try:
        try:
            folder.scan()
        except OSError as problem:
            told = f"不能用({problem.strerror})"
            raise UnavailableError(str(problem.filename), told, "请检查文件夹在不在、权限和网络盘") from problem
    except ServiceError as problem:
        with suppress(UnavailableError), services.database.write() as session:
            telling.source_gone(session, name, str(problem), now().astimezone(services.settings.zone))
        raise
