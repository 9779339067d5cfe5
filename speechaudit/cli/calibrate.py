"""`speechaudit calibrate`: recordings whose words are known in, thresholds of the second listen out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechaudit.cli import options, progress

if TYPE_CHECKING:
    from rich.console import Console

    from speechaudit.asr.whisper import WhisperTranscriber
    from speechaudit.evaluation.calibration import Phrase, Piece, ScoredPiece


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--model", help="识别模型:名称、hub 编号或文件夹(默认自动选择)。")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="写成的 YAML 文件。")
@options.profile
@options.lexicons
def calibrate(folders: Sequence[Path], model: str | None, out: Path, profile: str, lexicons: Path | None) -> None:
    """用知道说了什么的录音(同名的 .play,或 manifest.json)定出“再听一遍”的门槛。

    写成的文件放进规则文件夹的 calibration/ 里才起作用。
    """
    from rich.console import Console

    from speechaudit.asr import whisper
    from speechaudit.evaluation import calibration
    from speechaudit.rules import rulebook

    wanted = calibration.phrases(rulebook.load(lexicons, profile))
    found = tuple(piece for folder in folders for piece in calibration.pieces(folder))
    transcriber = whisper.load(model)
    scored = _listened(found, wanted, transcriber, Console(stderr=True))
    names = [folder.name if folder.is_absolute() else str(folder) for folder in folders]
    data = f"{'、'.join(names)}:{len({piece.path for piece in found})} 个录音,{len(found)} 段话"
    command = f"speechaudit calibrate {' '.join(names)} --model {transcriber.made_by.model}"
    result = calibration.calibration(wanted, scored, transcriber, data, command)
    for name, pair in calibration.scores_by_phrase(wanted, scored).items():
        click.echo(_line(name, *pair))
    if charge := result.charge:
        refuted = f"换成别的话,{charge.refuted:.0%} 听得出"
        click.echo(f"指控的话:{charge.pieces} 段,doubt {charge.doubt}({refuted})")
    calibration.save(result, out)
    click.echo(out)


def _listened(
    found: Sequence[Piece], wanted: Sequence[Phrase], transcriber: WhisperTranscriber, console: Console
) -> tuple[ScoredPiece, ...]:
    from speechaudit.evaluation import calibration

    with progress.bars(console) as bars:
        bar = bars.add_task("再听", total=len(found))
        return tuple(calibration.score_pieces(found, wanted, transcriber, lambda count: bars.advance(bar, count)))


def _line(name: str, said: Sequence[float], unsaid: Sequence[float]) -> str:
    """Return what the pieces say of one phrase, or how many are missing."""
    from speechaudit.evaluation.calibration import FEWEST_WITH, FEWEST_WITHOUT, threshold

    counts = f"{name}:说了的 {len(said)} 段,没有说的 {len(unsaid)} 段"
    limit = threshold(said, unsaid)
    if limit is None:
        return f"{counts};样本太少,不定门槛(至少 {FEWEST_WITH} 段和 {FEWEST_WITHOUT} 段)"
    sure, perhaps = (sum(score >= least for score in said) for least in (limit.sure, limit.doubt))
    return f"{counts};pass {limit.sure}(听出 {sure} 段),doubt {limit.doubt}(另有 {perhaps - sure} 段存疑)"
