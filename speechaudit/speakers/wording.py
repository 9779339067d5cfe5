"""What the words of one voice or channel tell of who speaks: written cues, and the learned labels of its segments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from speechaudit.model import Segment
from speechaudit.sounds import sounds

BY_SOUND, HEARD_AT_LEAST = 0.6, 3  # what words of so many characters that only sound like a cue weigh beside a cue
# What the sum of the cues and the mean of the learned log-odds (times the root of the segments) weigh: fitted, see
# docs/decisions/speakers-roles.md.
CUES, LEARNED = 0.55, 1.0
SIDES: Mapping[str, int] = {"staff-like": 1, "citizen-like": -1}
SUREST = 0.9999
QUOTED = 14  # characters of a segment that stands for the learned labels


@dataclass(frozen=True, slots=True)
class Cue:
    """A form of words that tells the sides apart; `weight` is a log-odds, positive for staff.

    `sound` is the same over sounds (`_sounds`), for what a recogniser wrote with other characters.
    """

    pattern: re.Pattern[str]
    sound: re.Pattern[str]
    weight: float

    def hit(self, text: str, heard: str) -> tuple[str, float]:
        """The words that match and their log-odds, ("", 0) for none; a match in `heard`, the sounds, weighs less."""
        if found := self.pattern.search(text):
            return found.group(), self.weight
        if (found := self.sound.search(heard)) and found.end() - found.start() >= HEARD_AT_LEAST:
            return text[found.start() : found.end()], self.weight * BY_SOUND
        return "", 0.0


@dataclass(frozen=True, slots=True)
class Wording:
    """What is believed of a party because of its words, as log-odds for staff.

    `cues` have them by the words quoted, `learned` is of all labels together; `telling` are the words of the segment
    whose label weighs most on the side of `learned`, "" without labels.
    """

    cues: Mapping[str, float]
    learned: float = 0.0
    telling: str = ""

    @property
    def odds(self) -> float:
        """All of it."""
        return CUES * sum(self.cues.values()) + self.learned

    def quotes(self, most: int = 3) -> tuple[str, ...]:
        """What speaks most clearly: cues, or the telling segment where there are none."""
        best = sorted(self.cues, key=lambda words: -abs(self.cues[words]))[:most]
        return tuple(best) or (self.telling,) * bool(self.telling)


def weigh(segments: Sequence[Segment]) -> Wording:
    """What the words of these segments, all of one party, tell."""
    sides = [(odds, segment.text) for segment in segments if (odds := _side(segment))]
    if not sides:
        return Wording(matched(segments))
    mean = sum(odds for odds, _ in sides) / len(sides)
    _, text = max(sides, key=lambda side: side[0] * math.copysign(1, mean))
    return Wording(matched(segments), LEARNED * mean * math.sqrt(len(sides)), text[:QUOTED])


def _side(segment: Segment) -> float:
    """The log-odds of its learned label, 0 without one."""
    labels = (label for label in segment.labels if label.name in SIDES)
    return sum(SIDES[own.name] * math.log(sure / (1 - sure)) for own in labels if (sure := min(own.confidence, SUREST)))


def matched(segments: Sequence[Segment]) -> dict[str, float]:
    """What in these segments tells a side: quoted words and their log-odds. Each further hit of a cue counts less."""
    found: dict[str, float] = {}
    texts = [_heard(segment) for segment in segments]
    for cue in _cues():
        hits = [hit for pair in texts if (hit := cue.hit(*pair))[0]]
        if hits:
            words, weight = max(hits, key=lambda hit: abs(hit[1]))
            found[words] = found.get(words, 0.0) + weight * (1 + math.log(len(hits)))
    return found


def _heard(segment: Segment) -> tuple[str, str]:
    """The words of a segment and their sounds: none where nobody recognised them, for then the characters are right."""
    text = _plain(segment.text)
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


def _plain(text: str) -> str:
    """Only the words, with 您 written 你: recognisers confuse the two."""
    return re.sub(r"[\W_]", "", text).replace("您", "你")
