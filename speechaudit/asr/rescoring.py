"""Words of the same sound, rescored by what people say at windows: 护口本 was 户口本, 攻击金 was 公积金.

Of what base writes wrongly, half has the right syllables and other characters. A trigram model of characters
(`training/talk.py`) tells among all characters of a syllable which are likely; the surer the recogniser was of a
word, the more likely another must be. Only characters of the same syllable come in their place, so what was heard stays
what it was; and never where that changes what a rule finds (`same`), neither towards a scored phrase nor away from one.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from speechaudit.cache import sha256
from speechaudit.model import Role, Segment, Transcript, Word, with_words

FILE: Final = Path(__file__).with_name("talk.npz")
BASE: Final = 1 << 14  # more characters than the model has
BEAM: Final = 12
COST, LEAST_COST = 2.0, 0.5  # nats that another character costs where the recogniser is half sure, and at least
SUREST: Final = 0.98
UNKNOWN: Final = "?"  # stands for all characters that the model has not
_EDGE, _UNKNOWN = 0, 1  # their places among the characters
_CLAUSE: Final = re.compile(r"[0-9\u3400-\u9fff]+")
_DIGITS: Final = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
Floats = NDArray[np.float32]
Same = Callable[[Role, str, str], bool]
_Paths = dict[tuple[int, int], tuple[float, str]]  # by the last two characters: the likeliest way there


def key(*ids: int) -> int:
    """Return one number for up to three characters."""
    return sum(number * BASE**place for place, number in enumerate(reversed(ids)))


@dataclass(frozen=True, slots=True)
class _Table:
    """Logarithms by key, the keys in order."""

    keys: NDArray[np.int64]
    values: Floats

    def get(self, keys: NDArray[np.int64], otherwise: Floats) -> Floats:
        """Return the value of each key, shape as `keys`, and `otherwise` where there is none."""
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.values[at], otherwise)

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> _Table:
        """Return the table of this name."""
        return cls(arrays[f"{name}_keys"], arrays[name].astype(np.float32))


class Talk:
    """A trigram model of characters, and which of them sound alike.

    `arrays`: `chars` (the edge of a clause, what is unknown, then all others), logarithms of `one` and of what is
    `left_one` after each for those that never followed it, both shape (chars,), `two`, `left_two` and `three` with
    their `_keys` in order, and `syllables` beside the characters that are `read` so.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        chars: list[str] = arrays["chars"].tolist()
        self._chars = chars
        self._ids = {char: number for number, char in enumerate(chars)}
        self._ids |= {digit: self._ids[char] for digit, char in _DIGITS.items() if char in self._ids}
        self._one, self._left_one = arrays["one"], arrays["left_one"]
        self._two, self._left_two, self._three = (_Table.of(arrays, name) for name in ("two", "left_two", "three"))
        self._alike: dict[str, list[int]] = defaultdict(list)
        for syllable, number in zip(arrays["syllables"].tolist(), arrays["read"].tolist(), strict=True):
            self._alike[syllable].append(number)

    def likeliest(self, clause: str, sure: Sequence[float]) -> str:
        """Return the clause in those characters of the same sound that are likeliest to be meant.

        `sure` is the recogniser's confidence in each character, 0 to 1.
        """
        paths: _Paths = {(_EDGE, _EDGE): (0.0, "")}
        for char, syllable, confidence in zip(clause, syllables(clause), sure, strict=True):
            paths = self._further(paths, char, self._alike.get(syllable, ()), _cost(confidence))
        ends = ((score + float(self._log(*before, [_EDGE])[0]), said) for before, (score, said) in paths.items())
        return max(ends)[1]

    def _further(self, paths: _Paths, char: str, alike: Sequence[int], cost: float) -> _Paths:
        """The likeliest paths with one character more: `char`, or at a cost one that sounds alike."""
        own = self._ids.get(char, _UNKNOWN)
        ids = [own, *(other for other in alike if other != own)]
        said = [char, *(self._chars[other] for other in ids[1:])]
        found: _Paths = {}
        for (first, second), (score, before) in paths.items():
            gains = self._log(first, second, ids)
            gains[1:] -= cost
            for other, written, gain in zip(ids, said, gains.tolist(), strict=True):
                if (second, other) not in found or found[second, other][0] < score + gain:
                    found[second, other] = (score + gain, before + written)
        return dict(sorted(found.items(), key=lambda path: -path[1][0])[:BEAM])

    def _log(self, first: int, second: int, ids: Sequence[int]) -> Floats:
        """The logarithm of the probability of each character behind two others, shape (ids,)."""
        last = np.array(ids, np.int64)
        lower = self._two.get(key(second, 0) + last, self._left_one[second] + self._one[last])
        left = self._left_two.get(np.array([key(first, second)]), np.zeros(1, np.float32))
        return self._three.get(key(first, second, 0) + last, left + lower)


@cache
def talk() -> Talk:
    """Return the model that came with the program."""
    with np.load(FILE) as arrays:
        return Talk(arrays)


@cache
def talk_sha256() -> str:
    """Return the sum of the model's file."""
    return sha256(FILE)


def rescored(said: Transcript, same: Same) -> Transcript:
    """Return the transcript in the characters that are meant, clause by clause; machines' words stay.

    `same` is told whose words they are and two wordings of a clause, and says whether the same is scored in both: else
    it stays as it was heard.
    """
    return replace(said, segments=tuple(_rescored(segment, partial(same, segment.role)) for segment in said.segments))


def _rescored(segment: Segment, same: Callable[[str, str], bool]) -> Segment:
    if segment.role == "machine" or not segment.words:
        return segment
    return with_words(segment, tuple(_meant(segment.words, same)))


def _meant(words: Sequence[Word], same: Callable[[str, str], bool]) -> Iterator[Word]:
    text = "".join(word.text for word in words)
    sure = [word.confidence for word in words for _ in word.text]
    for found in _CLAUSE.finditer(text):
        clause = _allowed(found[0], talk().likeliest(found[0], sure[found.start() : found.end()]), same)
        text = text[: found.start()] + clause + text[found.end() :]
    for word in words:
        yield replace(word, text=text[: len(word.text)])
        text = text[len(word.text) :]


def _allowed(heard: str, meant: str, same: Callable[[str, str], bool]) -> str:
    """The clause as it was heard, with those stretches that are meant otherwise and may be."""
    written = heard
    for other, places in groupby(range(len(heard)), key=lambda at: heard[at] != meant[at]):
        where = list(places)
        start, end = where[0], where[-1] + 1
        tried = written[:start] + meant[start:end] + written[end:]
        if other and same(written, tried):
            written = tried
    return written


def syllables(clause: str) -> list[str]:
    """Return the syllable of each character in its context, without tone."""
    from pypinyin import lazy_pinyin

    found: list[str] = lazy_pinyin(clause, errors=list)  # type: ignore[arg-type]
    return found


def _cost(confidence: float) -> float:
    sure = min(max(confidence, 1 - SUREST), SUREST)
    return max(LEAST_COST, COST + math.log(sure / (1 - sure)))
