"""The character error rate: how much of what was said the recogniser wrote down.

Both texts are read as the rules read them (`text.fold`): simplified, of one width, lower case, no punctuation
or spaces. Digits are written as Chinese ones, one for one: 3号 and 三号 are the same, 20 and 二十 are one error apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from speechaudit.model import Transcript
from speechaudit.reports.intervals import Interval
from speechaudit.text import error_rate_form

_RESAMPLES: Final = 9999
_LEVEL: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Edits between a reference of `characters` characters and what was heard."""

    characters: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def edits(self) -> int:
        """All errors; more than `characters` where much was invented."""
        return self.substitutions + self.deletions + self.insertions

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            characters=self.characters + other.characters,
            substitutions=self.substitutions + other.substitutions,
            deletions=self.deletions + other.deletions,
            insertions=self.insertions + other.insertions,
        )


NO_ERRORS: Final = Errors(characters=0, substitutions=0, deletions=0, insertions=0)


def errors(reference: str, heard: str) -> Errors:
    """Return the fewest edits (Levenshtein) that turn the reference into what was heard, both normalised."""
    from rapidfuzz.distance import Levenshtein

    said = error_rate_form(reference)
    kinds = [operation.tag for operation in Levenshtein.editops(said, error_rate_form(heard))]
    return Errors(
        characters=len(said),
        substitutions=kinds.count("replace"),
        deletions=kinds.count("delete"),
        insertions=kinds.count("insert"),
    )


def errors_of(reference: Transcript, heard: Transcript) -> Errors:
    """Return the errors of a recording against its play.

    One channel: all words in order of time. Two: each channel against one role, in the assignment with the fewest
    edits, since who spoke first where two speak at once is no matter of hearing (as cpWER in CHiME-6, 2020).
    """
    channels = sorted({segment.channel for segment in heard.segments})
    if len(channels) < 2:
        return errors(_text(reference), _text(heard))
    sides = (_text(reference, "citizen"), _text(reference, "staff", "machine", "unknown"))
    texts = [_text_of_channel(heard, channel) for channel in channels]
    assigned = (errors(first, texts[0]) + errors(second, texts[1]) for first, second in permutations(sides))
    return min(assigned, key=lambda found: found.edits)


def rate(pieces: Sequence[Errors]) -> float | None:
    """Return the character error rate: all edits by all characters; None without any character."""
    characters = sum(piece.characters for piece in pieces)
    return sum(piece.edits for piece in pieces) / characters if characters else None


def rate_interval(pieces: Sequence[Errors]) -> Interval | None:
    """Return the 95 % interval of the rate: percentile bootstrap over whole recordings, seeded; None for one."""
    import numpy as np

    if len(pieces) < 2 or not rate(pieces):
        return None
    edits, characters = (np.array(values) for values in zip(*((p.edits, p.characters) for p in pieces), strict=True))
    drawn = np.random.default_rng(0).integers(0, len(pieces), (_RESAMPLES, len(pieces)))
    rates = edits[drawn].sum(axis=1) / np.maximum(1, characters[drawn].sum(axis=1))
    low, high = np.percentile(rates, _LEVEL)
    return Interval(low=float(low), high=float(high))


def _text(transcript: Transcript, *roles: str) -> str:
    return "".join(segment.text for segment in transcript.segments if not roles or segment.role in roles)


def _text_of_channel(transcript: Transcript, channel: int) -> str:
    return "".join(segment.text for segment in transcript.segments if segment.channel == channel)
