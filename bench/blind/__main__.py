"""`python -m bench.blind`: what the product says of the blind lines and plays, as text and misheard.

Says so of one of the sets. `--plays` prints its plays instead, each with all verdicts. `--json FILE` also writes every
line with what became of it; `--labels FOLDER` takes the label model that is in force there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.blind import PLAYS, SETS, Told, in_plays, judged, lines, read_plays
from speechaudit.reasons import in_english
from speechaudit.rules import rulebook
from speechaudit.rules.rulebook import Rulebook


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=SETS, nargs="?", default="fourth")
    parser.add_argument("--plays", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--labels", type=Path)
    options = parser.parse_args()
    book, folder, labels = rulebook.load(), SETS[options.set], options.labels
    if options.plays:
        print("\n".join(shown(book, folder, labels)))
        return
    told = {
        "lines": lines(book, folder, labels),
        "lines, misheard": lines(book, folder, labels, noise=True),
        "turns in plays": in_plays(book, folder, labels),
        "turns in plays, misheard": in_plays(book, folder, labels, noise=True),
    }
    print("\n".join(whole(told)))
    print("\n".join(by_label(told["lines"])))
    if options.json:
        options.json.write_text(
            json.dumps({name: list(map(_row, own)) for name, own in told.items()}, ensure_ascii=False)
        )


def shown(book: Rulebook, folder: Path, labels: Path | None = None) -> Iterator[str]:
    """Each play with its turns, whose faults are named, and all that was found in it."""
    for number, play in enumerate(read_plays((folder / PLAYS).read_text("utf-8")), 1):
        yield f"\n# play {number}, {play.setting}"
        for segment, fault in zip(play.transcript.segments, play.faults, strict=True):
            yield f"{segment.role}{f'[{fault}]' if fault else ''}: {segment.text}"
        audit = judged(book, play, labels)
        for finding in (finding for encounter in audit.encounters for finding in encounter.findings):
            silent = finding.verdict == "n/a" or (finding.kind == "forbidden" and finding.verdict == "pass")
            if not silent:
                why = "; ".join(f"{evidence.quote} ({in_english(evidence.reasons)})" for evidence in finding.evidence)
                yield f"  {finding.verdict} {finding.rule} {finding.points:g}: {why}"


def whole(told: dict[str, tuple[Told, ...]]) -> Iterator[str]:
    """The table of all lines."""
    yield "| | to be charged | fail or unclear | fail | of its own family | others | wrongly fail | wrongly unclear |"
    yield "|---" * 8 + "|"
    for name, own in told.items():
        guilty, others = [x for x in own if x.labels], [x for x in own if not x.labels]
        found = [x for x in guilty if x.outcome != "missed"]
        cells = [len(guilty), _share(guilty, "fail", "unclear"), _share(guilty, "fail")]
        cells += [f"{sum(x.own for x in found) / max(1, len(found)):.1%}", len(others)]
        cells += [_share(others, "fail"), _share(others, "unclear")]
        yield f"| {name} | " + " | ".join(map(str, cells)) + " |"


def by_label(told: Sequence[Told]) -> Iterator[str]:
    """The table of the lines of each label."""
    yield "\n| label | lines | fail | unclear | missed | of its own family |\n" + "|---" * 6 + "|"
    for label in sorted({label for own in told for label in own.labels}):
        own = [x for x in told if label in x.labels]
        counts = [sum(x.outcome == outcome for x in own) for outcome in ("fail", "unclear", "missed")]
        yield f"| {label} | {len(own)} | " + " | ".join(map(str, (*counts, sum(x.own for x in own)))) + " |"


def _share(told: Sequence[Told], *outcomes: str) -> str:
    count = sum(x.outcome in outcomes for x in told)
    return f"{count} ({count / max(1, len(told)):.1%})"


def _row(told: Told) -> dict[str, object]:
    return {"text": told.text, "labels": sorted(told.labels), "outcome": told.outcome, "rules": told.rules}


if __name__ == "__main__":
    main()
