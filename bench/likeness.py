"""How surely two stretches of speech are told to be one voice or two: `python -m bench.likeness FOLDER`.

Both halves of what is heard of each speaker are compared with each other and with those of everybody else, in a room
and on a telephone line, by four scores: the likeness between over that within (that of `speakers/colleagues.py`), the
cosine of the means, and both normalised against a cohort of other speakers (adaptive s-norm: Matějka et al.,
Interspeech 2017, "Analysis of Score Normalization in Multilingual Speaker Recognition"), for which each half of the
speakers is the cohort of the other. Printed: the equal error rate, and how alike two people and one person are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.day.heard import Heard, unnamed
from bench.dialogues import LINES, RATE, Samples, cast, for_tuning, on_line
from bench.passed import words_of_one
from speechaudit.model import Span
from speechaudit.speakers.colleagues import ratio_of
from speechaudit.speakers.embed import embed

WINDOW, STEP = 1.5, 0.375
LEAST = 4  # windows of a half
GROUPS = 10  # groups of the words of the one who says many
NEAREST = 10  # of the cohort
Floats = npt.NDArray[np.float32]
Score = Callable[[Floats, Floats], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Scores of pairs that are of one person, and of pairs that are of two."""

    same: npt.NDArray[np.float64]
    other: npt.NDArray[np.float64]


def windows_of(samples: Samples) -> Floats:
    """Embeddings of windows over a voice, shape (n, 192); shape (0, 192) where it is shorter than one."""
    seconds = len(samples) / RATE
    starts = np.arange(0.0, seconds - WINDOW, STEP)
    return embed(Heard(samples=samples, speech=()), [Span(start=float(s), end=float(s) + WINDOW) for s in starts])


def halves(samples: Samples, parts: int = 2) -> list[Floats]:
    """The embeddings of equal parts of a voice; none where one would have too few windows."""
    found = [windows_of(part) for part in np.array_split(samples, parts)]
    return found if min(map(len, found)) >= LEAST else []


def cosine(one: Floats, two: Floats) -> float:
    """The cosine of the means."""
    a, b = one.mean(axis=0), two.mean(axis=0)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def normalised(score: Score, cohort: Sequence[Floats]) -> Score:
    """The score in standard deviations above those with the nearest of a cohort, the mean of both sides."""

    def told(one: Floats, two: Floats) -> float:
        raw = score(one, two)
        against = [np.sort([score(side, other) for other in cohort])[-NEAREST:] for side in (one, two)]
        return float(np.mean([(raw - near.mean()) / near.std() for near in against]))

    return told


def trials(people: Mapping[str, Sequence[Floats]], score: Score) -> Trials:
    """All pairs of parts."""
    same = [score(a, b) for parts in people.values() for a, b in combinations(parts, 2)]
    pairs = combinations(people.values(), 2)
    return Trials(
        same=np.array(same), other=np.array([score(a, b) for one, two in pairs for a, b in product(one, two)])
    )


def equal_error_rate(found: Trials) -> float:
    """The rate at which as many of one are taken for two as of two for one."""
    limits = np.sort(np.concatenate([found.same, found.other]))
    missed = np.array([(found.same < limit).mean() for limit in limits])
    false = np.array([(found.other >= limit).mean() for limit in limits])
    at = int(np.abs(missed - false).argmin())
    return float((missed[at] + false[at]) / 2)


def rows(tuned: Trials, held: Trials) -> Iterator[str]:
    """The cells of a score: error rates, and how near the two kinds of pairs come to each other."""
    for found in (tuned, held):
        yield f"{100 * equal_error_rate(found):.1f} % of {len(found.same)} and {len(found.other)}"
    for found in (tuned, held):
        yield f"{np.median(found.other):.2f}, {found.other.max():.2f}"
        yield f"{found.same.min():.2f}, {np.median(found.same):.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("voices", type=Path, help="a folder with manifest.json and clips")
    folder = parser.parse_args().voices
    many = {**cast([folder]), **unnamed(folder)}
    print("| line | score | EER tuning | EER held | two: middle, most | one: least, middle | held: two | held: one |")
    for line in LINES:
        heard = {name: halves(on_line(voice, line, np.random.default_rng(0))) for name, voice in many.items()}
        words = halves(on_line(words_of_one(folder), line, np.random.default_rng(0)), GROUPS)
        tuned = {name: parts for name, parts in heard.items() if parts and for_tuning(name)}
        held = {name: parts for name, parts in heard.items() if parts and not for_tuning(name)} | {"words": words}
        for name, score in {"ratio": ratio_of, "cosine": cosine}.items():
            report(line, name, trials(tuned, score), trials(held, score))
            apart = (normalised(score, cohort(other)) for other in (held, tuned))
            report(line, f"{name}, s-norm", *(trials(own, to) for own, to in zip((tuned, held), apart, strict=True)))


def cohort(people: Mapping[str, Sequence[Floats]]) -> list[Floats]:
    """Everybody's windows, to compare strangers with."""
    return [np.concatenate(list(parts)) for parts in people.values()]


def report(line: str, name: str, tuned: Trials, held: Trials) -> None:
    """Print the row of a score."""
    print(f"| {line} | {name} | " + " | ".join(rows(tuned, held)) + " |", flush=True)


if __name__ == "__main__":
    main()
