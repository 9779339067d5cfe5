"""Words that were written down, held against what the same place gives when it is decoded once more in another way."""

from __future__ import annotations

from speechaudit.sounds import sounds
from speechaudit.text import error_rate_form


def agreement(before: str, text: str, again: str) -> float:
    """Return the share of the characters of `text` that come again, 0 to 1; `before` are those that led up to it.

    Characters are the same where they sound the same without tones; the texts are aligned by the fewest edits
    (Levenshtein), so that a word counts in its place only. Raises ZeroDivisionError for a `text` without letters.
    """
    from rapidfuzz.distance import Levenshtein

    led, said = error_rate_form(before), error_rate_form(text)
    pairs = Levenshtein.opcodes(sounds(led + said), sounds(error_rate_form(again)))
    ends = (max(0, pair.src_end - max(pair.src_start, len(led))) for pair in pairs if pair.tag == "equal")
    return sum(ends) / len(said)
