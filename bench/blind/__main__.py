"""`python -m bench.blind`: what the product says of the blind lines and plays, as text and misheard.

Says so of one of the sets. `--json FILE` also writes every line with what became of it; `--labels FOLDER` takes the
label model that is in force there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.blind import SETS, Told, in_plays, lines
from speechaudit.rules import rulebook


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=SETS, nargs="?", default="third")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--labels", type=Path)
    options = parser.parse_args()
    book, folder, labels = rulebook.load(), SETS[options.set], options.labels
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
