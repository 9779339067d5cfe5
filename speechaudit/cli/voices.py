"""`speechaudit voices`: profiles of how members of staff sound, made, listed and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

profiles = click.option(
    "--profiles", required=True, type=click.Path(path_type=Path, file_okay=False), help="声纹档案文件夹。"
)


@click.group()
def voices() -> None:
    """声纹档案:工作人员的声音特征(只存数字,不能还原成声音),帮助在单声道录音里认出本人。"""


@voices.command()
@click.argument("staff")
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@profiles
def enrol(staff: str, recordings: Sequence[Path], profiles: Path) -> None:
    """为工作人员 STAFF(编号或工号,与录音旁的 JSON 一致)登记声纹:给出只有本人说话的录音,合计 30 秒以上。"""
    from speechaudit.asr.mono import open_mono
    from speechaudit.speakers import profile

    with ExitStack() as opened:
        sounds = {recording: opened.enter_context(open_mono(recording)) for recording in recordings}
        made = profile.enrol(staff, sounds)
    path = profile.save(made, profiles)
    click.echo(f"已登记 {staff}:{made.files} 个录音,说话 {made.seconds:.0f} 秒,存为 {path}")


@voices.command("list")
@profiles
def list_(profiles: Path) -> None:
    """列出已登记的档案。"""
    from speechaudit.speakers import profile

    for made in profile.listed(profiles):
        click.echo(f"{made.staff}\t{made.made_at}\t{made.files} 个录音\t{made.seconds:.0f} 秒\t{made.model}")


@voices.command()
@click.argument("staff")
@profiles
def delete(staff: str, profiles: Path) -> None:
    """删除工作人员 STAFF 的档案。"""
    from speechaudit.speakers import profile

    profile.delete(profiles, staff)
    click.echo(f"已删除 {staff} 的声纹档案")
