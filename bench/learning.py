"""Centres simulated with 300 reviews each, and what the label model learns from them: `python -m bench.learning`.

`formal` speaks in cold officialese, which the delivered model knows badly; `dialect` in that of Sichuan, which it knows
well. Their lines were written for this, and nobody trains or tunes on them. Each has six people: the lines of a block
(an idea) are one each's, so that held out are other people's words for what was reviewed. In `formal-ideas` whole ideas
are held out instead, of which nobody reviewed any. `contrary` is the first centre with every verdict turned round, as
careless or malicious reviewers would give them: it must be refused.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from speechaudit.classifiers.weights import read_weights
from speechaudit.learning import LabelledLine, Learned, ModelComparison, PairedShare, delivered, learn
from speechaudit.model import is_fault
from speechaudit.reports.intervals import wilson_interval

FOLDER = Path(__file__).parent / "centre"
_PARTS = ("found", "charged", "asked", "accused")


def centre(name: str) -> tuple[LabelledLine, ...]:
    """The lines of one simulated centre."""
    labels = [label for label in read_weights().labels if is_fault(label)]
    return tuple(delivered.file_lines(FOLDER / f"{name}.txt", labels))


def by_person(lines: Sequence[LabelledLine]) -> tuple[LabelledLine, ...]:
    """The same lines, the first of each idea by one person, the second by another, and so on."""
    blocks: Counter[str] = Counter()
    found = []
    for line in lines:
        found.append(replace(line, family=f"person-{blocks[line.family]}"))
        blocks[line.family] += 1
    return tuple(found)


def contrary(lines: Sequence[LabelledLine]) -> tuple[LabelledLine, ...]:
    """The same lines with every verdict turned round: what is a fault is fair, and what is fair is scolding."""
    scold = frozenset({"forbid-scold"})
    return tuple(replace(line, labels=frozenset() if line.labels else scold) for line in lines)


@click.command()
def main() -> None:
    """Print what each centre learns."""
    formal, dialect = centre("formal"), centre("dialect")
    centres = {"formal": by_person(formal), "formal-ideas": formal, "dialect": by_person(dialect)}
    centres["contrary"] = contrary(centres["formal"])
    print("| centre | lines of | faults found | faults accused | fair, asked about | fair, accused | outcome |")
    print("|---|---|---|---|---|---|---|")
    for name, lines in centres.items():
        began = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            result = learn(lines, Path(folder))
        for row in rows(name, result):
            print(row, flush=True)
        print(f"<!-- {name}: {len(lines)} lines, {time.process_time() - began:.0f} s of processor time -->", flush=True)


def rows(name: str, result: Learned) -> Iterator[str]:
    """Two rows of the table: on the centre's lines that were kept apart, and on the delivered ones."""
    for part, compared in (("the centre", result.centre), ("the program", result.ours)):
        cells = (_cell(getattr(compared, own)) for own in _PARTS)
        yield f"| {name} | {part} | {' | '.join(cells)} | {_outcome(result, compared)} |"


def _outcome(result: Learned, compared: ModelComparison) -> str:
    if result.model:
        return "in force"
    return "refused: " + (", ".join(compared.worse) or ("better here" if compared.gains else "nothing gained"))


def _cell(share: PairedShare) -> str:
    interval = wilson_interval(share.after, share.of)
    known = f" ({interval.low:.1%} to {interval.high:.1%})" if interval else ""
    return f"{share.before} → {share.after} of {share.of}{known}"


if __name__ == "__main__":
    main()
