"""What waits for a person as a form holds it: what is known of each already, and which of it is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from service.api import centre
from service.api.intake import CompletedIn, PendingOut
from service.services import Services
from service.web.forms import read_told

GAPS: Final = ("setting", "window", "staff", "started_at", "direction", "ring_seconds", "staff_channel")


def known(services: Services, rows: Sequence[PendingOut]) -> list[dict[str, str]]:
    """Return what came with each sound, as the fields of a form take it; what is unknown is empty."""
    windows = [(each.code, each.name) for each in centre.list_windows(services)]
    rings = {each.number: each.window.code for each in centre.list_extensions(services)}
    with services.database.read() as session:
        prefixes = {each.name: each.prefix for each in services.sources(session)}
    found = []
    for row in rows:
        told = {name: row.known.get(name, "") for name in GAPS}
        number = prefixes.get(row.source, "") + row.known.get("extension", "")
        window = _window(told["window"], windows) if told["window"] else rings.get(number, "")
        found.append(told | {"started_at": _by_clock(services, told["started_at"]), "window": window})
    return found


def read(values: Mapping[str, str]) -> CompletedIn:
    """Return what a form says; a field that is empty is unknown, but for the setting. Raises RequestError."""
    return read_told(CompletedIn, {name: values[name] or None for name in GAPS} | {"setting": values["setting"]})


def _by_clock(services: Services, stated: str) -> str:
    """Return the time by the centre's clock, to the second."""
    if not stated:
        return ""
    return datetime.fromisoformat(stated).astimezone(services.settings.zone).strftime("%Y-%m-%dT%H:%M:%S")


def _window(named: str, windows: Sequence[tuple[str, str]]) -> str:
    """Return the code of the window that is named; empty where none is registered, or several."""
    found = [code for code, name in windows if named in {code, name}]
    return found[0] if len(found) == 1 else ""
