"""`speechaudit learn`: what reviewers decided in, a label model that learned from it out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechaudit.cli import options

if TYPE_CHECKING:
    from speechaudit.learning import LabelledLine, Learned, ModelComparison, PairedShare, Supply

REFUSED = 1
_ROWS = {
    "found": "违反,找出的",
    "charged": "违反,直接认定的",
    "asked": "不违反,却交人看的",
    "accused": "不违反,却认定的",
}
_WORSE = {
    "accuses-more": "认定错的比以前多",
    "asks-more": "交人看错的明显比以前多",
    "finds-less": "找出的明显比以前少",
    "accuses-less-faults": "直接认定的明显比以前少",
}


@click.command()
@click.argument("source", default="service")
@click.option(
    "--labels",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="标签模型的文件夹(SOURCE 是 service 时,默认是服务的设置 labels)。",
)
@click.option("--back", is_flag=True, help="不学,退回到上一个模型。")
@options.profile
@options.lexicons
def learn(source: str, folder: Path | None, back: bool, profile: str, lexicons: Path | None) -> None:
    """从人的复核中学习:重新拟合标签模型的最后一层和门槛,比以前差就不用。

    SOURCE 是文件夹或文件(复核过的 *.audit.json,或服务导出的 *.lines.jsonl),默认是 service:本机的服务。
    """
    from speechaudit.learning import from_files, meanings
    from speechaudit.learning import learn as run
    from speechaudit.rules import rulebook

    def read(path: Path) -> tuple[LabelledLine, ...]:
        return from_files(path, meanings(rulebook.load(lexicons, profile)))

    if back:
        _back(folder, None if folder else _supply(source, folder, read))
        return
    supply = _supply(source, folder, read)
    result = run(supply.lines(), supply.folder, lambda what: click.echo(f"{what}……", err=True))
    for line in told(result):
        click.echo(line)
    supply.noted(result.model.name if result.model else "refused")
    if result.refused:
        raise SystemExit(REFUSED)


def _supply(source: str, folder: Path | None, read: Callable[[Path], tuple[LabelledLine, ...]]) -> Supply:
    from dataclasses import replace

    from speechaudit.errors import InputError
    from speechaudit.learning import Supply, offered

    if offer := offered(source):  # a folder of that name is ./service
        return replace(offer, folder=folder or offer.folder)
    path = Path(source)
    if not path.exists():
        raise InputError(path, "没有这个文件或文件夹", "请检查路径;service 要安装 speechaudit[service]")
    if folder is None:
        raise click.UsageError("请用 --labels 给出标签模型的文件夹。")
    return Supply(lines=lambda: read(path), folder=folder)


def _back(given: Path | None, supply: Supply | None) -> None:
    """Go back in the folder that was given, or in that of the supply, which notes it."""
    from speechaudit.classifiers import label_model, step_back

    if (folder := supply.folder if supply else given) is None:
        raise click.UsageError("请用 --labels 给出标签模型的文件夹。")
    left = label_model(folder)
    step_back(folder)
    now = label_model(folder)
    if supply:
        supply.noted(f"back to {now.name}")
    click.echo(f"已从 {left.name} 退回到 {now.name}({now.sha256});worker 重启后生效")


def told(result: Learned) -> list[str]:
    """Return in Chinese what came of it: a table before and after, and whether the new model is in force."""
    lines = [f"学习 {result.lines} 句;互相矛盾、没有用的 {result.contradicted} 句"]
    lines += [*_table("本中心留出的句子", result.centre), *_table("随程序的留出句子", result.ours)]
    if result.model:
        model = f"{result.model.name}({result.model.sha256})"
        return [*lines, f"已启用 {model},之前是 {result.before.name};worker 重启后生效。退回:--back"]
    worse = {f"{part}{_WORSE[own]}" for part, each in _parts(result) for own in each.worse}
    return [*lines, f"没有启用:{';'.join(sorted(worse)) or '本中心的句子上没有改进'}。仍用 {result.before.name}"]


def _parts(result: Learned) -> tuple[tuple[str, ModelComparison], ...]:
    return ("本中心的句子上", result.centre), ("随程序的句子上", result.ours)


def _table(title: str, compared: ModelComparison) -> list[str]:
    shares = {name: getattr(compared, name) for name in _ROWS}
    return [f"{title}:", *(f"  {_ROWS[name]}:{_share(share)}" for name, share in shares.items())]


def _share(share: PairedShare) -> str:
    """Return a share before and after, of how many, with the interval after."""
    from speechaudit.reports.intervals import wilson_interval

    interval = wilson_interval(share.after, share.of)
    known = f"(95% 区间 {interval.low:.1%}–{interval.high:.1%})" if interval else ""
    return f"{share.before} → {share.after},共 {share.of}{known}"
