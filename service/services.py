"""What routes and recorders work with, made once when the program starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session

from service.audio import AudioStore
from service.auth import first
from service.auth.login import Addresses
from service.auth.refusals import Refusals
from service.background import Loops
from service.laboratory import Laboratory
from service.settings import Settings
from service.sources import Source
from service.store import Database, sources


class Jobs(Protocol):
    """The queue, as far as others need it. All may be called again for the same work: it is done once."""

    def audit(self, recording_id: int, attempt: int) -> None:
        """Queue the audit of a recording. Raises UnavailableError."""

    def reaudit(self, batch_id: int) -> None:
        """Queue a re-audit. Raises UnavailableError."""

    def listening_copy(self, recording_id: int) -> None:
        """Queue the making of what people listen to. Raises UnavailableError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Settings, database, audio and queue. `first_code` lets somebody become the first administrator.

    `parts` are what runs beside the requests in this process; so do the trials of the `laboratory`.
    """

    settings: Settings
    database: Database
    audio: AudioStore
    jobs: Jobs
    addresses: Addresses = field(default_factory=Addresses)
    refusals: Refusals = field(default_factory=Refusals)
    parts: Loops = field(default_factory=Loops)
    laboratory: Laboratory = field(default_factory=Laboratory)
    first_code: str = field(default_factory=first.code)

    def sources(self, session: Session) -> tuple[Source, ...]:
        """Return where recordings come from now: what the settings name, and what was set on the page besides."""
        named = {source.name for source in self.settings.intake}
        return (*self.settings.intake, *(each for each in sources.active(session) if each.name not in named))

    def source(self, name: str) -> Source | None:
        """Return the source of this name, if there is one now."""
        with self.database.read() as session:
            return next((each for each in self.sources(session) if each.name == name), None)
