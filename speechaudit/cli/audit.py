"""`speechaudit audit`: recordings or transcripts in, scorecards out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from speechaudit.cli import options, progress
from speechaudit.crew import Crew
from speechaudit.errors import InputError, SpeechAuditError

if TYPE_CHECKING:
    from rich.console import Console

    from speechaudit.model import Audit
    from speechaudit.pipeline import Overrides
    from speechaudit.rules.rulebook import Rulebook

SOME_FAILED, NONE_DONE, INTERRUPTED = 1, 2, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to audit; `name` is its path below the folder that was given, and differs from that of any other."""

    path: Path
    name: Path


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--transcript",
    "transcripts",
    multiple=True,
    type=click.Path(path_type=Path),
    help="已有的转写(JSON)或剧本;不加载识别模型。",
)
@click.option("--setting", type=options.SETTINGS, help="场景:电话或柜台(优先于录音旁的 JSON)。")
@click.option("--staff-channel", type=click.IntRange(0, 1), help="工作人员所在声道:0 左,1 右。")
@click.option(
    "--voices",
    type=click.Path(path_type=Path, file_okay=False),
    help="声纹档案文件夹(见 speechaudit voices);只用于柜台的单声道录音。",
)
@click.option(
    "--prompts",
    type=click.Path(path_type=Path, file_okay=False),
    help="本中心提示音的文件夹(见 speechaudit prompts):录音里与之相同的声音是自动播报。",
)
@options.labels
@click.option("--model", help="识别模型:名称、hub 编号或文件夹(默认自动选择)。")
@click.option("--out", type=click.Path(path_type=Path), help="把每个录音的结果存为 *.audit.json。")
@options.profile
@options.as_json
@options.lexicons
def audit(
    paths: Sequence[Path],
    transcripts: Sequence[Path],
    setting: Any,
    staff_channel: int | None,
    voices: Path | None,
    prompts: Path | None,
    labels: Path | None,
    model: str | None,
    out: Path | None,
    profile: str,
    as_json: bool,
    lexicons: Path | None,
) -> None:
    """稽核录音(文件或文件夹):转写、判定、评分。"""
    from speechaudit.pipeline import AUDIO, TRANSCRIPTS, Libraries, Overrides
    from speechaudit.rules import rulebook

    if not paths and not transcripts:
        raise click.UsageError("请给出录音、录音文件夹,或用 --transcript 给出转写。")
    libraries = Libraries(profiles=voices, prompts=prompts, labels=labels)
    overrides = Overrides(setting=setting, staff_channel=staff_channel, libraries=libraries)
    book = rulebook.load(lexicons, profile)
    batch = _Batch(out=out, as_json=as_json)
    batch.run(_jobs(transcripts, TRANSCRIPTS, batch), _transcript_auditor(book, overrides))
    if paths:
        batch.run(_jobs(paths, AUDIO, batch), *_recording_auditor(book, overrides, model, batch))
    batch.finish()


Auditor = Callable[[Path, Callable[[float], None]], "Audit"]


def _transcript_auditor(book: Rulebook, overrides: Overrides) -> Auditor:
    from speechaudit.pipeline import audit_transcript

    return lambda path, _: audit_transcript(path, book, overrides)


def _recording_auditor(book: Rulebook, overrides: Overrides, model: str | None, batch: _Batch) -> tuple[Auditor, int]:
    """Return what audits recordings, and how many of them at a time."""
    from speechaudit.asr import whisper
    from speechaudit.pipeline import audit_recording

    transcriber = whisper.load(model)
    made_by = transcriber.made_by
    batch.say(f"识别模型:{made_by.model}(设备 {made_by.device},{made_by.compute_type})")
    return lambda path, advance: audit_recording(path, book, transcriber, overrides, advance), transcriber.at_once


def _jobs(paths: Sequence[Path], kinds: str, batch: _Batch) -> tuple[Job, ...]:
    """Every file once, in the order given; a path without any is a failure of its own."""
    from speechaudit.pipeline import files_in

    jobs: dict[Path, Job] = {}
    for path in paths:
        try:
            for file in files_in(path, kinds):
                name = file.relative_to(path) if path.is_dir() else Path(file.name)
                jobs.setdefault(file.resolve(), Job(path=file, name=name))
        except InputError as problem:
            batch.failed(problem)
    return _told_apart(tuple(jobs.values()))


def _told_apart(jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """Name all jobs from their common folder where two share a name: no result replaces another."""
    if len({job.name for job in jobs}) == len(jobs):
        return jobs
    paths = [Path(os.path.abspath(job.path)) for job in jobs]  # noqa: PTH100 - resolve() would follow links
    common = os.path.commonpath([path.parent for path in paths])
    return tuple(replace(job, name=path.relative_to(common)) for job, path in zip(jobs, paths, strict=True))


class _Batch:
    """Runs jobs and tells of each in their order; one that fails is told and counted, and the others go on."""

    def __init__(self, *, out: Path | None, as_json: bool) -> None:
        from rich.console import Console

        from speechaudit import formats

        if out:
            formats.check_writable(out)
        self._out = out
        self._as_json = as_json
        self._console: Console = Console(stderr=True)
        self._stdout: Console = Console()
        self._done = 0
        self._failures = 0
        self._assumed = 0

    def say(self, line: str) -> None:
        """Print a line beside the results: for people, never in the way of JSON."""
        self._console.print(line, highlight=False)

    def failed(self, problem: SpeechAuditError) -> None:
        """Tell and count a failure."""
        self._failures += 1
        self._console.print(f"[red]错误:[/]{_escaped(problem)}", highlight=False, soft_wrap=True)

    def run(self, jobs: Sequence[Job], auditor: Auditor, at_once: int = 1) -> None:
        """Audit every job, so many at a time; print and save each result in its turn, so that Ctrl-C loses none."""
        if not jobs:
            return
        with progress.bars(self._console) as shown:
            whole = progress.whole_of(jobs, shown)

            def work(job: Job) -> Audit:
                with progress.bar(shown, whole, str(job.name)) as advance:
                    return auditor(job.path, crew.stoppable(advance))

            with Crew(work, min(at_once, len(jobs))) as crew:
                try:
                    self._settle(crew.results(jobs))
                except KeyboardInterrupt:
                    self._settle(crew.done())
                    self.say(f"已中断,完成了 {self._done} 个" + (f",结果在 {self._out}" if self._out else ""))
                    sys.exit(INTERRUPTED)

    def _settle(self, results: Iterable[tuple[Job, Callable[[], Audit]]]) -> None:
        for job, result in results:
            try:
                self._deliver(job, result())
            except SpeechAuditError as problem:
                self.failed(problem)

    def _deliver(self, job: Job, result: Audit) -> None:
        from speechaudit import formats
        from speechaudit.cli.show import show

        try:
            if self._out:
                name = job.name.name.removesuffix(formats.AUDIT_SUFFIX) + formats.AUDIT_SUFFIX
                formats.save(result, self._out / job.name.with_name(name))
        finally:  # a full disk must not cost the result of an hour's hearing
            if self._as_json:
                click.echo(formats.dump(result))
            else:
                show(result, self._stdout)
        self._done += 1
        self._assumed += any(limit.code == "setting-assumed" for limit in result.limits)

    def finish(self) -> None:
        """Print the last line; exit with 1 if some could not be used, with 2 if none could."""
        if self._assumed:
            cure = "电话录音请加 --setting phone,或在录音旁的 JSON 里写明 setting,然后重新稽核"
            self.say(f"其中 {self._assumed} 个没有说明场景,按柜台评判:{cure}")
        self.say(f"完成 {self._done} 个,失败 {self._failures} 个" + (f",结果在 {self._out}" if self._out else ""))
        if self._failures:
            sys.exit(SOME_FAILED if self._done else NONE_DONE)


def _escaped(problem: SpeechAuditError) -> str:
    from rich.markup import escape

    return escape(str(problem))
