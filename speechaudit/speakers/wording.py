"""What the words of one voice or channel tell of who speaks: written cues, and the learned labels of its segments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from speechaudit.model import Segment
from speechaudit.reasons import Reason, because
from speechaudit.sounds import sounds
from speechaudit.text import letters, merge_you

SOUND_WEIGHT, MIN_SOUND_LENGTH = (
    0.6,
    3,
)  # what words of so many characters that only sound like a cue weigh beside a cue
# What the sum of the cues and the mean of the learned log-odds (times the root of the segments) weigh: fitted, see
# docs/decisions/speakers-roles.md.
CUE_WEIGHT, LABEL_WEIGHT = 0.55, 1.0
SIDES: Mapping[str, int] = {"staff-like": 1, "citizen-like": -1}
MAX_PROBABILITY = 0.9999
MAX_LABELLED_SEGMENTS = (
    12  # segments from which on more of them make the labels no surer: a small bias over hours is no evidence
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A form of words that tells the sides apart; `weight` is a log-odds, positive for staff.

    `sound` is the same over sounds (`_sounds`), for what a recogniser wrote with other characters.
    """

    pattern: re.Pattern[str]
    sound: re.Pattern[str]
    weight: float

    def hit(self, text: str, heard: str) -> tuple[str, float]:
        """Return the words that match and their log-odds, ("", 0) for none; one in the sounds, `heard`, weighs less."""
        if found := self.pattern.search(text):
            return found.group(), self.weight
        if (found := self.sound.search(heard)) and found.end() - found.start() >= MIN_SOUND_LENGTH:
            return text[found.start() : found.end()], self.weight * SOUND_WEIGHT
        return "", 0.0


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """The evidence in the words of one party, as log-odds for staff.

    `cues` have them by the words quoted, `learned` is of all labels together, and `sides` are those of the segments by
    the time (seconds) when each begins.
    """

    cues: Mapping[str, float]
    sides: tuple[tuple[float, float], ...] = ()

    @property
    def learned(self) -> float:
        """Log-odds by the learned labels: their mean, the surer the more there are; 0 without any."""
        odds = [own for _, own in self.sides]
        return LABEL_WEIGHT * sum(odds) / len(odds) * math.sqrt(min(len(odds), MAX_LABELLED_SEGMENTS)) if odds else 0.0

    @property
    def odds(self) -> float:
        """Log-odds for staff by cues and labels together."""
        return CUE_WEIGHT * sum(self.cues.values()) + self.learned

    def strongest_reason(self, side: int, most: int = 3) -> Reason | None:
        """Return the reason that speaks most clearly for staff (1) or citizens (-1), or None.

        Cues are quoted. Where a label tells, only its time is: what was said there may be a name or a number.
        """
        best = sorted((words for words in self.cues if self.cues[words] * side > 0), key=lambda w: -abs(self.cues[w]))
        if best:
            return because("words-tell", words=tuple(best[:most]))
        start, odds = max(self.sides, key=lambda own: own[1] * side, default=(0.0, 0.0))
        return because("moment-tells", at=start) if odds * side > 0 else None


def weigh_wording(segments: Sequence[Segment]) -> WordEvidence:
    """Return the evidence in the words of these segments, all of one party."""
    sides = ((segment.start, _label_odds(segment)) for segment in segments)
    return WordEvidence(matched_cues(segments), tuple(own for own in sides if own[1]))


def _label_odds(segment: Segment) -> float:
    """The log-odds of its learned label, 0 without one."""
    found = {label.name: label.confidence for label in segment.labels if label.name in SIDES}
    sure = {name: max(1 - MAX_PROBABILITY, min(MAX_PROBABILITY, own)) for name, own in found.items()}
    return sum(SIDES[name] * math.log(own / (1 - own)) for name, own in sure.items())


def matched_cues(segments: Sequence[Segment]) -> dict[str, float]:
    """Return the words that speak for a side, with their log-odds; each further hit of a cue counts less."""
    found: dict[str, float] = {}
    texts = [_text_and_sounds(segment) for segment in segments]
    for cue in _cues():
        hits = [hit for pair in texts if (hit := cue.hit(*pair))[0]]
        if hits:
            words, weight = max(hits, key=lambda hit: abs(hit[1]))
            found[words] = found.get(words, 0.0) + weight * (1 + math.log(len(hits)))
    return found


def _text_and_sounds(segment: Segment) -> tuple[str, str]:
    """The words of a segment and their sounds: none where nobody recognised them, for then the characters are right."""
    text = merge_you(letters(segment.text))
    return text, _sounds(text) if segment.words else ""


@cache
def _cues() -> tuple[Cue, ...]:
    import yaml

    listed = yaml.safe_load((files(__package__) / "cues.yml").read_text(encoding="utf-8"))
    signs = {"staff": 1, "citizen": -1}
    return tuple(
        Cue(re.compile(entry["cue"]), re.compile(_sounds(entry["cue"])), signs[side] * entry["weight"])
        for side in signs
        for entry in listed[side]
    )


def _sounds(text: str) -> str:
    """The text with a code for each sound, character by character: a pattern has no context to tell readings apart."""
    return "".join(map(sounds, text))
