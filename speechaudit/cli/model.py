"""`speechaudit model`: recognisers added, listed, chosen, removed, and carried to machines without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechaudit.cli import progress
from speechaudit.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

    from speechaudit.asr.registry.hub import Fetched
    from speechaudit.asr.registry.records import ComputeType, ModelCheck, ModelRecord
    from speechaudit.asr.registry.sources import Kind
    from speechaudit.errors import ModelError


@click.group()
def model() -> None:
    """识别模型:登记任何会普通话的 Whisper,选用,搬到不能上网的机器。怎样选见 docs/models.md。"""


@model.command()
@click.argument("source")
@click.option("--name", help="登记的名称(默认取编号或文件夹的最后一段)。")
@click.option(
    "--type",
    "compute_type",
    type=click.Choice(["int8", "float16"]),
    default="int8",
    show_default=True,
    help="权重怎样存放:int8 小而快,float16 用于显卡。CTranslate2 格式的照原样。",
)
def add(source: str, name: str | None, compute_type: ComputeType) -> None:
    """登记模型 SOURCE:模型库编号(如 BELLE-2/Belle-whisper-large-v3-turbo-zh)或文件夹。

    文件夹是 Transformers 或 CTranslate2 格式。
    依次下载、转换、用样例检查、校准“再听一遍”,都成功才登记。大模型要几十分钟。
    """
    from rich.console import Console

    from speechaudit.asr.registry import converting, shelf, sources

    console = Console(stderr=True)
    name = shelf.checked_name(name or Path(source).name)
    with shelf.building() as folder:
        found = _found(source, console)
        given = sources.recognised(found.folder)
        _say(console, f"转换:{given.kind},{given.size / 1e9:.2f} GB")
        completed = converting.convert(given, folder, compute_type)
        if completed:
            _say(console, f"补上了:{'、'.join(completed)}")
        check = _adopted(folder, name, console)
        record = _record(name, source, found, given.kind, completed, check, folder)
        placed = shelf.place(folder, record)
    click.echo(f"已登记 {name}({placed}),许可证:{record.license or '未注明,请自行查明'}")
    click.echo(f"选用:speechaudit model use {name},或 speechaudit audit --model {name}")


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False)


def _found(source: str, console: Console) -> Fetched:
    """The folder that was named, or what the hub has under this id."""
    from speechaudit.asr.registry import hub
    from speechaudit.errors import ModelError

    folder = Path(source).expanduser()
    if folder.is_dir():
        return hub.Fetched(folder=folder, revision=None, license=hub.license_of(folder))
    if folder.is_absolute() or not hub.is_id(source):
        raise ModelError(source, "没有这个文件夹,也不是模型库编号", "请给出文件夹,或“所有者/名称”")
    _say(console, f"下载 {source}(中断后再次运行会接着下载)")
    return hub.fetched(source)


def _adopted(folder: Path, name: str, console: Console) -> ModelCheck:
    """Check what was converted, and put its thresholds beside it."""
    from dataclasses import replace

    from speechaudit.asr.models import load_model, with_times
    from speechaudit.asr.registry.records import CALIBRATION
    from speechaudit.asr.whisper import WhisperTranscriber
    from speechaudit.evaluation import adoption, calibration
    from speechaudit.rules import rulebook

    (folder / CALIBRATION).unlink(missing_ok=True)
    loaded = replace(load_model(str(folder), None), name=name)
    with progress.bars(console) as bars:
        task = bars.add_task("检查", total=1.0)
        check = adoption.check(loaded, lambda done: bars.update(task, completed=done))
    for line in _lines(check):
        _say(console, line)
    wanted = calibration.phrases(rulebook.load())
    with progress.bars(console) as bars:
        task = bars.add_task("校准", total=1.0)
        transcriber = WhisperTranscriber(with_times(loaded, check.times))
        found = adoption.calibrated(transcriber, wanted, lambda done: bars.update(task, completed=done))
    if found is None:
        _say(console, f"没有校准:这台机器太慢。可另行校准:speechaudit calibrate 文件夹 --model {name}")
        return check
    calibration.save(found, folder / CALIBRATION)
    _say(console, f"校准:{'、'.join(found.thresholds)}({found.data})")
    return check


def _lines(check: ModelCheck) -> tuple[str, ...]:
    times = "可靠" if check.times == "own" else "不可靠,由文字与声音对齐得出,稽核结果会注明"
    return (
        f"检查:字错率 {check.cer:.1%}({check.characters} 字),每秒声音用 {check.speed:.2f} 秒",
        f"语言:{check.language}({check.language_share:.0%})" + ("" if check.language == "zh" else ",仍按中文识别"),
        f"模型自己的时间:{times}({check.plausible:.0%} 合理)",
    )


def _record(
    name: str,
    source: str,
    found: Fetched,
    kind: Kind,
    completed: tuple[str, ...],
    check: ModelCheck,
    folder: Path,
) -> ModelRecord:
    from datetime import date

    from speechaudit import __version__
    from speechaudit.asr.registry import ct2file, records

    return records.ModelRecord(
        name=name,
        source=source,
        revision=found.revision,
        license=found.license,
        made_from=kind,
        compute_type=ct2file.shape_of(folder / records.WEIGHTS).dtype,
        added_on=date.today(),
        program=f"speechaudit {__version__}",
        completed=completed,
        check=check,
        files=records.files_of(folder),
    )


@model.command("list")
def list_() -> None:
    """列出登记的模型;* 是正在使用的。"""
    from speechaudit.asr.registry import shelf

    chosen = shelf.in_use()
    for name, record in shelf.listed():
        click.echo(f"{'*' if name == chosen else ' '} {_line(name, record)}")
    if chosen is None:
        click.echo("没有选用:自动选择(有显卡时 large-v3-turbo,否则内置的 base)")
    elif shelf.find(chosen) is None:
        click.echo(f"选用:{chosen}")


def _line(name: str, record: ModelRecord | ModelError) -> str:
    from speechaudit.asr.registry.records import ModelRecord

    if not isinstance(record, ModelRecord):
        return f"{name}\t已损坏:{record.problem}"
    check = record.check
    parts = (
        name,
        f"{record.size / 1e9:.2f} GB {record.compute_type}",
        f"样例字错率 {check.cer:.1%}",
        "已校准" if record.calibrated else "没有校准",
        "" if check.times == "own" else "时间由对齐得出",
        f"许可证 {record.license or '未注明'}",
        record.source,
        record.files[0].sha256[:12],
    )
    return "\t".join(printable(part) for part in parts if part)


@model.command()
@click.argument("name")
def use(name: str) -> None:
    """选用模型 NAME:没有另外指定时都用它。auto 恢复自动选择,base 总用内置的。"""
    from speechaudit.asr.registry import shelf

    shelf.use(name)
    click.echo(f"已选用 {name}")


@model.command()
@click.argument("name")
def remove(name: str) -> None:
    """删除登记的模型 NAME。"""
    from speechaudit.asr.registry import shelf

    shelf.remove(name)
    click.echo(f"已删除 {name}")


@model.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export(name: str, file: Path) -> None:
    """把登记的模型 NAME 写成一个文件,带到不能上网的机器上导入。"""
    from speechaudit.asr.registry import bundles

    record = bundles.export(name, file)
    click.echo(f"{file}({record.size / 1e9:.2f} GB)")


@model.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(file: Path) -> None:
    """导入 export 写成的文件:核对每个文件的校验和,能载入才登记。"""
    from speechaudit.asr.models import load_model
    from speechaudit.asr.registry import bundles, shelf

    with shelf.building() as folder:
        record = bundles.unpacked(file, folder)
        load_model(str(folder), "cpu")
        placed = shelf.place(folder, record)
    click.echo(f"已登记 {record.name}({placed})")
