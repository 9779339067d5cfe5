"""`speechaudit evaluate`: labelled recordings or plays in, accuracy out."""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechaudit.cli import options, progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from speechaudit.asr.whisper import WhisperTranscriber
    from speechaudit.evaluation.clips import Clip
    from speechaudit.evaluation.labels import Item, LabelledFolder
    from speechaudit.evaluation.run import Evaluation, RecognisedItem
    from speechaudit.model import Audit
    from speechaudit.pipeline import Overrides
    from speechaudit.rules.rulebook import Rulebook

AUDITS = "audits"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="把数字(accuracy.md、.json)、逐条不一致和每个录音的结果写进这个文件夹。",
)
@click.option("--model", help="识别模型:名称、hub 编号或文件夹(默认自动选择)。")
@options.labels
@options.profile
@options.lexicons
def evaluate(
    folder: Path, out: Path | None, model: str | None, labels: Path | None, profile: str, lexicons: Path | None
) -> None:
    """用标注过的录音或剧本(expected.yml)测准确率;只有 manifest.json 的文件夹只测字错率。"""
    from rich.console import Console

    from speechaudit import formats
    from speechaudit.evaluation import clips, page
    from speechaudit.evaluation.labels import EXPECTED, read
    from speechaudit.rules import rulebook

    if out:
        formats.check_writable(out)
    console = Console(stderr=True)
    book = rulebook.load(lexicons, profile)
    if (folder / clips.MANIFEST).is_file() and not (folder / EXPECTED).is_file():
        evaluation = _clips(clips.read(folder), folder, model, console)
    else:
        evaluation = _labelled(read(folder, book), book, model, labels, out, console)
    _show(evaluation, Console())
    for path in page.write(evaluation, book, out) if out else ():
        click.echo(path)


def _labelled(
    labelled: LabelledFolder,
    book: Rulebook,
    model: str | None,
    labels: Path | None,
    out: Path | None,
    console: Console,
) -> Evaluation:
    """Plays first: what is wrong with them is told before an hour of hearing."""
    from speechaudit.classifiers import label_model
    from speechaudit.evaluation import run
    from speechaudit.pipeline import Libraries, Overrides

    overrides, meaning = Overrides(libraries=Libraries(labels=labels)), label_model(labels)
    console.print(f"标签模型:{meaning.name}({meaning.sha256})", highlight=False)
    text, spans = run.judge_plays(labelled, book, overrides)
    recorded = [item for item in labelled.items if item.recording]
    if not recorded:
        return run.told_by(run.evaluation(labelled, book, text), meaning)
    transcriber = _transcriber(model, console)
    with _kept(out) as folder:
        heard = _heard(recorded, book, transcriber, overrides, Path(folder), console)
        return run.told_by(run.evaluation(labelled, book, text, spans, heard, transcriber.made_by), meaning)


def _heard(
    items: list[Item],
    book: Rulebook,
    transcriber: WhisperTranscriber,
    overrides: Overrides,
    folder: Path,
    console: Console,
) -> tuple[RecognisedItem, ...]:
    from speechaudit.evaluation import run
    from speechaudit.pipeline import audit_recording

    def hear(path: Path, advance: run.Advance) -> Audit:
        return audit_recording(path, book, transcriber, overrides, advance)

    with progress.bars(console) as shown:
        return tuple(run.audit_all(progress.with_bar(items, shown, lambda item: item.stem), hear, folder))


def _clips(found: tuple[Clip, ...], folder: Path, model: str | None, console: Console) -> Evaluation:
    from speechaudit.evaluation import run

    transcriber = _transcriber(model, console)

    def write(path: Path, advance: run.Advance) -> str:
        hearing = transcriber.transcribe(path, progress=advance)
        return "".join(segment.text for segment in hearing.transcript.segments)

    with progress.bars(console) as shown:
        jobs = progress.with_bar(found, shown, lambda clip: clip.path.name)
        return run.measure_clips(folder, jobs, write, transcriber.made_by)


def _transcriber(model: str | None, console: Console) -> WhisperTranscriber:
    from speechaudit.asr import whisper

    transcriber = whisper.load(model)
    made_by = transcriber.made_by
    console.print(f"识别模型:{made_by.model}(设备 {made_by.device},{made_by.compute_type})", highlight=False)
    return transcriber


def _kept(out: Path | None) -> AbstractContextManager[str]:
    """Return the folder for the audits of the recordings: beside the page, or one that goes away again."""
    return nullcontext(str(out / AUDITS)) if out else tempfile.TemporaryDirectory(prefix="speechaudit-")


def _show(evaluation: Evaluation, console: Console) -> None:
    from rich.markup import escape

    from speechaudit.evaluation import page

    for table in (_totals(evaluation), _layers(evaluation), _characters(evaluation)):
        if table.row_count:
            console.print(table)
    if differing := len(page.disagreements(evaluation)):
        console.print(f"不一致 {differing} 处(用 --out 写出逐条清单)", highlight=False)
    for remark in evaluation.remarks:
        console.print(escape(remark), highlight=False, soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    from rich.table import Column, Table

    return Table(*(Column(name, overflow="fold") for name in columns), title=title, title_justify="left")


def _totals(evaluation: Evaluation) -> Table:
    from speechaudit.evaluation import goals, page, tally

    measured = dict(goals.measured(evaluation))
    table = _table("准确率(95% 区间)", "", *(page.SOURCES[source] for source in measured))
    found = [tally.figures(tally.rows_of(judged.compared)) for judged in measured.values()]
    for name, title in page.FIGURES.items() if found else ():
        table.add_row(title, *(page.shown(getattr(figures, name)) for figures in found))
    return table


def _layers(evaluation: Evaluation) -> Table:
    from speechaudit.evaluation import page, tally

    names = ("fail_precision", "fail_recall", "unclear")
    table = _table("每一层起了什么作用(录音)", "", *(page.FIGURES[name] for name in names))
    for judged in evaluation.audio:
        figures = tally.figures(tally.rows_of(judged.compared))
        table.add_row(judged.title, *(page.shown(getattr(figures, name)) for name in names))
    return table


def _characters(evaluation: Evaluation) -> Table:
    from rich.markup import escape

    from speechaudit.evaluation import page

    table = _table("字错率(95% 区间)", "分组", "录音", "字数", "字错率")
    for one in evaluation.written:
        size = sum(errors.characters for errors in one.errors)
        table.add_row(escape(page.group(one)), str(len(one.errors)), str(size), page.rate(one))
    return table
