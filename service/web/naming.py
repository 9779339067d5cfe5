"""What the name of a file and the JSON beside it tell of a recording, for a person to look through before it goes in.

Only what can mean one thing: a number that is somebody's 工号 and a window's code as well is left open.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy.orm import Session

from service.api.multipart import UPLOAD_METADATA
from service.errors import ConflictError, NotFoundError, RequestError
from service.ingest import placing
from service.services import Services
from service.store import centre
from service.web.words import called
from speechaudit.formats import AmbiguousJsonError, check_json
from speechaudit.model import Direction, Setting
from speechaudit.validation import field_of, meaning

T = TypeVar("T")
_MOMENT: Final = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?:[-_ T.]?(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d))?)?(?!\d)"
)
_PARTS: Final = re.compile(r"[0-9A-Za-z]+|[\u4e00-\u9fff]+")
_DIRECTIONS: Final[Mapping[str, Direction]] = {"in": "in", "呼入": "in", "来电": "in", "out": "out", "呼出": "out"}
_SETTINGS: Final[Mapping[str, Setting]] = {"phone": "phone", "电话": "phone", "counter": "counter", "柜台": "counter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What is known of a file before it is handed in; None is open. `started_at` is by the centre's clock.

    `more` is what else the JSON beside it says, and `wrong` why that cannot be used.
    """

    name: str
    setting: Setting | None = None
    staff: str | None = None
    window: str | None = None
    started_at: datetime | None = None
    direction: Direction | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    staff: frozenset[str]
    windows: Mapping[str, str]  # codes and extensions, each with its code
    names: Mapping[str, str]  # names of windows that no other has, each with its code


def understood(services: Services, files: Iterable[tuple[str, str]]) -> tuple[Understood, ...]:
    """Return what each file tells by its name and its sidecar's text, which has the last word (empty: none)."""
    zone = services.settings.zone
    with services.database.read() as session:
        known = _known(session)
        return tuple(_by_code(session, _told(_named(name, known), sidecar, zone)) for name, sidecar in files)


def _by_code(session: Session, found: Understood) -> Understood:
    """Return the same with the code of its window for its name; what is no window, or several, stays as stated."""
    if found.window is None:
        return found
    try:
        return replace(found, window=centre.window(session, found.window).code)
    except (ConflictError, NotFoundError):
        return found


def _known(session: Session) -> _Known:
    registered = centre.windows(session)
    windows = {each.code: each.code for each in registered}
    windows |= {each.number: each.window.code for each in centre.extensions(session)}
    often = Counter(each.name for each in registered)
    names = {each.name: each.code for each in registered if often[each.name] == 1}
    return _Known(staff=frozenset(each.number for each in centre.staff(session)), windows=windows, names=names)


def _named(name: str, known: _Known) -> Understood:
    stem = name.rpartition("/")[2].rpartition(".")[0]
    began, rest = _moment(stem)
    parts = _PARTS.findall(rest)
    staff = {part for part in parts if part in known.staff and part not in known.windows}
    windows = {known.windows[part] for part in parts if part in known.windows and part not in known.staff}
    windows |= {code for title, code in known.names.items() if title in rest}
    direction = _only({_DIRECTIONS[part.lower()] for part in parts if part.lower() in _DIRECTIONS})
    setting = _only({_SETTINGS[part.lower()] for part in parts if part.lower() in _SETTINGS})
    return Understood(
        name=name,
        setting=setting or ("phone" if direction else None),
        staff=_only(staff),
        window=_only(windows),
        started_at=began,
        direction=direction,
    )


def _only(found: set[T]) -> T | None:
    return next(iter(found)) if len(found) == 1 else None


def _moment(stem: str) -> tuple[datetime | None, str]:
    """Return when it began, and the name without that; a day alone is no moment."""
    for found in _MOMENT.finditer(stem):
        try:
            began = datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
        except ValueError:
            continue
        return (began if found[4] else None), f"{stem[: found.start()]} {stem[found.end() :]}"
    return None, stem


def _told(named: Understood, sidecar: str, zone: ZoneInfo) -> Understood:
    if not sidecar.strip():
        return named
    try:
        told = UPLOAD_METADATA.validate_json(sidecar)
        check_json(sidecar)
        began = placing.in_zone(told.started_at, zone)
    except AmbiguousJsonError as twice:
        return replace(named, wrong=str(twice))
    except RequestError as problem:
        return replace(named, wrong=problem.problem)
    except ValidationError as problem:
        wrong = ";".join(f"{called(field_of(each['loc']))}:{meaning(each)}" for each in problem.errors()[:3])
        return replace(named, wrong=wrong)
    mine = {each.name for each in fields(Understood)} & {each.name for each in fields(told)}
    stated = {name: value for name in mine if (value := getattr(told, name)) is not None}
    if began:
        stated["started_at"] = began.astimezone(zone).replace(tzinfo=None)
    more = {name: value for name, value in json.loads(sidecar).items() if name not in mine}
    return replace(named, **stated, more=more)
