"""The sample recordings through the embedded Whisper: verdicts as a careful listener gives them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from speechaudit.asr import whisper
from speechaudit.evaluation import labels
from speechaudit.evaluation.compare import Row, compare
from speechaudit.evaluation.labels import Item
from speechaudit.evaluation.tally import rows_of
from speechaudit.model import Audit
from speechaudit.pipeline import Overrides, audit_recording, audit_transcript
from speechaudit.rules import rulebook

SAMPLES = Path(__file__).parents[1] / "samples"
LABELLED = labels.read(SAMPLES, rulebook.load())
each = pytest.mark.parametrize("item", LABELLED.items, ids=lambda item: item.stem)


@cache
def transcriber() -> whisper.WhisperTranscriber:
    return whisper.load(device="cpu")


@pytest.fixture
def heard(made_once: Callable[[str, Callable[[], Audit]], Audit]) -> Callable[[Path], Audit]:
    """Each recording is heard once in a run, whichever workers need it."""

    def hear(recording: Path) -> Audit:
        return audit_recording(recording, rulebook.load(), transcriber(), Overrides())

    return lambda recording: made_once(recording.stem, lambda: hear(recording))


def rows(item: Item, audit: Audit) -> tuple[Row, ...]:
    assert len(audit.encounters) == len(item.expected)
    return rows_of(compare(item.stem, item.expected, audit.encounters))


def test_every_recording_has_its_expectation_and_its_play() -> None:
    assert LABELLED.unlisted == ()
    assert all(item.play and item.recording for item in LABELLED.items)
    assert len(LABELLED.items) >= 8


@each
def test_the_play_is_judged_as_expected(item: Item) -> None:
    assert item.play
    audit = audit_transcript(item.play, rulebook.load(), Overrides())
    assert [row for row in rows(item, audit) if not row.agrees] == []


@pytest.mark.model
@each
def test_nobody_is_accused_wrongly_of_what_was_heard(item: Item, heard: Callable[[Path], Audit]) -> None:
    assert item.recording
    wrong = [row for row in rows(item, heard(item.recording)) if not row.agrees]
    assert [row for row in wrong if row.found == "fail"] == []


@pytest.mark.model
def test_most_verdicts_of_a_careful_listener_are_found_and_most_others_go_to_a_person(
    heard: Callable[[Path], Audit],
) -> None:
    found = [row for item in LABELLED.items if item.recording for row in rows(item, heard(item.recording))]
    assert sum(row.agrees for row in found) / len(found) > 0.85
    assert sum(row.agrees or row.found == "unclear" for row in found) / len(found) > 0.95
