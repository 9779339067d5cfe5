"""The rulebook of a worker, which lives longer than the rules do."""

from __future__ import annotations

import logging

from service.settings import Settings
from speechaudit.errors import RulebookError
from speechaudit.rules import rulebook
from speechaudit.rules.rulebook import Rulebook

log = logging.getLogger(__name__)


class Rules:
    """The rules as they are now. While they cannot be read, because somebody is about to change them: as they were.

    Raises RulebookError if they cannot be read at the beginning.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._book = self._read()

    def _read(self) -> Rulebook:
        return rulebook.load(self._settings.lexicons, self._settings.profile, self._settings.ring_limit)

    def __call__(self) -> Rulebook:
        """Return the rulebook to judge by, as the files say now; the last good one while they cannot be read."""
        try:
            self._book = self._read()
        except RulebookError as problem:
            log.warning("rules cannot be read, version %s goes on: %s", self._book.version, problem)
        return self._book
