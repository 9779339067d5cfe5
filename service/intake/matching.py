"""From what a recorder says to window and staff, through extensions and the roster; doubts instead of guesses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.errors import ConflictError, NotFoundError
from service.intake.facts import Facts, masked
from service.intake.source import Source
from service.store import centre
from service.store.base import now
from service.store.centre import Staff, Window
from speechaudit.model import Direction, Setting

_FAST_CLOCK: Final = timedelta(minutes=5)
_LONGEST_RING: Final = 3600
_DIRECTIONS: Final[dict[Direction, str]] = {"in": "呼入", "out": "呼出"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who, where, when and how, as far as it could be found; it is complete if `doubts` is empty."""

    setting: Setting
    staff_id: int | None
    window_id: int | None
    started_at: datetime | None
    ring_seconds: float | None
    staff_channel: int | None
    direction: Direction | None
    doubts: tuple[str, ...]


def place(session: Session, source: Source, facts: Facts, *, file_time: datetime, channels: int) -> Place:
    """Find window and staff. `file_time` is when the file was written or came, `channels` how many the sound has."""
    doubts = [*facts.doubts, *_clocks(source, facts, file_time)]
    if facts.answered is False:
        doubts.append("通话记录说没有接通,却有录音")
    extension, direction = _our_end(session, source, facts, doubts)
    at = facts.answered_at or facts.started_at
    person = _named(session, facts, doubts)
    window, missing = _window(session, facts.window or source.window, extension, person, at)
    if missing:
        doubts.append(missing)
    if person is None and not facts.staff:
        person = _on_duty(session, window, at, doubts)
    ring = facts.ring() if direction != "out" else None
    if ring is not None and not 0 <= ring <= _LONGEST_RING:
        doubts.append(f"响铃 {ring:.0f} 秒不合理")
        ring = None
    return Place(
        setting=facts.setting or source.setting,
        staff_id=person.id if person else None,
        window_id=window.id if window else None,
        started_at=facts.started_at,
        ring_seconds=ring,
        staff_channel=_channel(source, facts, direction) if channels == 2 else None,
        direction=direction,
        doubts=tuple(doubts),
    )


def _clocks(source: Source, facts: Facts, file_time: datetime) -> Iterator[str]:
    """Times that cannot all be true: whoever sat there at the wrong time would get the score."""
    if facts.started_at is None:
        yield "不知道开始时间"
        return
    if facts.started_at > now() + _FAST_CLOCK:
        yield f"开始时间在将来:{facts.started_at.isoformat()},请检查录音设备的时钟和时区"
        return
    apart = abs(file_time - (facts.ended_at or facts.started_at))
    if apart > source.clock:
        hours = apart.total_seconds() / 3600
        yield f"通话时间与文件时间相差 {hours:.1f} 小时(上限 {source.clock_hours:g}),请检查时钟和时区"


def _our_end(session: Session, source: Source, facts: Facts, doubts: list[str]) -> tuple[str | None, Direction | None]:
    """The extension of the staff and the direction of the call: what is said, or which end is registered."""
    if facts.extension:
        number = source.prefix + facts.extension
        ends: dict[str | None, Direction] = {facts.caller: "out", facts.callee: "in"}
        if facts.caller and facts.callee and facts.extension not in ends:
            doubts.append(f"分机 {facts.extension} 不在通话记录的两端({masked(facts.caller)} / {masked(facts.callee)})")
        return number, facts.direction or ends.get(facts.extension)
    ours = {
        way: source.prefix + end
        for way, end in _ends(facts)
        if facts.direction in {None, way} and _registered(session, source.prefix + end)
    }
    if len(ours) == 2:
        doubts.append(f"两端都是登记的分机({masked(facts.caller)} / {masked(facts.callee)}),是内部通话")
    elif not ours and (facts.caller or facts.callee) and not (facts.window or source.window or facts.staff):
        way = _DIRECTIONS[facts.direction] if facts.direction else "通话"
        doubts.append(f"{way}的两端({masked(facts.caller)} / {masked(facts.callee)})中没有登记的分机")
    if len(ours) != 1:
        return None, facts.direction
    ((way, number),) = ours.items()
    return number, way


def _ends(facts: Facts) -> Iterator[tuple[Direction, str]]:
    if facts.callee:
        yield "in", facts.callee
    if facts.caller:
        yield "out", facts.caller


def _registered(session: Session, number: str) -> bool:
    try:
        centre.window_of_extension(session, number)
    except NotFoundError:
        return False
    return True


def _named(session: Session, facts: Facts, doubts: list[str]) -> Staff | None:
    """The member of staff whose 工号 is told."""
    try:
        return centre.staff_member(session, facts.staff) if facts.staff else None
    except NotFoundError as problem:
        doubts.append(f"{problem.where}:{problem.problem}")
        return None


def _window(
    session: Session, name: str | None, extension: str | None, person: Staff | None, at: datetime | None
) -> tuple[Window | None, str]:
    """The window that is named, where the extension rings, or where the person sits; else why there is none."""
    found: list[Window] = []
    try:
        if name:
            found.append(centre.window(session, name))
        if extension and (person is None or _registered(session, extension)):
            found.append(centre.window_of_extension(session, extension))
    except (NotFoundError, ConflictError) as problem:
        return None, f"{problem.where}:{problem.problem}"
    if len({window.id for window in found}) > 1:
        return None, f"说是窗口 {found[0].code},分机 {extension} 却属于窗口 {found[1].code}"
    if not found and person and at:
        found += centre.places_on_duty(session, person.id, at)
        if len(found) != 1:
            return None, f"排班:工号 {person.number} 当时在 {len(found)} 个窗口,不知道是哪个"
    return (found[0], "") if found else (None, "不知道是哪个窗口:没有窗口,也没有登记的分机")


def _on_duty(session: Session, window: Window | None, at: datetime | None, doubts: list[str]) -> Staff | None:
    """Whom the roster names."""
    if window is None or at is None:
        return None
    people = centre.all_on_duty(session, window.id, at)
    if len(people) == 1:
        return people[0]
    those = f"有 {len(people)} 人({'、'.join(p.number for p in people)})" if people else "没有人"
    doubts.append(f"排班:当时窗口 {window.code} {those}")
    return None


def _channel(source: Source, facts: Facts, direction: Direction | None) -> int | None:
    """The channel of the staff: as told, or after the side of the caller, which turns with the direction."""
    if facts.staff_channel is not None or source.caller_channel is None or direction is None:
        return facts.staff_channel
    return source.caller_channel if direction == "out" else 1 - source.caller_channel
