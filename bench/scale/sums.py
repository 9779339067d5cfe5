"""Measured points times assumptions: what a day of so many windows takes, and which bound it reaches first."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bench.scale.measured import Measured
from bench.scale.simulation import Load
from service.jobs.engine import SWEPT
from service.settings import Settings

DAY, HOUR = 86400.0, 3600.0
# Shares of the day's services that come in each hour from nine to five: a morning and an afternoon peak, lunch between.
PROFILE: Final = (0.10, 0.17, 0.18, 0.07, 0.09, 0.16, 0.15, 0.08)
OPEN: Final = 9.0  # o'clock
# Tables whose rows go with the services; those of all others go with the recordings, here one for each service.
OF_SERVICES: Final = ("encounters", "findings", "finding_codes", "tallies")
SAID: Final = ("hearings", "transcripts", "audits")  # whose bytes are mostly words


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """So many windows in one installation."""

    name: str
    windows: int


SIZES: Final = (
    Size(name="一个中心", windows=50),
    Size(name="一个市", windows=500),
    Size(name="一个省", windows=4000),
    Size(name="全国", windows=31 * 4000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What nobody measured here. A centre puts its own figures in their place.

    `card_speed` is seconds of sound that a card hears in a second: 13 minutes in 63 seconds, which faster-whisper's
    page on PyPI gives for large-v2 in float16 on an RTX 3070 Ti; no card was measured with this program.
    """

    hours_per_window: float = 8.0
    services_per_hour: float = 12.0
    work_days: float = 250.0
    busy: float = 0.8
    card_speed: float = 13 * 60 / 63
    original_bytes_per_hour: float = 2 * 16_000 * HOUR
    keep_audio_days: float = 90.0
    keep_audit_days: float = 3 * 365.0
    failing: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Beyond which something else is needed than one of the kind. Assumed; the tables name the cures."""

    cores: float = 32.0
    audio_bytes: float = 20e12
    database_bytes: float = 2e12
    findings: float = 200e6
    connections: float = 500.0
    transactions: float = 5000.0
    uplink: float = 1e9 / 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a size takes: of a day, at its peak, and of all that is kept. Bytes, seconds, rows."""

    hours: float
    recordings: float
    core_hours: float
    workers: int
    cards: float
    audits_per_second: float
    upload_bytes_per_second: float
    rows: Mapping[str, float]
    findings_per_month: float
    database_bytes: float
    audio_bytes: float
    copy_bytes: float
    queue_bytes_per_year: float
    connections: float
    transactions: float
    sweeping: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one bound is used up by a size: 1 is all of it."""

    name: str
    share: float
    cure: str


def needs(size: Size, known: Measured, assumed: Assumed) -> Needs:
    """Work out what a size takes."""
    hours = size.windows * assumed.hours_per_window
    recordings = hours * assumed.services_per_hour
    heard, idle, peak = known.hearing, known.idle, len(PROFILE) * max(PROFILE)
    core_hours = hours * (heard.counter + heard.judging + heard.copying)
    workers = max(1, round(core_hours / 24 / assumed.busy + 0.5))
    kept = assumed.keep_audit_days * assumed.work_days / 365
    rows = {name: each * hours for name, each in _per_hour(known, known.stores["PostgreSQL"].rows, assumed).items()}
    sizes = _per_hour(known, known.stores["PostgreSQL"].sizes, assumed)
    audio_hours = hours * assumed.keep_audio_days * assumed.work_days / 365
    return Needs(
        hours=hours,
        recordings=recordings,
        core_hours=core_hours,
        workers=workers,
        cards=hours / assumed.card_speed / 24 / assumed.busy,
        audits_per_second=recordings / len(PROFILE) / HOUR * peak,
        upload_bytes_per_second=hours * assumed.original_bytes_per_hour / len(PROFILE) / HOUR * peak,
        rows={name: each * kept for name, each in rows.items()},
        findings_per_month=rows["findings"] * assumed.work_days / 12,
        database_bytes=sum(sizes.values()) * hours * kept,
        audio_bytes=audio_hours * assumed.original_bytes_per_hour,
        copy_bytes=audio_hours * (heard.copy_bytes_per_channel_hour + heard.outline_bytes_per_hour),
        queue_bytes_per_year=recordings * assumed.work_days * idle.queue_bytes_per_job,
        connections=workers * idle.connections_per_worker,
        transactions=workers * idle.transactions_per_worker_second,
        sweeping=workers * min(SWEPT, recordings / 2) * idle.sweep_seconds_per_waiting / _seconds_between_sweeps(),
    )


def _seconds_between_sweeps() -> float:
    return float(Settings.model_fields["dead_after_seconds"].default) / 2


def _per_hour(known: Measured, totals: Mapping[str, int], assumed: Assumed) -> dict[str, float]:
    """Return what an hour at a window adds to each table: by services, by recordings, or by what was said."""
    stored = known.stores["PostgreSQL"]
    said = SAID if totals is stored.sizes else ()

    def each(name: str, total: int) -> float:
        if name in said:
            return total / stored.seconds * HOUR
        return total / (stored.services if name in OF_SERVICES else stored.audits) * assumed.services_per_hour

    return {name: each(name, total) for name, total in totals.items() if name != "tally_sheets"}  # one for each month


def reached(size: Size, known: Measured, assumed: Assumed, bounds: Bounds) -> tuple[Reach, ...]:
    """Say which bound a size uses up how far, the worst first."""
    takes, sqlite = needs(size, known, assumed), known.stores["SQLite"].audits_per_second
    found = (
        ("一台机器的处理器", takes.workers / bounds.cores, "worker 分到多台机器(要用 PostgreSQL),或用显卡"),
        ("SQLite 一次只有一个写入者", takes.audits_per_second / sqlite / assumed.busy, "换 PostgreSQL"),
        ("PostgreSQL 的连接", takes.connections / bounds.connections, "worker 少开,每个多做几个;再多,分成几套"),
        ("没有事做时也要问数据库", takes.transactions / bounds.transactions, "同上:worker 少,每个多做几个"),
        ("各 worker 找丢失的任务", takes.sweeping, "调大 SPEECHAUDIT_DEAD_AFTER_SECONDS;再多,分成几套"),
        ("判定表的行数", takes.rows["findings"] / bounds.findings, "按市分成几套;程序还没有按月分区"),
        ("数据库的大小", takes.database_bytes / bounds.database_bytes, "缩短保存期限,或按市分成几套"),
        ("一台机器上的录音", (takes.audio_bytes + takes.copy_bytes) / bounds.audio_bytes, "S3 兼容存储;录音设备先压缩"),
        ("上传的线路", takes.upload_bytes_per_second / bounds.uplink, "录音设备先压缩,或在各中心处理"),
    )  # fmt: skip
    reaches = (Reach(name=name, share=share, cure=cure) for name, share, cure in found)
    return tuple(sorted(reaches, key=lambda each: each.share, reverse=True))


def working_day(windows: float, work_per_second: float, assumed: Assumed, seed: int = 1) -> list[Load]:
    """Draw the services of a day: seconds since midnight when each recording arrives, and the work that it is.

    Services last five minutes in the mean with the assumptions as they are, by a lognormal: a few last an hour.
    """
    chance, loads = random.Random(seed), []
    number = round(windows * assumed.hours_per_window * assumed.services_per_hour)
    spread = 0.8
    for hour in chance.choices(range(len(PROFILE)), PROFILE, k=number):
        seconds = HOUR / assumed.services_per_hour * chance.lognormvariate(-(spread**2) / 2, spread)
        at = (OPEN + hour + chance.random()) * HOUR
        loads.append(Load(at=at, work=seconds * work_per_second))
    return loads
