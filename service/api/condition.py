"""How the installation fares: what its recorders sent against what is usual, who works, and how long the queue is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from sqlalchemy.orm import Session

from service.api.schemas import Out
from service.services import Services
from service.store import accounts, intake, recordings, today, workers
from service.store.recordings import BY_ITSELF, sender_of
from service.store.workers import Worker

_WEEKS: Final = 4
_LATELY: Final = timedelta(hours=2)
_ENOUGH: Final = 2  # weeks that are needed before anybody says what is usual
_LOW_DISK: Final = 0.1
_UPLOADS: Final = "网页上传"


class SourceOut(Out):
    """What one sender of recordings sent."""

    name: Annotated[str, Field(description="来源的名称;网页上传的合在一起")]
    last: Annotated[datetime | None, Field(description="最近一次收到录音;从来没有的为 null")]
    today: Annotated[int, Field(description="今天到现在收到几个")]
    usual: Annotated[
        tuple[int, int] | None,
        Field(description="前四周同一天到这个时刻收到几个(最少、最多);不足两周的为 null:还不知道平常多少"),
    ]
    silent: Annotated[bool, Field(description="最近两小时没有收到,而以前各周这两小时都有")]


class QueueOut(Out):
    """What works, and until when."""

    workers: Annotated[int, Field(description="在工作的 worker")]
    failing: Annotated[list[str], Field(description="后台里没有正常运行的部分")]
    waiting: Annotated[int, Field(description="排队和处理中的录音")]
    oldest: Annotated[datetime | None, Field(description="等得最久的录音何时收到")]
    empty_in: Annotated[
        float | None,
        Field(description="预计多少秒后处理完,按 worker 至今平均每个录音的用时;不知道为 null"),
    ]
    disk_free: Annotated[int, Field(description="数据文件夹所在的磁盘还有多少字节")]
    disk_total: Annotated[int, Field(description="这个磁盘共多少字节")]
    disk_low: Annotated[bool, Field(description="剩余不足一成")]


def sources(session: Session, services: Services, moment: datetime) -> list[SourceOut]:
    """Return what each sender sent until this moment by the centre's clock, those who fell silent first."""
    day, lately = _spans(moment)
    counts, recent = today.received(session, day), today.received(session, lately)
    names = {sender_of(source.name) for source in services.sources(session)}
    every = today.last_received(session)
    last = {name: at for name, at in every.items() if name in names or at >= day[-1][0]}
    waiting = {sender_of(source): at for source, at in intake.last_received(session).items()}
    found = [
        _source(called, senders, counts, recent, {**waiting, **_later(last, waiting)})
        for called, senders in _called(session, names | last.keys()).items()
    ]
    return sorted(found, key=lambda each: (not each.silent, each.name == _UPLOADS, each.name))


def _later(last: Mapping[str, datetime], waiting: Mapping[str, datetime]) -> dict[str, datetime]:
    return {name: max(at, waiting.get(name, at)) for name, at in last.items()}


def _spans(moment: datetime) -> tuple[list[tuple[datetime, datetime]], list[tuple[datetime, datetime]]]:
    """Return the day so far, and the last hours of it, for today and the same day of the weeks before."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    weeks = [timedelta(weeks=n) for n in range(_WEEKS + 1)]
    begun = max(midnight, moment - _LATELY)
    return [(midnight - w, moment - w) for w in weeks], [(begun - w, moment - w) for w in weeks]


def _called(session: Session, senders: set[str] | frozenset[str]) -> Mapping[str, list[str]]:
    """Return the senders by what people call them: recorders by their name, keys by theirs, users together."""
    found: dict[str, list[str]] = {}
    keys = {f"key:{key.id}": f"密钥 {key.name}" for key in accounts.api_keys(session)}
    for each in sorted(senders):
        called = _UPLOADS if each.startswith("user:") else keys.get(each, each.removeprefix(BY_ITSELF) or "其他")
        found.setdefault(called, []).append(each)
    return found


def _source(
    name: str,
    senders: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    recent: Mapping[str, Sequence[int]],
    last: Mapping[str, datetime],
) -> SourceOut:
    day, lately = _sum(senders, counts), _sum(senders, recent)
    known = [week for week in range(1, _WEEKS + 1) if day[week]]
    usual = [day[week] for week in known] if len(known) >= _ENOUGH else []
    silent = bool(usual) and not lately[0] and all(lately[week] for week in known)
    return SourceOut(
        name=name,
        last=max((last[each] for each in senders if each in last), default=None),
        today=day[0],
        usual=(min(usual), max(usual)) if usual else None,
        silent=silent and name != _UPLOADS,
    )


def _sum(senders: Sequence[str], counts: Mapping[str, Sequence[int]]) -> list[int]:
    none = (0,) * (_WEEKS + 1)
    return [sum(week) for week in zip(*(counts.get(each, none) for each in senders), strict=True)]


def queue(session: Session, services: Services) -> QueueOut:
    """Return who works and how long what waits will take."""
    waiting = recordings.queue(session)
    crew = workers.alive(session, services.settings.dead_after_seconds)
    count = waiting.queued + waiting.running
    disk = shutil.disk_usage(_existing(services.settings.data))
    return QueueOut(
        workers=len(crew),
        failing=list(_failing(services, crew)),
        waiting=count,
        oldest=waiting.oldest,
        empty_in=_empty_in(count, crew, waiting.running),
        disk_free=disk.free,
        disk_total=disk.total,
        disk_low=disk.free < _LOW_DISK * disk.total,
    )


def _existing(folder: Path) -> Path:
    """Return the folder, or the next one above that is there already."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


def _failing(services: Services, crew: Sequence[Worker]) -> Iterator[str]:
    yield from (each.name for each in services.parts if each.state != "ok")
    for worker in crew:
        yield from (name for name, state in worker.parts.items() if state != "ok")


def _empty_in(count: int, crew: Sequence[Worker], running: int) -> float | None:
    """Return in how many seconds the queue is empty, as fast as these workers were on average; None if unknown.

    While recordings wait, each place of a worker is taken, so that as many run as there are places.
    """
    if not count:
        return 0.0
    done = sum(worker.recordings for worker in crew)
    if not done:
        return None
    return count * sum(worker.busy_seconds for worker in crew) / done / max(len(crew), running)
