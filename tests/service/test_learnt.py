"""What a centre's reviews taught, from the reviews to what its worker says of a recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import learning as bench
from service.audio import AudioStore
from service.jobs.queue import run_of
from service.jobs.work import Listener, Work
from service.settings import Settings
from service.store import Database, audits, recordings, workers
from service.store.audits import TranscriptRecord
from speechaudit import classifiers
from speechaudit.learning import delivered, learn, run
from speechaudit.model import Audit, Segment, Transcript
from speechaudit.pipeline import Libraries
from speechaudit.rules import rulebook
from tests.service.service_kit import MADE_BY, new_recording

SAID = Transcript(segments=(Segment(start=0.0, end=1.0, text="给老子爬远点", role="staff"),), duration=1.0)
OLDER = replace(MADE_BY, label_model="delivered-1", label_model_sha256="0" * 12)


def judged(db: Database, work: Work) -> Audit:
    """What the worker says of the recording, which an older label model had read."""
    assert work.hear(1) is None
    assert work.judge(1, run_of(1, 1)) is None
    with db.read() as session:
        row = audits.find_current(session, 1)
        assert row is not None
        return audits.counting(session, row)


@pytest.mark.model
@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)  # learning takes half a minute, for each database
def test_a_worker_judges_by_what_the_reviews_of_its_centre_taught(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ANCHORS", 200)
    every = delivered.lines
    monkeypatch.setattr(delivered, "lines", lambda known: every(known)[::8])
    settings = Settings(data=tmp_path / "data")
    result = learn(bench.by_person(bench.centre("formal")), settings.label_models)
    assert result.model is not None
    assert result.centre.found.after > result.centre.found.before
    assert classifiers.label_model(settings.label_models) == result.model
    audio = AudioStore(settings)
    with db.write() as session:
        recordings.add(session, new_recording(1, sha256=audio.put([b"sound"]).sha256))
        workers.register(session, "w", host="h", pid=1, version="1")
    heard: Listener = lambda *_: TranscriptRecord(transcript=SAID, made_by=OLDER)  # noqa: E731
    work = Work(db, audio, heard, rulebook.load, "w", libraries=Libraries(labels=settings.label_models))
    audit = judged(db, work)
    assert (audit.made_by.label_model, audit.made_by.label_model_sha256) == (result.model.name, result.model.sha256)
    assert any(label.name == "profanity" for label in audit.encounters[0].transcript.segments[0].labels)
