"""How an audit looks in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from speechaudit.model import Audit, Encounter, Finding, Verdict
from speechaudit.reports import words
from speechaudit.reports.events import describe_asides, describe_marks, describe_parts, name_of_part
from speechaudit.reports.names import display_name
from speechaudit.served import served
from speechaudit.text import clock

MARKS: dict[Verdict, str] = {"pass": "[green]✓[/]", "fail": "[red]✗[/]", "unclear": "[yellow]?[/]", "n/a": "-"}

MOST_EVIDENCE = 3


def show(audit: Audit, console: Console) -> None:
    """Print one recording: who, score, what it stands on."""
    recording = audit.recording
    who = " ".join(filter(None, (display_name(recording.staff), recording.window)))
    console.print(f"\n[bold]{escape(recording.file)}[/]  {escape(who)}  时长 {clock(audit.duration)}", highlight=False)
    for remark in audit.remarks:
        console.print(f"  [yellow]注意:{escape(remark)}[/]")
    if not audit.encounters and not audit.asides:
        console.print("  [yellow]不予评分:没有听到说话[/]", highlight=False)
    for number, encounter in enumerate(audit.encounters, 1):
        title = f"第{number}次服务 {clock(encounter.start)}–{clock(encounter.end)}" if len(audit.encounters) > 1 else ""
        _show_encounter(audit, encounter, title, console)
    for line in describe_asides(audit):
        console.print(f"  [dim]{escape(line)}[/]", highlight=False)


def _show_encounter(audit: Audit, encounter: Encounter, title: str, console: Console) -> None:
    lines = [f"  {title}", "", *(f"  {escape(line)}" for line in describe_parts(audit, encounter))]
    if not encounter.parts:
        lines = [f"  {title} {_score(encounter)}".rstrip()]
    if marks := describe_marks(encounter):
        lines.append(f"    [dim]{marks}[/]")
    for line in filter(str.strip, lines):
        console.print(line, highlight=False, soft_wrap=True)
    for part, own in served(encounter):
        if encounter.parts:
            console.print(f"  {name_of_part(audit, encounter, part)} {_score(own)}", highlight=False)
        _show_findings(own, console)


def _show_findings(encounter: Encounter, console: Console) -> None:
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    for width in (3, 1, None, 5, None):
        table.add_column(width=width, no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for finding in encounter.findings:
        if finding.status == "active" and finding.evidence:
            _add(finding, encounter, table)
    console.print(table, highlight=False)
    silent = sum(f.verdict == "pass" and not f.evidence for f in encounter.findings)
    if silent and encounter.score and encounter.score.total is not None:
        console.print(f"    [green]✓[/] 另有 {silent} 条忌语均未听到", highlight=False)


def _score(encounter: Encounter) -> str:
    score = encounter.score
    if score is None or score.total is None:
        return f"[yellow]不予评分:{escape(score.not_judged if score else '')}[/]"
    parts = " + ".join(f"{d.title} {d.score:g}/{d.full:g}" for d in score.by_dimension)
    veto = "  [red]一票否决[/]" if score.vetoed_by else ""
    return f"[bold {'green' if score.passed else 'red'}]{score.total:g} 分[/] = {parts}{veto}"


def _add(finding: Finding, encounter: Encounter, table: Table) -> None:
    """One row for each of the first pieces of evidence; verdict, title and points stand in the first."""
    points = f"[red]-{finding.points:g}[/]" if finding.points else ""
    head = ("", MARKS[finding.verdict], escape(finding.title), points)
    for evidence in finding.evidence[:MOST_EVIDENCE]:
        table.add_row(*head, f"[dim]{clock(evidence.start)}[/]", escape(words.why(evidence, encounter.findings)))
        head = ("", "", "", "")
