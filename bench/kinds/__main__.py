"""`python -m bench.kinds`: other instances of each kind of unfair verdict, on text, and what went wrong in one half."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bench.kinds.judging import Told, tell
from bench.kinds.reading import Half, instances
from speechaudit.rules import rulebook

HALVES: tuple[Half, ...] = ("tuning", "held", "later")


def main() -> None:
    """Print the table of kinds; with `--wrong HALF` also what went wrong there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", choices=HALVES)
    parser.add_argument("--half", choices=HALVES, help="judge only these")
    options = parser.parse_args()
    book = rulebook.load()
    told = [tell(book, own) for own in instances() if options.half in (None, own.half)]
    for own in told:
        if own.instance.half == options.wrong and own.outcome != "right":
            print(f"--- {own.instance.kind} {own.outcome}\n{own.instance.text}\n  => {'; '.join(own.wrong + own.asks)}")
    print("| kind | tuning: right, to a person, wrong | held back | later |\n|---|---|---|---|")
    for kind in dict.fromkeys(own.instance.kind for own in told):
        print(f"| {kind} |" + _halves([own for own in told if own.instance.kind == kind]))
    print("| all |" + _halves(told))


def _halves(told: Sequence[Told]) -> str:
    return "".join(f" {_counts([own for own in told if own.instance.half == half])} |" for half in HALVES)


def _counts(told: Sequence[Told]) -> str:
    right, asks, wrong = (sum(own.outcome == outcome for own in told) for outcome in ("right", "asks", "wrong"))
    return f"{right}, {asks}, {wrong} of {len(told)}"


if __name__ == "__main__":
    main()
