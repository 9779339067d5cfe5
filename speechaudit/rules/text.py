"""Text as the rules read it: simplified, without punctuation, every character still knowing where it came from."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache

SENTENCE_END = "。"
NI, NIN = "你", "您"  # a recogniser often writes one for the other
_ENDERS = frozenset("。.!?！？;；…\n")
_BREAKS = frozenset(",,、:：—-~～") | _ENDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """The characters that phrases are matched on.

    `chars[i]` came from `original[index[i]]`. Ends of sentences stay as one `。`; other punctuation is gone.
    `breaks` are the positions in `chars` before which any punctuation stood (0 and `len(chars)` included).
    """

    original: str
    chars: str
    index: tuple[int, ...]
    breaks: frozenset[int]

    def quote(self, start: int, end: int) -> str:
        """The original text behind `chars[start:end]`, punctuation included."""
        return self.original[self.index[start] : self.index[end - 1] + 1]

    def clause(self, position: int) -> tuple[int, int]:
        """Start and end in `chars` of the stretch without punctuation around `position`."""
        start = max(b for b in self.breaks if b <= position)
        end = min(b for b in self.breaks if b > position)
        return start, end


@cache
def _simplifier() -> object:
    import opencc

    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Traditional characters to simplified ones, one for one: the length stays."""
    if text.isascii():
        return text
    converted: str = _simplifier().convert(text)  # type: ignore[attr-defined]
    if len(converted) == len(text):
        return converted
    return "".join(_simplifier().convert(c) for c in text)  # type: ignore[attr-defined]


@lru_cache(maxsize=4096)
def fold(text: str) -> Folded:
    """Simplify, lower-case, drop punctuation; remember where each character stood."""
    chars: list[str] = []
    index: list[int] = []
    breaks = {0}
    for position, char in enumerate(simplify(text)):
        width_folded = unicodedata.normalize("NFKC", char)[:1].lower()
        if char in _BREAKS or width_folded in _BREAKS:
            breaks.add(len(chars))
            if (char in _ENDERS or width_folded in _ENDERS) and chars and chars[-1] != SENTENCE_END:
                chars.append(SENTENCE_END)
                index.append(position)
                breaks.add(len(chars))
        elif width_folded.isalnum():
            chars.append(width_folded)
            index.append(position)
    breaks.add(len(chars))
    return Folded(original=text, chars="".join(chars), index=tuple(index), breaks=frozenset(breaks))


@lru_cache(maxsize=1024)
def likeness(one: str, other: str) -> float:
    """How alike two texts sound, 0 to 1: the share of letters and tones that their pinyin have in common."""
    from pypinyin import Style, lazy_pinyin

    left, right = ("".join(lazy_pinyin(t, style=Style.TONE3, neutral_tone_with_five=True)) for t in (one, other))
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


@lru_cache(maxsize=4096)
def word_bounds(chars: str) -> frozenset[int]:
    """Positions in `chars` at which jieba ends or begins a word."""
    import jieba

    jieba.setLogLevel("WARNING")
    return frozenset({0, len(chars), *(end for _, _, end in jieba.tokenize(chars))})
