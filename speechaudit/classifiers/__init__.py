"""Learned text labels: what an utterance means, as far as no phrase list can hold it.

Labels only describe; rules judge. `question` and `request`; `staff-like` and `citizen-like` (who would say it);
`profanity`; and one label `forbid-…` for each family of forbidden phrases. They are read from the words of one segment
alone: who spoke and what was said before and after is for the rules to weigh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from speechaudit.model import Label, Transcript

if TYPE_CHECKING:
    from speechaudit.classifiers.labeller import Labeller

__all__ = ["label", "label_texts"]

_loading = Lock()


def label(transcript: Transcript) -> Transcript:
    """The same transcript with the labels of each segment added to those it has; confidence is 0.5 to 1.

    Texts are expected in simplified characters.

    Raises:
        ModelError: the file of the label model is missing or damaged.
    """
    found = label_texts([segment.text for segment in transcript.segments])
    segments = zip(transcript.segments, found, strict=True)
    return replace(
        transcript, segments=tuple(replace(segment, labels=segment.labels + own) for segment, own in segments)
    )


def label_texts(texts: Sequence[str]) -> tuple[tuple[Label, ...], ...]:
    """For each text its labels with a confidence of 0.5 to 1; none for a text without words.

    Raises:
        ModelError: the file of the label model is missing or damaged.
    """
    with _loading:
        model = _model()
    return model.labels(texts)


@cache
def _model() -> Labeller:
    from speechaudit.classifiers.labeller import Labeller

    return Labeller()
