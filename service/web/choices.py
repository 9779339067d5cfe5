"""Whom and what a form lets people choose from: the staff and the windows of the centre, by number and name."""

from __future__ import annotations

from typing import TypedDict

from service.api import centre
from service.services import Services

Choice = tuple[str, str]


class Places(TypedDict):
    """The choices under the names that the templates use."""

    staff: list[Choice]
    windows: list[Choice]


def places(services: Services, *, active: bool = False) -> Places:
    """Return all people and windows, those who left included; where `active`, those of today only."""
    people, windows = centre.list_staff(services), centre.list_windows(services)
    return {
        "staff": [(each.number, each.name) for each in people if each.active or not active],
        "windows": [(each.code, each.name) for each in windows if each.active or not active],
    }


def told_windows(known: Places) -> list[tuple[str, str]]:
    """Return the windows to choose from by code, each told by its name with the code behind it."""
    return [(code, f"{name}（{code}）") for code, name in known["windows"]]
