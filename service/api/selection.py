"""The filters of all lists, also the selection of a re-audit or a report."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field
from sqlalchemy.orm import Session

from service.api.schemas import Code, In, Name
from service.auth import rows
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import RequestError
from service.ingest import placing
from service.store import Filters
from service.store.centre import Staff, Window
from service.store.pages import MOST
from service.store.recordings import Status
from speechaudit.model import Level, Setting, Verdict
from speechaudit.reasons.codes import Code as ReasonCode

_NOBODY: Final = 0  # no id
_LOST_PLUS: Final = re.compile(r" (?=\d\d:?\d\d$)")


def _as_sent(value: Any) -> Any:
    """Put back the plus sign before the zone of a time: in an address it means a blank."""
    return _LOST_PLUS.sub("+", value) if isinstance(value, str) and "T" in value else value


When = Annotated[date | datetime, BeforeValidator(_as_sent)]
Score = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class Selection(In):
    """What to list; what is not given does not matter."""

    staff: Annotated[tuple[Code, ...], Field(max_length=100, description="工号,可多次给出")] = ()
    window: Annotated[tuple[Name, ...], Field(max_length=100, description="窗口代码或名称,可多次给出")] = ()
    since: Annotated[When | None, Field(description="从这一刻或这一天起", examples=["2026-03-01"])] = None
    until: Annotated[
        When | None, Field(description="到这一刻之前;若是日期,含这一天", examples=["2026-03-31T18:00:00+08:00"])
    ] = None
    rule: Annotated[Code | None, Field(description="规则编号", examples=["forbidden.dont-know"])] = None
    reason: Annotated[ReasonCode | None, Field(description="判定的原因代码,见 docs/formats.md")] = None
    verdict: Annotated[Verdict | None, Field(description="判定")] = None
    level: Annotated[Level | None, Field(description="等级")] = None
    score_from: Annotated[Score | None, Field(description="得分不低于")] = None
    score_to: Annotated[Score | None, Field(description="得分不高于")] = None
    status: Annotated[Status | None, Field(description="处理状态")] = None
    setting: Annotated[Setting | None, Field(description="场景:phone 电话,counter 窗口")] = None
    sounds_like: Annotated[bool, Field(description="text 的同音字也算,例如用“不归我管”找到“不规我管”")] = False
    text: Annotated[Name | None, Field(description="转写中的文字,一个字也可以", examples=["不归我管"])] = None


class Listing(Selection):
    """A selection and the page of it."""

    cursor: Annotated[str | None, Field(max_length=500, description="上一页给出的 next")] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="每页几项")] = 50


def filters(session: Session, who: Identity, chosen: Selection, zone: ZoneInfo) -> Filters:
    """Return what a selection means for this person. Raises RequestError for unknown staff and windows."""
    asked = Filters(
        staff_ids=named(session, who, placing.the_staff, chosen.staff),
        window_ids=named(session, who, placing.the_window, chosen.window),
        since=beginning(chosen.since, zone),
        until=end(chosen.until, zone),
        rule=chosen.rule,
        reason=chosen.reason,
        verdict=chosen.verdict,
        level=chosen.level,
        score_from=chosen.score_from,
        score_to=chosen.score_to,
        status=chosen.status,
        setting=chosen.setting,
        text=chosen.text,
        sounds_like=chosen.sounds_like,
    )
    return rows.narrow(who, asked)


def named(
    session: Session, who: Identity, find: Callable[[Session, str], Staff | Window], names: Sequence[str]
) -> tuple[int, ...] | None:
    """Return the ids of these staff or windows, None of none. Raises RequestError for unknown ones.

    Who may not see the lists of the centre gets nothing for them, as for those of others: a refusal would tell that.
    """
    found = [_id(session, who, find, name) for name in names]
    return tuple(found) or None


def _id(session: Session, who: Identity, find: Callable[[Session, str], Staff | Window], name: str) -> int:
    try:
        return find(session, name).id
    except RequestError:
        if Permission.CENTRE_READ in who.permissions:
            raise
        return _NOBODY


def beginning(when: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return this moment in UTC, or midnight before this day; None stays None. Raises RequestError at its limits."""
    if when is None or isinstance(when, datetime):
        return placing.in_zone(when, zone)
    return placing.in_zone(datetime.combine(when, time()), zone)


def end(when: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return this moment in UTC, or midnight after this day; None stays None. Raises RequestError at its limits."""
    if when is None or isinstance(when, datetime) or when == date.max:
        return beginning(when, zone)
    return beginning(when + timedelta(days=1), zone)
