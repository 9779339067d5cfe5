"""`speechaudit intake check`: what a sample of a recorder tells, before anything is set."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.intake.checking import CheckedLine, CheckedSample, Outcome
    from service.settings import Settings
    from service.sources import Source

_WAITS: Final = 1
_MARKS: Final[Mapping[Outcome, str]] = {"taken": "收下", "waits": "待处理", "nothing": "不收"}
_READ_ONLY: Final[Mapping[Outcome, str]] = {**_MARKS, "taken": "读懂"}


@click.group()
def intake() -> None:
    """录音设备:看一看样本里读得出什么。"""


@intake.command()
@click.argument("sample", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path, resolve_path=True))
@click.option(
    "--recorder", required=True, help="种类(sidecar、name、asterisk、freeswitch、box、tencent),或已设置的来源的名称。"
)
@click.option(
    "--set", "given", multiple=True, metavar="KEY=VALUE", help="来源的一项设置,写法同 [[intake]],可多次给出。"
)
def check(sample: tuple[Path, ...], recorder: str, given: tuple[str, ...]) -> None:
    """逐行说明 SAMPLE(录音、通话记录、文件夹,可以几个)里读得出什么,哪些会进入待处理、为什么、怎么办。

    什么都不收、不改。有会进入待处理的,退出码是 1。已有安装的,窗口和人员按其中的分机和排班核对。
    """
    from service import settings
    from service.intake import samples
    from service.intake.checking import check as checked_by

    known = settings.load()
    with _centre(known) as session:
        source = _source(known, session, recorder, given)
        found = checked_by(samples.of(sample), source, known.zone, session)
    for line in _page(found, centre=session is not None):
        click.echo(line)
    sys.exit(_WAITS if found.count("waits") else 0)


@contextmanager
def _centre(known: Settings) -> Iterator[Session | None]:
    """Give a session with the installation's windows and staff; None where there is none of this version."""
    from service.store import Database
    from service.store.database import revisions

    if known.on_sqlite and not Path(known.database.removeprefix("sqlite:///")).is_file():
        yield None
        return
    database = Database(known.database)
    try:
        if database.revision() != revisions()[0]:
            yield None
            return
        with database.read() as session:
            yield session
    finally:
        database.close()


def _source(known: Settings, session: Session | None, recorder: str, given: tuple[str, ...]) -> Source:
    """Return the source of this name, or one of this kind, with what else is set. Raises ConfigError."""
    from service.sources import KINDS, draft
    from service.store import sources

    stored = sources.active(session) if session else ()
    installed = next((each for each in (*known.intake, *stored) if each.name == recorder), None)
    told: dict[str, Any] = {}
    for each in given:
        told |= _assignment(each)
    if installed is None and recorder not in KINDS:
        raise click.UsageError(f"“{recorder}”不是种类({'、'.join(KINDS)}),也不是已设置的来源")
    usual = installed.model_dump(exclude_unset=True) if installed else {"kind": recorder, "name": "sample"}
    return draft(usual | told)


def _assignment(text: str) -> dict[str, Any]:
    """Return a setting as TOML has it; a word without quotes is a text."""
    key, _, value = text.partition("=")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {key.strip(): value.strip()}


def _page(found: CheckedSample, *, centre: bool) -> Iterator[str]:
    from service.intake.checking import MOST_CALLS, MOST_FILES

    marks = _MARKS if centre else _READ_ONLY
    if not centre:
        yield "没有安装(或版本不同):窗口、人员和排班没有核对。"
    if found.columns:
        yield "列:" + ";".join(f"{title} → {name or '不采用'}" for title, name in found.columns)
    for line in found.lines:
        yield from _told(line, marks)
    if found.more:
        yield f"还有更多:只看前 {MOST_FILES} 个文件、{MOST_CALLS} 行,一张 CSV 的前 1 MB。"
    counts = "、".join(f"{mark} {found.count(outcome)}" for outcome, mark in marks.items())
    yield f"共 {len(found.lines)}:{counts}。"
    for trouble, number in found.reasons():
        yield f"  {number} 次:{trouble.problem}。{trouble.cure}"


def _told(line: CheckedLine, marks: Mapping[Outcome, str]) -> Iterator[str]:
    from speechaudit.errors import printable

    numbers = f" 第 {'、'.join(map(str, line.lines))} 行" if line.lines else ""
    yield f"{printable(line.file)}{numbers}:{marks[line.outcome]}"
    if line.known:
        yield "  " + ",".join(f"{label} {printable(text)}" for label, text in line.known)
    for each in line.troubles:
        yield f"  - {printable(each.problem)}。{each.cure}"
