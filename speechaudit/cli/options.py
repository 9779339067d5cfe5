"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

SETTINGS = click.Choice(["phone", "counter"])
lexicons = click.option(
    "--lexicons", type=click.Path(path_type=Path, file_okay=False), help="规则文件夹(默认用随程序安装的)。"
)
profile = click.option("--profile", default="default", show_default=True, help="方案:各规范不一致处的取舍。")
labels = click.option(
    "--labels",
    type=click.Path(path_type=Path, file_okay=False),
    help="从复核中学到的标签模型的文件夹(见 speechaudit learn);默认用随程序安装的。",
)
as_json = click.option("--json", "as_json", is_flag=True, help="每项输出一行 JSON。")
