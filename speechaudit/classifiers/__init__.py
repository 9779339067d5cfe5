"""Learned text labels: what an utterance means, as far as no phrase list can hold it.

Labels only describe; rules judge. `question` and `request`; `profanity`; and one label `forbid-…` for each family of
forbidden phrases. These are read from the words of one segment and of the turn before it, by another role. Before roles
are known `label_sides` gives `staff-like` or `citizen-like`: who would say it, by the words of the segment alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from speechaudit.model import Label, Segment, Transcript

LONG_PAUSE = 30.0
"""Seconds after which nobody answers what was said before."""
SIDES = frozenset({"staff-like", "citizen-like"})

if TYPE_CHECKING:
    from speechaudit.classifiers.labeller import Labeller
    from speechaudit.classifiers.sides import SideModel

__all__ = ["label", "label_texts", "tell_sides", "with_sides"]

_loading = Lock()


def label(transcript: Transcript) -> Transcript:
    """Return the transcript with the labels of each segment added to those it has; confidence is 0.5 to 1.

    Texts are expected in simplified characters, and roles to be known: what one said is read as an answer to another.

    Raises:
        ModelError: the file of the label model is missing or damaged.
    """
    found = label_texts([segment.text for segment in transcript.segments], turns_before(transcript.segments))
    segments = zip(transcript.segments, found, strict=True)
    return replace(
        transcript, segments=tuple(replace(segment, labels=segment.labels + own) for segment, own in segments)
    )


def turns_before(segments: Sequence[Segment]) -> tuple[str, ...]:
    """Return for each segment the words of the turn before its own; "" after an announcement or a long pause."""
    found: list[str] = []
    before = own = ""
    for last, segment in zip([None, *segments], segments, strict=False):
        if last is None or segment.start - last.end > LONG_PAUSE:
            before = own = ""
        elif segment.role != last.role:
            before, own = ("" if last.role == "machine" else own), ""
        own += segment.text
        found.append(before)
    return tuple(found)


def label_texts(texts: Sequence[str], before: Sequence[str] = ()) -> tuple[tuple[Label, ...], ...]:
    """Return for each text its labels with a confidence of 0.5 to 1; none for a text without words.

    `before` holds for each text what the other side said just before, "" where nothing is known.

    Raises:
        ModelError: the file of the label model is missing or damaged.
    """
    with _loading:
        model = _model()
    return model.labels(texts, before)


def label_sides(transcript: Transcript) -> Transcript:
    """Return the transcript with `staff-like` or `citizen-like` for each segment with words; confidence is 0.5 to 1.

    The log-odds of the confidence are what the model believes. Texts are expected in simplified characters.

    Raises:
        ModelError: the file of the model is missing or damaged.
    """
    with _loading:
        model = _sides()
    return with_sides(transcript, model.odds([segment.text for segment in transcript.segments]).tolist())


def with_sides(transcript: Transcript, odds: Sequence[float]) -> Transcript:
    """Return the transcript with a label for each segment's log-odds for staff, replacing an older one; none for 0."""
    pairs = zip(transcript.segments, odds, strict=True)
    return replace(transcript, segments=tuple(_with_side(segment, own) for segment, own in pairs))


def _with_side(segment: Segment, odds: float) -> Segment:
    others = tuple(own for own in segment.labels if own.name not in SIDES)
    if not odds:
        return replace(segment, labels=others)
    confidence = round(1 / (1 + math.exp(-abs(odds))), 4)
    side = Label(name="staff-like" if odds > 0 else "citizen-like", confidence=confidence)
    return replace(segment, labels=(*others, side))


@cache
def _sides() -> SideModel:
    from speechaudit.classifiers.sides import SideModel

    return SideModel()


@cache
def _model() -> Labeller:
    from speechaudit.classifiers.labeller import Labeller

    return Labeller()
