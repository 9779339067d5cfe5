"""Looks through the watched folders, one after the other, for as long as the service runs."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import Final

from service.errors import ServiceError, UnavailableError
from service.intake.folder import Folder
from service.services import Services
from service.store import telling
from service.store.base import now

log = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 2.0
# After a folder or the store was away.
_WAIT_SECONDS: Final = 30.0


class Watcher:
    """Takes recordings in from `start` to `stop`, in a thread of its own. Several may look after the same folder."""

    def __init__(self, services: Services) -> None:
        self._services = services
        sources = [source for source in services.settings.intake if source.folder]
        self._folders = {source.name: Folder(services, source) for source in sources}
        quickest = min((source.settle_seconds for source in sources), default=0.0)
        self._pause = min(_LOOK_SECONDS, max(0.1, quickest / 2))
        self._later = dict.fromkeys(self._folders, 0.0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Begin, if there is any folder."""
        if self._folders:
            self._thread.start()

    def stop(self) -> None:
        """End after the folder that is being looked through."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._pause):
            for name, folder in self._folders.items():
                if not self._over.is_set() and time.monotonic() >= self._later[name]:
                    self.look(name, folder)

    def look(self, name: str, folder: Folder) -> None:
        """Look through one folder; what is away is tried again later, and the other folders do not wait for it."""
        try:
            folder.scan()
        except (OSError, ServiceError) as problem:
            log.warning("folder of %s waits: %s", name, problem)
            self._tell(name, str(problem))
            self._later[name] = time.monotonic() + _WAIT_SECONDS
        except Exception:
            log.exception("folder of %s waits", name)
            self._later[name] = time.monotonic() + _WAIT_SECONDS

    def _tell(self, name: str, problem: str) -> None:
        """Administrators learn of it once a day; while the database is away, nobody does."""
        services = self._services
        with suppress(UnavailableError), services.database.write() as session:
            telling.source_gone(session, name, problem, now().astimezone(services.settings.zone))
