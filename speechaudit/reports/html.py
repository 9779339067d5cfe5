"""Reports as self-contained pages. Transcripts are hostile input: every value is escaped, no script, nothing loaded."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from speechaudit import terms
from speechaudit.reports import charts, words
from speechaudit.reports.figures import DayFigure, StaffFigures, StaffReport
from speechaudit.reports.names import display_name
from speechaudit.reports.overview import Overview, is_ranked
from speechaudit.text import clock


def staff_page(report: StaffReport, home: str = "index.html") -> str:
    """Return the page of one member of staff; `home` is the address of the overview (empty: there is none)."""
    return (
        _environment()
        .get_template("staff.html")
        .render(
            report=report,
            home=home,
            figures=report.figures,
            settings=report.settings,
            **_charts([report], report.trend),
        )
    )


def overview_page(view: Overview, links: dict[str | None, str]) -> str:
    """Return the page of the whole set; `links` maps each member of staff to the address of the report."""
    reports = [*view.ranked, *view.few]
    return (
        _environment()
        .get_template("overview.html")
        .render(view=view, figures=view.figures, settings=view.settings, links=links, **_charts(reports))
    )


def _charts(reports: Sequence[StaffFigures], trend: Sequence[DayFigure] = ()) -> dict[str, object]:
    scores = [row.total for report in reports for row in report.encounters if row.total is not None]
    titles = {d.name: d.title for report in reports for d in report.figures.dimensions}
    return {"bars": charts.histogram(scores), "dots": charts.trend(trend), "titles": titles}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("speechaudit.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=clock,
        number=words.number,
        tenths=words.one_decimal,
        score=words.score,
        percent=words.percent,
        score_range=words.score_range,
        percent_range=words.percent_range,
        when=words.when,
        sources=words.sources,
        display_name=display_name,
    )
    environment.globals.update(words=words, terms=terms, charts=charts, is_ranked=is_ranked)
    return environment
