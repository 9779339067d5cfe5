"""All files of a set of reports, into one folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from speechaudit.errors import InputError
from speechaudit.reports.figures import StaffReport
from speechaudit.reports.html import overview_page, staff_page
from speechaudit.reports.names import OVERVIEW, display_name, stems
from speechaudit.reports.overview import Overview, is_ranked, overview
from speechaudit.reports.xlsx import overview_book, staff_book


def write(reports: Sequence[StaffReport], folder: Path) -> tuple[Path, ...]:
    """Write `reports`, all built at once, and their overview into `folder`, which is made if need be.

    Returns the paths written: index.html, .xlsx, .docx and .json, then the same four for each report in order.
    Raises InputError if there is no report or the folder cannot be written.
    """
    if not reports:
        raise InputError(folder, "没有可以汇总的审核结果", "请先用 speechaudit audit 审核录音，再生成报告")
    names = stems([report.staff for report in reports])
    links = {report.staff: f"{name}.html" for report, name in zip(reports, names, strict=True)}
    view = overview(reports, reports[0].settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = _write_overview(view, links, folder)
        for report, name in zip(reports, names, strict=True):
            paths += _write_report(report, folder, name)
    except OSError as error:
        raise InputError(
            error.filename or folder, f"无法写入报告（{error.strerror}）", "请换一个可写的文件夹"
        ) from error
    return tuple(paths)


def _write_overview(view: Overview, links: dict[str | None, str], folder: Path) -> list[Path]:
    from speechaudit.reports.docx import overview_document

    return [
        _save(folder / f"{OVERVIEW}.html", _encoded(overview_page(view, links))),
        _save(folder / f"{OVERVIEW}.xlsx", overview_book(view)),
        _save(folder / f"{OVERVIEW}.docx", overview_document(view)),
        _save(folder / f"{OVERVIEW}.json", _encoded(_overview_json(view, links))),
    ]


def _write_report(report: StaffReport, folder: Path, name: str) -> list[Path]:
    from speechaudit.reports.docx import staff_document

    return [
        _save(folder / f"{name}.html", _encoded(staff_page(report))),
        _save(folder / f"{name}.xlsx", staff_book(report)),
        _save(folder / f"{name}.docx", staff_document(report)),
        _save(folder / f"{name}.json", _encoded(_json(asdict(report)))),
    ]


def _encoded(text: str) -> bytes:
    """UTF-8; a file name that is not UTF-8 arrives as lone surrogates and must not stop the report."""
    return text.encode("utf-8", "backslashreplace")


def _save(path: Path, content: bytes) -> Path:
    """Write beside and rename, so that an interrupted run leaves the old report whole."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    return part.replace(path)


def _overview_json(view: Overview, links: dict[str | None, str]) -> str:
    reports = [*view.ranked, *view.few]
    staff = [
        {
            "staff": report.staff,
            "name": display_name(report.staff),
            "page": links[report.staff],
            "ranked": is_ranked(report),
            "encounters": report.figures.encounters,
            "score": asdict(report.figures.score),
            "passed": asdict(report.figures.passed),
            "vetoed": report.figures.vetoed,
            "unclear": report.doubts,
        }
        for report in reports
    ]
    whole = {"settings": asdict(view.settings), "figures": asdict(view.figures), "cautions": view.cautions}
    return _json({**whole, "unclear": view.unclear, "staff": staff})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
