"""Looks through the watched folders for as long as the service runs, each in a thread of its own."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Final

from service.background import Duty, Loop
from service.errors import ServiceError, UnavailableError
from service.intake.folder import Folder
from service.services import Services
from service.store import telling
from service.store.base import now

_LOOK_SECONDS: Final = 2.0
# After a folder or the store was away.
_WAIT_SECONDS: Final = 30.0
_LONGEST_SCAN: Final = 3600.0  # the first look takes in all that lies there


def watching(services: Services) -> tuple[Loop, ...]:
    """Return the loops that take recordings in from the folders of the settings. Several may watch the same folder."""
    sources = [source for source in services.settings.intake if source.folder]
    quickest = min((source.settle_seconds for source in sources), default=0.0)
    pause = min(_LOOK_SECONDS, max(0.1, quickest / 2))
    return tuple(
        Loop(
            Duty(
                f"intake {source.name}", partial(_look, services, source.name, Folder(services, source)), _LONGEST_SCAN
            ),
            pause,
            after_failure=_WAIT_SECONDS,
        )
        for source in sources
    )


def _look(services: Services, name: str, folder: Folder) -> None:
    """Look through one folder. Administrators learn once a day that it is away. Raises ServiceError, OSError."""
    try:
        folder.scan()
    except (OSError, ServiceError) as problem:
        with suppress(UnavailableError), services.database.write() as session:
            telling.source_gone(session, name, str(problem), now().astimezone(services.settings.zone))
        raise
