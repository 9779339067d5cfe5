"""Chinese characters as sounds: homophones get the same code, so that patterns over characters match sounds as well.

Codes are private-use characters, one for each syllable without its tone (pypinyin), and differ from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from threading import Lock

# Folded because regional Mandarin and the recogniser swap them: retroflex with dental, -ng with -n after e and i.
_FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("eng", "en"), ("ing", "in"))
# What else base confused most often on telephone lines: docs/decisions/rules-own-unit-names.md.
_INITIALS = frozenset("bpmfdtnlgkhjqxrzcsyw")
_ALIKE_INITIALS = {"l": "n", "r": "n", "m": "n", "h": "f", "p": "b", "t": "d", "k": "g"} | {
    "c": "z",
    "s": "z",
    "q": "j",
    "x": "j",
}
_ALIKE_FINALS = {"ang": "an", "iang": "ian", "uang": "uan", "ou": "u", "o": "uo"}
_CODES: dict[str, str] = {}
_CODES_LOCK = Lock()


def _folded(syllable: str) -> str:
    for long, short in _FOLDS:
        syllable = syllable.replace(long, short)
    return syllable


def _code(syllable: str) -> str:
    """One private-use character per folded syllable: sounds are then matched by the same kind of regex as text."""
    syllable = _folded(syllable)
    with _CODES_LOCK:  # two threads that meet new syllables at once must not give both the same character
        return _CODES.setdefault(syllable, chr(0xE000 + len(_CODES)))


@lru_cache(maxsize=8192)
def readings(char: str) -> str:
    """Return the sound codes of all readings of one character; the character itself if it has none."""
    from pypinyin import Style, pinyin

    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore")
    return "".join(sorted({_code(s) for s in found[0]})) if found else char


@lru_cache(maxsize=4096)
def sounds(chars: str) -> str:
    """Return `chars` with each Chinese character replaced by the code of its sound in context; the length stays."""
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(chars, errors=list)  # type: ignore[arg-type]
    return "".join(c if s == c else _code(s) for c, s in zip(chars, syllables, strict=True))


def syllables(chars: str) -> list[str]:
    """Return the syllable of each character in context, without tone and folded; what has none stays."""
    from pypinyin import lazy_pinyin

    return [_folded(syllable) for syllable in lazy_pinyin(chars, errors=list)]  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def heard_as(chars: str) -> tuple[str, ...]:
    """Return the syllable of each character in context: `syllables`, remembered, for `nearness`."""
    return tuple(syllables(chars))


def nearness(one: Sequence[str], other: Sequence[str]) -> float:
    """Return how near two rows of syllables sound, 0 to 1: by the edits that make one of the other.

    Initials and finals are edited apart, and half an edit is one between those that recognisers confuse.
    """
    from rapidfuzz.distance import Levenshtein

    longest = 2 * max(len(one), len(other))
    edits = (Levenshtein.distance(_parts(one, alike), _parts(other, alike)) for alike in (False, True))
    return 1 - sum(edits) / 2 / longest if longest else 1.0


def _parts(syllables: Sequence[str], alike: bool) -> list[str]:
    """Initials and finals in turn; with `alike` those that recognisers confuse are the same."""
    return [part for syllable in syllables for part in _split(syllable, alike)]


@lru_cache(maxsize=4096)
def _split(syllable: str, alike: bool) -> tuple[str, str]:
    initial = syllable[: 1 if syllable[:1] in _INITIALS else 0]
    final = syllable[len(initial) :]
    if not alike:
        return initial, f"-{final}"
    return _ALIKE_INITIALS.get(initial, initial), f"-{_ALIKE_FINALS.get(final, final)}"


@lru_cache(maxsize=1)
def _alike() -> Mapping[str, str]:
    """The common characters (GB 2312) by the code of each of their readings."""
    found: dict[str, list[str]] = {}
    for high in range(0xB0, 0xF8):
        for char in bytes(byte for low in range(0xA1, 0xFF) for byte in (high, low)).decode("gb2312", "ignore"):
            for code in readings(char):
                found.setdefault(code, []).append(char)
    return {code: "".join(chars) for code, chars in found.items()}


@lru_cache(maxsize=8192)
def homophones(char: str) -> str:
    """Return all common characters that share a reading with this one, itself first; none but itself has no sound."""
    others = {each for code in readings(char) for each in _alike().get(code, "")} - {char}
    return char + "".join(sorted(others))


@lru_cache(maxsize=1024)
def likeness(one: str, other: str) -> float:
    """Return how alike two texts sound, 0 to 1: the share of letters and tones that their pinyin have in common."""
    from pypinyin import Style, lazy_pinyin

    left, right = ("".join(lazy_pinyin(t, style=Style.TONE3, neutral_tone_with_five=True)) for t in (one, other))
    return SequenceMatcher(None, left, right, autojunk=False).ratio()
