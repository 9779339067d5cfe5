"""The tables of `docs/scaling.md`: everything between its two marks is written here, and no figure by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bench import marked
from bench.scale import days, sums
from bench.scale.days import DayOutcome, Foretold
from bench.scale.measured import Measured
from bench.scale.sums import HOUR, SIZES, Assumed, Bounds, Needs, Size

PAGE: Final = Path(__file__).parents[2] / "docs" / "scaling.md"
CARD: Final = (
    "**没有用本程序在任何显卡上测过**;这是 faster-whisper 1.2.1 说明里 large-v2、float16、RTX 3070 Ti 的数字"
    "(13 分钟用 63 秒),不含本程序的第二遍听"
)
SIMULATED: Final = SIZES[:2]
REAUDITED: Final = 100_000


def write(known: Measured, path: Path = PAGE) -> None:
    """Put the tables into the page. Raises ValueError if it has no marks for them."""
    marked.put(path, "python -m bench.scale", tables(known))


def tables(known: Measured, sizes: Sequence[Size] = SIZES, simulated: Sequence[Size] = SIMULATED) -> str:
    """Return all tables as Markdown."""
    assumed, bounds = Assumed(), Bounds()
    parts = [
        ("测得的", _measured(known)),
        ("假设的", _assumed(assumed, bounds)),
        ("各规模需要什么", _needs(known, sizes, assumed)),
        ("什么先到顶", _reached(known, sizes, assumed, bounds)),
        ("一天的排队", _days(known, simulated, assumed)),
        ("出了事的一天", _troubles(known, simulated[0], assumed)),
        ("预测与实测", _foretold(days.foretold(known))),
    ]
    return "\n".join(f"## {title}\n\n{table}\n" for title, table in parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def number(value: float) -> str:
    """Return a number with three figures, by 万 and 亿."""
    for unit, name in ((1e8, " 亿"), (1e4, " 万")):
        if value >= unit:
            return f"{_three(value / unit)}{name}"
    return _three(value)


def _three(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def size_of(value: float) -> str:
    """Return bytes in the unit that suits."""
    for unit, name in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if value >= unit:
            return f"{_three(value / unit)} {name}"
    return f"{value:.0f} 字节"


def seconds(value: float) -> str:
    """Return a duration in the unit that suits."""
    if value >= HOUR:
        return f"{value / HOUR:.1f} 小时"
    return f"{value / 60:.1f} 分钟" if value >= 60 else f"{value:.1f} 秒"


def _measured(known: Measured) -> str:
    heard, idle, queue = known.hearing, known.idle, known.queueing
    rows = [
        ("测量日期、处理器", f"{known.day},{heard.processor}"),
        ("听 1 秒录音用的处理器时间(柜台,单声道)", f"{heard.counter:.3f} 秒"),
        ("同上(电话,双声道)", f"{heard.phone:.3f} 秒"),
        ("判定 1 秒录音", f"{heard.judging:.4f} 秒"),
        ("做听的副本,1 秒录音", f"{heard.copying:.4f} 秒"),
        ("一个 worker 的内存", size_of(heard.worker_memory_bytes)),
        ("听的副本,每小时每声道", size_of(heard.copy_bytes_per_channel_hour)),
        ("波形,每小时", size_of(heard.outline_bytes_per_hour)),
        ("没有事做的 worker 占用的 PostgreSQL 连接", number(idle.connections_per_worker)),
        ("没有事做的 worker 每秒的事务", number(idle.transactions_per_worker_second)),
        ("找丢失的任务,每个排队的录音", f"{1000 * idle.sweep_seconds_per_waiting:.2f} 毫秒"),
        ("每个任务在队列的表里留下", size_of(idle.queue_bytes_per_job)),
        (f"{queue.workers} 个 worker,每个录音听 {queue.hearing:g} 秒", f"每秒 {queue.saturated_per_second:.2f} 个录音"),
    ]
    for name, stored in known.stores.items():
        rows.append((f"{name}:一个接一个地存稽核结果", f"每秒 {stored.audits_per_second:.0f} 个"))
        rows.append((f"{name}:一次服务占", size_of(sum(stored.sizes.values()) / stored.services)))
    found = known.stores["PostgreSQL"]
    rows.append(("一次服务的判定行数", number(found.rows["findings"] / found.services)))
    told = f"听的是 `labelled/test` 里 {heard.files} 个录音、共 {heard.seconds:.0f} 秒,句句是话;静音便宜些。"
    return f"{told}\n\n{table(('', ''), rows)}"


def _assumed(assumed: Assumed, bounds: Bounds) -> str:
    rows = [
        ("一个窗口一天", f"{assumed.hours_per_window:g} 小时,一年 {assumed.work_days:g} 个工作日"),
        ("一小时", f"{assumed.services_per_hour:g} 次服务,每次一个录音"),
        ("机器用到", f"{assumed.busy:.0%}"),
        ("一张显卡 1 秒听", f"{assumed.card_speed:.1f} 秒录音。{CARD}"),
        ("原录音", f"每小时 {size_of(assumed.original_bytes_per_hour)}(16 kHz、16 位、单声道,没有压缩)"),
        ("保存", f"录音 {assumed.keep_audio_days:g} 天,稽核结果 {assumed.keep_audit_days / 365:g} 年"),
        ("一台机器", f"{bounds.cores:g} 核,录音 {size_of(bounds.audio_bytes)},数据库 {size_of(bounds.database_bytes)}"),
        ("一个 PostgreSQL", f"{bounds.connections:g} 个连接,每秒 {bounds.transactions:g} 个事务"),
        ("一张判定表", f"{number(bounds.findings)}行"),
        ("线路", f"{bounds.uplink * 8 / 1e9:g} Gbit/s"),
        ("一年的录音,每天", "9 点到 17 点,按 " + "、".join(f"{share:.0%}" for share in sums.PROFILE) + " 分到八个小时"),
    ]  # fmt: skip
    return table(("", ""), rows)


def _needs(known: Measured, sizes: Sequence[Size], assumed: Assumed) -> str:
    takes = [sums.needs(size, known, assumed) for size in sizes]
    return table(("", *(f"{size.name}({size.windows:,} 个窗口)" for size in sizes)), _need_rows(takes))


def _need_rows(takes: Sequence[Needs]) -> list[list[str]]:
    rows: dict[str, list[str]] = {
        "一天的录音": [f"{number(each.hours)}小时,{number(each.recordings)}个" for each in takes],
        "处理器(内置的模型),核·小时/天": [number(each.core_hours) for each in takes],
        "worker(每个一核,一昼夜听完)": [number(each.workers) for each in takes],
        "或显卡(large-v2 一类的模型,假设)": [number(each.cards) for each in takes],
        "高峰时每秒的稽核结果": [number(each.audits_per_second) for each in takes],
        "高峰时的上传": [f"{number(each.upload_bytes_per_second * 8 / 1e6)} Mbit/s" for each in takes],
        "数据库:录音": [f"{number(each.rows['recordings'])}行" for each in takes],
        "数据库:判定": [f"{number(each.rows['findings'])}行" for each in takes],
        "若按月分区,一个月的判定": [f"{number(each.findings_per_month)}行" for each in takes],
        "数据库的大小": [size_of(each.database_bytes) for each in takes],
        "原录音": [size_of(each.audio_bytes) for each in takes],
        "听的副本和波形": [size_of(each.copy_bytes) for each in takes],
        "队列的表,一年": [size_of(each.queue_bytes_per_year) for each in takes],
        "PostgreSQL 的连接(每核一个 worker)": [number(each.connections) for each in takes],
    }
    return [[name, *cells] for name, cells in rows.items()]


def _reached(known: Measured, sizes: Sequence[Size], assumed: Assumed, bounds: Bounds) -> str:
    rows = []
    for size in sizes:
        for each in sums.reached(size, known, assumed, bounds)[:5]:
            mark = "**到顶**" if each.share >= 1 else "够"
            rows.append((size.name, each.name, f"{each.share:.0%}", mark, each.cure if each.share >= 0.5 else ""))
    return table(("规模", "什么", "用到上限的", "", "怎么办"), rows)


def _days(known: Measured, sizes: Sequence[Size], assumed: Assumed) -> str:
    head = ("规模", "worker", "一昼夜的忙闲", "一半在多久以内", "95% 在多久以内", "最久", "全部听完")
    rows = []
    for size in sizes:
        for workers, day in days.workers_tried(size, known, assumed):
            rows.append((size.name, f"{workers}", f"{day.use:.0%}", *_waited(day), clock(day.empty)))
    return table(head, rows)


def _waited(day: DayOutcome) -> tuple[str, str, str]:
    return seconds(day.middle), seconds(day.late), seconds(day.longest)


def clock(hours: float) -> str:
    """Return hours since midnight as a time of day."""
    day, rest = divmod(round(hours * 60), 24 * 60)
    return f"{'次日 ' if day else ''}{rest // 60}:{rest % 60:02}"


def _troubles(known: Measured, size: Size, assumed: Assumed) -> str:
    found = days.troubles(size, known, assumed, REAUDITED)
    rows = [
        (name, f"{day.crew.workers}", *_waited(day), clock(day.empty), f"{day.counts['failed']}")
        for name, day in found.items()
    ]
    case = f"{size.name},复评 {number(REAUDITED)}个"
    return table((case, "worker", "一半在多久以内", "95% 在多久以内", "最久", "全部听完", "失败"), rows)


def _foretold(runs: Sequence[Foretold]) -> str:
    rows = []
    for run in runs:
        both = (f"{told:.1f} / {seen:.1f}" for told, seen in zip(run.foretold, run.seen, strict=True))
        rows.append((f"{run.load:.0%}", f"{run.number}", *both))
    return table(("负载", "录音", "平均(预测 / 实测,秒)", "一半(预测 / 实测)", "90%(预测 / 实测)"), rows)
