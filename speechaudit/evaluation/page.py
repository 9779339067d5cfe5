"""An evaluation as a page for people (Markdown) and as data (JSON). No figure on the page is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from speechaudit import formats, terms
from speechaudit.errors import printable
from speechaudit.evaluation import characters, tally
from speechaudit.evaluation.characters import Errors
from speechaudit.evaluation.compare import ComparedEncounter, Found, Row
from speechaudit.evaluation.goals import FEW, GOALS, measured, shortfalls
from speechaudit.evaluation.run import Evaluation, GroupErrors, JudgedItems
from speechaudit.evaluation.tally import Share, VerdictFigures
from speechaudit.reports import words
from speechaudit.rules import measured as rule_figures
from speechaudit.rules.rulebook import Rulebook
from speechaudit.text import clock

PAGE: Final = "accuracy.md"
DIFFERENCES: Final = "differences.md"
DATA: Final = "accuracy.json"
VERDICTS: Final = {
    "pass": "符合",
    "fail": "违反",
    "unclear": "存疑",
    "n/a": "不适用",
    "unjudged": "未评",
    "none": "无忌语",
}
SOURCES: Final = {"text": "文字", "audio": "录音"}
FIGURES: Final = {
    "fail_precision": "“违反”的精确率",
    "fail_recall": "“违反”的召回率",
    "pass_precision": "“符合”的精确率",
    "pass_recall": "“符合”的召回率",
    "unclear": "存疑",
    "unjudged": "未评",
}
_LEFT: Final[tuple[Found, ...]] = ("fail", "unclear", "unjudged")
_EVIDENCE: Final = 3


def write(evaluation: Evaluation, book: Rulebook, folder: Path) -> tuple[Path, ...]:
    """Write page, differences, data and what is kept beside the rules. Raises InputError if it cannot be done."""
    texts = {
        PAGE: page(evaluation, book),
        DIFFERENCES: differences(evaluation, book),
        DATA: json.dumps(data(evaluation), ensure_ascii=False, indent=1) + "\n",
        rule_figures.NAME: precision_of_rules(evaluation),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise formats.unwritable(folder, problem) from problem
    return tuple(folder / name for name in texts)


def page(evaluation: Evaluation, book: Rulebook) -> str:
    """Return the figures and what they mean, in Chinese. Nothing is quoted: that would give a test set away."""
    in_force = tuple(r.id for r in book.rules if any(r in book.in_force(setting) for setting in r.setting))
    return (
        _environment()
        .get_template(PAGE)
        .render(
            evaluation=evaluation,
            source=evaluation.source,
            measured=dict(measured(evaluation)),
            titles=_titles(book),
            shortfalls=shortfalls(evaluation, in_force),
            disagreements=disagreements(evaluation),
        )
    )


def differences(evaluation: Evaluation, book: Rulebook) -> str:
    """Return every disagreement with its evidence, in Chinese: for whoever looks into them."""
    found = disagreements(evaluation)
    template = _environment().get_template(DIFFERENCES)
    return template.render(disagreements=found, titles=_titles(book), remarks=evaluation.remarks)


def _titles(book: Rulebook) -> dict[str, str]:
    return {rule.id: rule.title for rule in book.rules}


def disagreements(evaluation: Evaluation) -> tuple[tuple[str, Row], ...]:
    """Return every row on which program and listener differ, with its source: false accusations first."""
    rows = [(source, row) for source, judged in measured(evaluation) for row in tally.rows_of(judged.compared)]
    return tuple(sorted((pair for pair in rows if not pair[1].agrees), key=lambda pair: _gravity(pair[1])))


def data(evaluation: Evaluation) -> dict[str, Any]:
    """Return the figures as plain values: shares as hits, of, share, low and high (95 %)."""
    return {
        "source": {**asdict(evaluation.source), **_dates(evaluation)},
        "measured": {source: _judged(judged) for source, judged in measured(evaluation)},
        "layers": [
            {"name": j.name, "title": j.title, **_figures(tally.figures(tally.rows_of(j.compared)))}
            for j in evaluation.audio
        ],
        "characters": [_written(one) for one in evaluation.written],
        "disagreements": [{"source": source, **asdict(row)} for source, row in disagreements(evaluation)],
        "remarks": evaluation.remarks,
    }


def precision_of_rules(evaluation: Evaluation) -> str:
    """Return what is kept beside the rules, as YAML: the precision of each, on plays and on recordings."""
    import yaml

    source = evaluation.source
    told: dict[str, Any] = {
        "on": source.measured.isoformat(),
        "model": source.made_by.model if source.made_by else "-",
        "rulebook_version": source.rulebook_version,
    }
    for name, judged in measured(evaluation):
        by_rule = tally.by_rule(tally.rows_of(judged.compared))
        told[name] = {rule: kept for rule, found in sorted(by_rule.items()) if (kept := _precision(found))}
    head = "# 各条规则的精确率,由 speechaudit evaluate 写成,不要手改\n"
    return f"{head}{yaml.safe_dump(told, allow_unicode=True, sort_keys=False)}"


def _precision(found: VerdictFigures) -> dict[str, Any]:
    shares = {"failed": found.fail_precision, "passed": found.pass_precision}
    return {
        name: {"hits": s.hits, "of": s.of, "low": round(s.interval.low, 4), "high": round(s.interval.high, 4)}
        for name, s in shares.items()
        if s.interval
    }


def _gravity(row: Row) -> int:
    return 0 if row.found == "fail" else 1 if row.expected == "fail" else 2


def _dates(evaluation: Evaluation) -> dict[str, str]:
    source = evaluation.source
    return {"changed": source.changed.isoformat(), "measured": source.measured.isoformat()}


def _judged(judged: JudgedItems) -> dict[str, Any]:
    rows = tally.rows_of(judged.compared)
    return {
        **counted(judged.compared),
        "divided": _share(divided(judged)),
        "total": _figures(tally.figures(rows)),
        "rules": {rule: _figures(found) for rule, found in tally.by_rule(rows).items()},
        "confusion": [{"expected": e, "found": f, "count": n} for (e, f), n in sorted(tally.confusion(rows).items())],
        "innocent": {found: _share(tally.innocent(judged.compared, found)) for found in _LEFT},
    }


def _figures(found: VerdictFigures) -> dict[str, Any]:
    return {name: _share(getattr(found, name)) for name in VerdictFigures.__dataclass_fields__}


def _share(share: Share) -> dict[str, Any]:
    interval = share.interval
    limits = {"low": interval.low, "high": interval.high} if interval else {"low": None, "high": None}
    return {"hits": share.hits, "of": share.of, "share": share.value, **limits}


def _written(one: GroupErrors) -> dict[str, Any]:
    interval = characters.rate_interval(one.errors)
    limits = {"low": interval.low, "high": interval.high} if interval else {"low": None, "high": None}
    return {
        "group": one.group,
        "recordings": len(one.errors),
        **asdict(_sum(one.errors)),
        "rate": characters.rate(one.errors),
        **limits,
    }


def _sum(errors: Sequence[Errors]) -> Errors:
    return sum(errors, characters.NO_ERRORS)


def shown(share: Share) -> str:
    """Return a share as `11/12 = 92%(65–99%)`, or a dash."""
    if share.value is None:
        return "—"
    return f"{share.hits}/{share.of} = {words.percent(share.value)}({words.percent_range(share.interval)})"


def group(one: GroupErrors) -> str:
    """Return the name of a group of recordings."""
    return {**terms.SETTINGS}.get(one.group, one.group)  # type: ignore[call-overload,no-any-return]


def rate(one: GroupErrors) -> str:
    """Return the character error rate of a group with its interval, in tenths of a percent."""
    found, interval = characters.rate(one.errors), characters.rate_interval(one.errors)
    if found is None:
        return "—"
    return f"{found:.1%}" + (f"({interval.low:.1%}–{interval.high:.1%})" if interval else "")


def cell(text: object) -> str:
    """Return the text so that it cannot leave its cell of a Markdown table."""
    return printable(text).replace("|", "\\|").replace("<", "&lt;")


def evidence(row: Row) -> str:
    """Return the first pieces of evidence with time, quote and reason; without any, when the service was."""
    parts = [f"{clock(e.start)} {f'“{e.quote}”' if e.quote else ''} {e.why}" for e in row.evidence[:_EVIDENCE]]
    if not parts and row.span:
        parts = [f"没有依据(服务在 {clock(row.span.start)}–{clock(row.span.end)})"]
    return cell(";".join(" ".join(part.split()) for part in parts))


def divided(judged: JudgedItems) -> Share:
    """Return the share of files in which as many services were found as there are."""
    return Share(hits=sum(d.agrees for d in judged.divisions), of=len(judged.divisions))


def counted(compared: Sequence[ComparedEncounter]) -> Mapping[str, int]:
    """Return the numbers of recordings or plays, of encounters and of expected verdicts."""
    rows = tally.rows_of(compared)
    return {
        "files": len({one.stem for one in compared}),
        "encounters": len({(one.stem, one.encounter) for one in compared}),
        "verdicts": sum(row.expected != "none" for row in rows),
    }


def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - Markdown; `cell` escapes # nosec B701
        loader=PackageLoader("speechaudit.evaluation"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(shown=shown, cell=cell, percent=words.percent, percent_range=words.percent_range)
    environment.globals.update(
        tally=tally,
        total=_sum,
        divided=divided,
        counted=counted,
        evidence=evidence,
        VERDICTS=VERDICTS,
        SOURCES=SOURCES,
        GOALS=GOALS,
        FEW=FEW,
        group=group,
        rate=rate,
    )
    return environment
