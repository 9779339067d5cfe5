"""All files of a set of reports, into one folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from speechaudit.errors import InputError
from speechaudit.reports.about import About
from speechaudit.reports.compare import Others, compare, main_window
from speechaudit.reports.figures import StaffReport
from speechaudit.reports.html import overview_page, staff_page
from speechaudit.reports.names import OVERVIEW, display_name, stems
from speechaudit.reports.overview import Overview, is_ranked, overview
from speechaudit.reports.pdf import pdf
from speechaudit.reports.sameness import contrasts, seated
from speechaudit.reports.xlsx import overview_book, staff_book


def write(
    reports: Sequence[StaffReport], folder: Path, about: About | None = None, *, pdfs: bool = False
) -> tuple[Path, ...]:
    """Write `reports`, all built at once, and their overview into `folder`, which is made if need be.

    `about` tells what the reports say of themselves besides their figures. Returns the paths written: index.html,
    .xlsx, .docx and .json, then the same four for each report in order, and .pdf after each four if `pdfs`. Raises
    InputError if there is no report or the folder cannot be written, MissingPartError as `require_pdf` does.
    """
    about = about or About()
    if not reports:
        raise InputError(folder, "没有可以汇总的审核结果", "请先用 speechaudit audit 审核录音，再生成报告")
    names = stems([report.staff for report in reports])
    links = {report.staff: f"{name}.html" for report, name in zip(reports, names, strict=True)}
    view = overview(reports, reports[0].settings)
    rows = {report.staff: report.encounters for report in reports if report.staff}
    alike = contrasts(seated(reports), reports[0].settings.minimum_encounters)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = _write_overview(view, links, folder, replace(about, kind="centre"), pdfs=pdfs)
        for report, name in zip(reports, names, strict=True):
            comparison = compare(rows, without=frozenset({report.staff or ""}), window=main_window(report.encounters))
            comparison = replace(comparison, alike=alike.get(report.staff or "", ()))
            paths += _write_report(report, folder / name, about, comparison, pdfs=pdfs)
    except OSError as error:
        raise InputError(
            error.filename or folder, f"无法写入报告（{error.strerror}）", "请换一个可写的文件夹"
        ) from error
    return tuple(paths)


def _write_overview(
    view: Overview, links: dict[str | None, str], folder: Path, about: About, *, pdfs: bool
) -> list[Path]:
    from speechaudit.reports.docx import overview_document

    paths = [
        _save(folder / f"{OVERVIEW}.html", _encoded(overview_page(view, about, Others(), links))),
        _save(folder / f"{OVERVIEW}.xlsx", overview_book(view)),
        _save(folder / f"{OVERVIEW}.docx", overview_document(view, about, Others())),
        _save(folder / f"{OVERVIEW}.json", _encoded(_overview_json(view, links))),
    ]
    page = overview_page(view, about, Others(), links, annex="none") if pdfs else ""
    return [*paths, _save(folder / f"{OVERVIEW}.pdf", pdf(page))] if pdfs else paths


def _write_report(report: StaffReport, stem: Path, about: About, comparison: Others, *, pdfs: bool) -> list[Path]:
    from speechaudit.reports.docx import staff_document

    page = staff_page(report, about, comparison, home=f"{OVERVIEW}.html")
    paths = [
        _save(stem.with_name(f"{stem.name}.html"), _encoded(page)),
        _save(stem.with_name(f"{stem.name}.xlsx"), staff_book(report)),
        _save(stem.with_name(f"{stem.name}.docx"), staff_document(report, about, comparison)),
        _save(stem.with_name(f"{stem.name}.json"), _encoded(_json(asdict(report)))),
    ]
    paper = staff_page(report, about, comparison, annex="none") if pdfs else ""
    return [*paths, _save(stem.with_name(f"{stem.name}.pdf"), pdf(paper))] if pdfs else paths


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
