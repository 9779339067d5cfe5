"""What people say at windows as a trigram model of characters, for `speechaudit.asr.rescoring`.

`python -m training.talk` reads `training/dialogues` and writes `speechaudit/asr/talk.npz`. Interpolated Kneser-Ney
smoothing (Chen and Goodman, An empirical study of smoothing techniques for language modeling, 1999) with one discount;
bigrams are mixed with those inside the words of jieba's dictionary, so that other talk than that of windows counts too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import jieba
import numpy as np
from numpy.typing import NDArray

from speechaudit.asr import rescoring
from speechaudit.text import error_rate_form
from training.sides import read_dialogues

DISCOUNT = 0.75
GENERAL = 0.1  # share of jieba's words in what follows a character
SPREAD = 2000  # counts of a character in them that are as good as those of the dialogues
LEAST, SHARE = 3, 0.1  # how often a character stands there, and with which share of that it is read so
UNHEARD = 1e-4  # probability of a character that the dialogues do not have
_CLAUSES = re.compile(r"[^\u3400-\u9fff]+")
_EDGE = " "
Counts = Mapping[str, int]
Probabilities = dict[str, float]


def clauses(turns: Iterable[str]) -> list[str]:
    """Return what was said between marks."""
    return [clause for turn in turns for clause in _CLAUSES.split(error_rate_form(turn)) if clause]


def fit(said: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of the model that `rescoring.Talk` reads."""
    three = Counter(gram for clause in said for gram in _grams(clause))
    two = Counter(gram[1:] for gram in three)
    one = Counter(gram[1:] for gram in two)
    alone = {char: count / one.total() for char, count in one.items()}
    of_two, left_two = _interpolated(two, alone)
    of_two = _with_words(of_two, left_two, alone)
    of_three, left_three = _interpolated(three, _backed_off(three, of_two, left_two, alone))
    chars = [_EDGE, rescoring.UNKNOWN, *sorted(set(one) - {_EDGE})]
    ids = {char: number for number, char in enumerate(chars)}
    return {
        "chars": np.array(chars),
        "one": np.log([alone.get(char, UNHEARD) for char in chars]).astype(np.float32),
        "left_one": np.log([left_two.get(char, 1.0) for char in chars]).astype(np.float32),
        **_sorted("two", of_two, ids),
        **_sorted("left_two", left_three, ids),
        **_sorted("three", of_three, ids),
        **_readings(said, ids),
    }


def _grams(clause: str) -> Iterable[str]:
    padded = f"{_EDGE}{_EDGE}{clause}{_EDGE}"
    return (padded[at : at + 3] for at in range(len(padded) - 2))


def _interpolated(counts: Counts, lower: Mapping[str, float]) -> tuple[Probabilities, Probabilities]:
    """The probability of each gram, and how much of each history is left for what never followed it.

    `lower` has the probability of each gram without its first character.
    """
    totals, kinds = Counter[str](), Counter[str]()
    for gram, count in counts.items():
        totals[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    left = {history: DISCOUNT * kinds[history] / totals[history] for history in totals}
    rows = counts.items()
    found = {g: max(0.0, n - DISCOUNT) / totals[g[:-1]] + left[g[:-1]] * lower[g[1:]] for g, n in rows}
    return found, left


def _backed_off(three: Counts, of_two: Probabilities, left: Probabilities, alone: Probabilities) -> Probabilities:
    return {g[1:]: of_two.get(g[1:], left.get(g[1], 1.0) * alone[g[2]]) for g in three}


def _with_words(of_two: Probabilities, left: Probabilities, alone: Probabilities) -> Probabilities:
    """The bigrams mixed with those inside jieba's words, of characters that the dialogues have."""
    inside = _inside_words(alone)
    totals = Counter[str]()
    for pair, count in inside.items():
        totals[pair[0]] += count
    every = {*of_two, *inside}
    seen = {g: of_two.get(g, left.get(g[0], 1.0) * alone[g[1]]) for g in every}
    return {g: (1 - GENERAL) * seen[g] + GENERAL * inside[g] / (totals[g[0]] + SPREAD) for g in sorted(every)}


def _inside_words(known: Mapping[str, float]) -> Counter[str]:
    found = Counter[str]()
    with jieba.dt.get_dict_file() as lines:
        for line in lines:
            word, count = line.decode("utf-8").split()[:2]
            for pair in pairwise(word):
                if known.keys() >= set(pair):
                    found["".join(pair)] += int(count)
    return found


def _sorted(name: str, found: Probabilities, ids: Mapping[str, int]) -> dict[str, NDArray[np.generic]]:
    """Keys (see `rescoring.key`) in order, and the logarithms of their values."""
    keys = np.array([rescoring.key(*(ids[char] for char in gram)) for gram in found], np.int64)
    order = np.argsort(keys)
    values = np.array(list(found.values()), np.float32)[order]
    return {f"{name}_keys": keys[order], name: np.log(values).astype(np.float16)}


def _readings(said: Sequence[str], ids: Mapping[str, int]) -> dict[str, NDArray[np.generic]]:
    """Which characters are read by which syllable, where they stand in the dialogues."""
    times: dict[str, Counter[str]] = defaultdict(Counter)
    for clause in said:
        for char, syllable in zip(clause, rescoring.syllables(clause), strict=True):
            times[char][syllable] += 1
    rows = [
        (syllable, ids[char])
        for char, own in sorted(times.items())
        for syllable, count in sorted(own.items())
        if own.total() >= LEAST and count >= SHARE * own.total()
    ]
    syllables, read = zip(*rows, strict=True)
    return {"syllables": np.array(syllables), "read": np.array(read, np.int32)}


def main() -> None:
    """Fit the model of all dialogues and write it."""
    turns = [turn.text for dialogues in read_dialogues().values() for dialogue in dialogues for turn in dialogue]
    arrays = fit(clauses(turns))
    np.savez_compressed(rescoring.FILE, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
