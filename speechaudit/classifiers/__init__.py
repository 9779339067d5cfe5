"""Learned text labels: what an utterance means, as far as no phrase list can hold it.

Labels only describe; rules judge. `question` and `request`; `profanity`; and one label `forbid-…` for each family of
forbidden phrases. These are read from the words of one segment and of the turn before it, by another role. Before roles
are known `label_sides` gives `staff-like` or `citizen-like`: who would say it, by the words of the segment alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from speechaudit.classifiers.chosen import LabelModel, in_force, step_back
from speechaudit.classifiers.chosen import label_model as _told_of
from speechaudit.model import NO_FAULT, SOME_FAULT, Label, MadeBy, Segment, Transcript

LONG_PAUSE = 30.0
"""Seconds after which nobody answers what was said before."""
SIDES = frozenset({"staff-like", "citizen-like"})

if TYPE_CHECKING:
    from speechaudit.classifiers.labeller import Labeller
    from speechaudit.classifiers.sides import SideModel

__all__ = [
    "LabelModel",
    "label",
    "label_model",
    "label_texts",
    "labelled_by",
    "outdated",
    "relabelled",
    "step_back",
    "tell_sides",
    "with_sides",
]

_loading = Lock()


def label(transcript: Transcript, folder: Path | None = None) -> Transcript:
    """Return the transcript with the labels of each segment in place of those it has; confidence is 0.5 to 1.

    Texts are expected in simplified characters, and roles to be known: what one said is read as an answer to another.
    `folder` holds the models that a centre learned; without it the delivered one tells.

    Raises:
        ModelError: the file of the label model is missing or damaged.
    """
    with _loading:
        model = _model(in_force(folder))
    found = model.labels([segment.text for segment in transcript.segments], turns_before(transcript.segments))
    known = {*model.names, SOME_FAULT, NO_FAULT}
    segments = zip(transcript.segments, found, strict=True)
    return replace(transcript, segments=tuple(_with_labels(segment, own, known) for segment, own in segments))


def _with_labels(segment: Segment, own: tuple[Label, ...], known: Container[str]) -> Segment:
    """The segment with these of the `known` labels, and whatever other labels it has."""
    return replace(segment, labels=(*(each for each in segment.labels if each.name not in known), *own))


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


def label_texts(
    texts: Sequence[str], before: Sequence[str] = (), folder: Path | None = None
) -> tuple[tuple[Label, ...], ...]:
    """Return for each text its labels with a confidence of 0.5 to 1; none for a text without words.

    `before` holds for each text what the other side said just before, "" where nothing is known. `folder` is as in
    `label`.

    Raises:
        ModelError: the file of the label model is missing or damaged.
    """
    with _loading:
        model = _model(in_force(folder))
    return model.labels(texts, before)


def label_model(folder: Path | None = None) -> LabelModel:
    """Return which label model is in force in this folder. Raises ModelError."""
    return _told_of(in_force(folder))


def labelled_by(made_by: MadeBy, folder: Path | None = None) -> MadeBy:
    """Return by what a transcript was made, with the label model that is in force. Raises ModelError."""
    known = label_model(folder)
    return replace(made_by, label_model=known.name, label_model_sha256=known.sha256)


def relabelled(
    transcript: Transcript,
    made_by: MadeBy,
    folder: Path | None = None,
    tell: Callable[[Transcript, Path | None], Transcript] = label,
) -> tuple[Transcript, MadeBy]:
    """Return a transcript with the labels of the model that is in force, where another one told them; and by what.

    Of older transcripts nobody knows which did: they change only where a centre has learned. `tell` does as `label`.
    Raises ModelError.
    """
    if not outdated(made_by, folder):
        return transcript, made_by
    return tell(transcript, folder), labelled_by(made_by, folder)


def outdated(made_by: MadeBy, folder: Path | None = None) -> bool:
    """Return whether labels come from another model than the one in force; `relabelled` says how. Raises ModelError."""
    now = labelled_by(made_by, folder)
    learned = now.label_model_sha256 != label_model().sha256
    return now != made_by and bool(made_by.label_model_sha256 or learned)


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
def _model(path: Path) -> Labeller:
    from speechaudit.classifiers.labeller import Labeller

    return Labeller(path)
