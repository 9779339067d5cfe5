"""`speechaudit prompts`: the centre's own announcements as sound files, given once or learned from recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from speechaudit.errors import AudioError

folder = click.option(
    "--prompts", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="提示音文件夹。"
)


@click.group()
def prompts() -> None:
    """提示音:本中心的语音菜单、等候提示、满意度调查等,录音里与之相同的声音算自动播报,不算任何人的话。"""


@prompts.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@folder
def add(files: Sequence[Path], folder: Path) -> None:
    """加入提示音文件,一个文件一段,1 到 300 秒。"""
    from speechaudit.asr import prompts as library

    for path in library.add(folder, files):
        click.echo(f"已加入 {path}")


@prompts.command()
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@folder
def learn(recordings: Sequence[Path], folder: Path) -> None:
    """从录音(文件或文件夹)里学:至少三个录音中一模一样的声音就是提示音。请听一听学到的,不是的删掉文件即可。"""
    from speechaudit.asr import prompts as library
    from speechaudit.pipeline import AUDIO, files_in

    def left_out(problem: AudioError) -> None:
        click.echo(f"未用 {problem}", err=True)

    found = library.learn(folder, [path for given in recordings for path in files_in(given, AUDIO)], left_out)
    for path in found:
        click.echo(f"学到 {path}")
    click.echo(f"学到 {len(found)} 段。请逐段听一听,不是提示音的请删掉")


@prompts.command("list")
@folder
def list_(folder: Path) -> None:
    """列出文件夹里的提示音。"""
    from speechaudit.asr import prompts as library

    for prompt in library.read_prompts(folder):
        click.echo(f"{prompt.name}\t{prompt.duration:.1f} 秒")
