"""`speechaudit report`: reports per member of staff from saved audits."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from speechaudit.cli import options
from speechaudit.errors import InputError, MissingPartError

REPORTS = "reports"
SOME_FAILED = 1


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=f"报告写到哪里(默认 FOLDER/{REPORTS})。")
@click.option("--centre", default="", help="中心的名称,写在报告的题头。")
@options.lexicons
def report(folder: Path, out: Path | None, centre: str, lexicons: Path | None) -> None:
    """用保存的稽核结果(*.audit.json)为每位工作人员生成报告。"""
    from speechaudit import formats, reports
    from speechaudit.rules import rulebook

    saved = sorted(folder.rglob(f"*{formats.AUDIT_SUFFIX}"))
    if not saved:
        raise InputError(
            folder, f"里面没有稽核结果(*{formats.AUDIT_SUFFIX})", "请先运行 speechaudit audit … --out 文件夹"
        )
    settings = reports.ReportSettings.of(rulebook.load(lexicons).policy)
    audits = []
    for path in saved:
        try:
            audits.append(formats.read_audit(path))
        except InputError as problem:
            click.echo(f"错误:{problem}", err=True)
    if not audits:
        raise InputError(folder, f"{len(saved)} 个稽核结果都不能读", "请重新运行 speechaudit audit … --out 文件夹")
    about = reports.About(centre=centre.strip(), made_at=datetime.now().astimezone())
    pdfs = _can_make_pdf()
    for path in reports.write(reports.build(audits, settings), out or folder / REPORTS, about, pdfs=pdfs):
        click.echo(path)
    if unread := len(saved) - len(audits):
        click.echo(f"有 {unread} 个稽核结果不能读,没有计入报告", err=True)
        sys.exit(SOME_FAILED)


def _can_make_pdf() -> bool:
    """Return whether PDF can be made here; otherwise say what is missing and go on without."""
    from speechaudit.reports.pdf import require_pdf

    try:
        require_pdf()
    except MissingPartError as missing:
        click.echo(f"没有生成 PDF:{missing}", err=True)
        return False
    return True
