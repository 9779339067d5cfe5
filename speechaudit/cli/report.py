"""`speechaudit report`: reports per member of staff from saved audits."""

from __future__ import annotations

from pathlib import Path

import click

from speechaudit.cli import options
from speechaudit.errors import InputError

REPORTS = "reports"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=f"报告写到哪里(默认 FOLDER/{REPORTS})。")
@options.lexicons
def report(folder: Path, out: Path | None, lexicons: Path | None) -> None:
    """用保存的稽核结果(*.audit.json)为每位工作人员生成报告。"""
    from speechaudit import formats, reports
    from speechaudit.rules import rulebook

    saved = sorted(folder.rglob(f"*{formats.AUDIT_SUFFIX}"))
    if not saved:
        raise InputError(
            folder, f"里面没有稽核结果(*{formats.AUDIT_SUFFIX})", "请先运行 speechaudit audit … --out 文件夹"
        )
    policy = rulebook.load(lexicons).policy
    settings = reports.ReportSettings(
        pass_mark=policy.pass_mark, minimum_encounters=policy.minimum_encounters, worst=policy.worst_moments
    )
    built = reports.build([formats.read_audit(path) for path in saved], settings)
    for path in reports.write(built, out or folder / REPORTS):
        click.echo(path)
