"""Reports as self-contained pages. Transcripts are hostile input: every value is escaped, no script, nothing loaded.

The same page is read on a screen, printed by a browser and made a PDF: `print.css` lays it out on A4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from speechaudit import terms
from speechaudit.reports import charts, sameness, words
from speechaudit.reports.about import About
from speechaudit.reports.compare import Others
from speechaudit.reports.figures import EncounterEntry, StaffOutline, StaffReport
from speechaudit.reports.names import display_name
from speechaudit.reports.outline import outlined
from speechaudit.reports.overview import Overview, is_ranked
from speechaudit.reports.paper import (
    PARTS,
    Paper,
    Section,
    facts_of,
    overview_paper,
    place_of,
    quoted,
    shortened,
    staff_paper,
)
from speechaudit.text import clock

# Closed it can be opened on a screen, and does not print; apart it is another page.
Annex = Literal["closed", "open", "apart", "none"]


def staff_page(
    report: StaffReport,
    about: About,
    comparison: Others,
    *,
    home: str = "",
    annex: Annex = "closed",
) -> str:
    """Return the page of one member of staff; `home` is the address of the overview."""
    paper = staff_paper(outlined(report), about, comparison)
    return _page(
        "annex_staff.html", paper, report.encounters, report=report, alike=comparison.alike, home=home, annex=annex
    )


def outline_page(
    report: StaffOutline, about: About, comparison: Others, *, home: str = "", annex: Annex = "none"
) -> str:
    """Return the page of one member of staff without what stands in the annex, or with a way to the page with it."""
    paper = staff_paper(report, about, comparison)
    return _page("report.html", paper, report.encounters, home=home, annex=annex)


def overview_page(
    view: Overview, about: About, comparison: Others, links: Mapping[str | None, str], *, annex: Annex = "closed"
) -> str:
    """Return the page of a window or the centre; `links` maps each member of staff to the address of the report."""
    paper = overview_paper(view, about, comparison)
    return _page("annex_overview.html", paper, view.rows, view=view, links=links, home="", annex=annex)


def paper_page(paper: Paper, *, home: str = "") -> str:
    """Return the page of a paper alone, without an annex; `home` is the address of the list that it stands in."""
    return _page("report.html", paper, (), home=home, annex="none", links={each.staff: "" for each in paper.people})


def _page(template: str, paper: Paper, rows: Sequence[EncounterEntry], **more: object) -> str:
    given = {
        "paper": paper,
        "about": paper.about,
        "figures": paper.figures,
        "settings": paper.settings,
        "bars": charts.histogram([row.total for row in rows if row.total is not None]),
        "dots": charts.trend(paper.trend),
        "titles": {d.name: d.title for d in paper.figures.dimensions},
        "links": {},
    }
    return _environment().get_template(template).render(given | more)


@cache  # templates are compiled once, not for each report
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
    environment.globals.update(words=words, terms=terms, charts=charts, sameness=sameness, is_ranked=is_ranked)
    environment.globals.update(
        shortened=shortened, facts_of=facts_of, place_of=place_of, quoted=quoted, name_of=_name_of
    )
    return environment


def _name_of(section: Section) -> str:
    """Return the heading of a part without its number."""
    return PARTS[section.key]
