"""Telling voices apart goes on after a crash from the last finished piece, and says how far it is."""

from pathlib import Path

import pytest
import soundfile

from speechaudit.asr.mono import open_mono
from speechaudit.checkpoint import Checkpoint, FileCheckpoint
from speechaudit.model import MadeBy
from speechaudit.speakers import cluster, diarize, hear_voices, overlap, stretches

SAMPLE = Path(__file__).parents[2] / "samples" / "counter-three-services.ogg"
SECONDS = 60

pytestmark = pytest.mark.model


class Remembered(Checkpoint):
    """What was finished, and what was asked for and not there."""

    def __init__(self, known=()):
        self.known = dict(known)
        self.made = []

    def get(self, name):
        return self.known.get(name)

    def put(self, name, piece):
        self.known[name] = piece
        self.made.append(name)


MADE_BY = MadeBy(program="", transcriber="", model="", model_sha256="", device="", compute_type="")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The first of three services: every piece is made many times here."""
    samples, rate = soundfile.read(SAMPLE, frames=SECONDS * 16000)
    path = tmp_path_factory.mktemp("kept") / "call.wav"
    soundfile.write(path, samples, rate)
    return path


@pytest.fixture
def sound(recording, monkeypatch):
    monkeypatch.setattr(diarize, "SHORTEST_KEPT", 0.0)
    monkeypatch.setattr(diarize, "CHUNK_WINDOWS", 20)
    monkeypatch.setattr(overlap, "BLOCK_CHUNKS", 2)
    with open_mono(recording) as sound:
        yield sound


def test_whatever_was_finished_the_rest_gives_the_same(sound):
    whole = Remembered()
    uninterrupted = hear_voices(sound, checkpoint=whole)
    assert len(whole.made) >= 5
    for finished in (1, len(whole.made) // 2, len(whole.made) - 1):
        rest = Remembered((name, whole.known[name]) for name in whole.made[:finished])
        assert hear_voices(sound, checkpoint=rest) == uninterrupted
        assert rest.made == whole.made[finished:]


def test_it_says_how_far_it_is(sound):
    told: list[float] = []
    hear_voices(sound, progress=told.append)
    assert told == sorted(told)
    assert len(told) > 5
    assert told[-1] == 1.0


def test_of_short_recordings_nothing_is_kept(sound, monkeypatch):
    monkeypatch.setattr(diarize, "SHORTEST_KEPT", 3600.0)
    kept = Remembered()
    hear_voices(sound, checkpoint=kept)
    assert kept.made == []


def test_a_crash_leaves_a_file_that_gives_the_same(sound, recording, tmp_path):
    kept = FileCheckpoint(recording, MADE_BY, tmp_path)
    uninterrupted = hear_voices(sound, checkpoint=kept)
    lines = kept.path.read_bytes().splitlines(keepends=True)
    kept.path.write_bytes(b"".join(lines[:-2]) + lines[-2][:20])
    assert hear_voices(sound, checkpoint=FileCheckpoint(recording, MADE_BY, tmp_path)) == uninterrupted
    assert kept.path.read_bytes().splitlines(keepends=True) == lines


def test_the_other_reading_of_one_voice_is_kept_too(sound, recording, tmp_path, monkeypatch):
    monkeypatch.setattr(diarize, "CHUNK_WINDOWS", 10_000)
    monkeypatch.setattr(cluster, "MAX_RATIO", dict.fromkeys((2, 3, 4), 0.0))
    monkeypatch.setattr(cluster, "MAX_RATIO_SIMILAR", 1.0)
    monkeypatch.setattr(stretches, "MIN_WINDOWS", 10_000)
    voices = hear_voices(sound, checkpoint=FileCheckpoint(recording, MADE_BY, tmp_path))
    assert voices.alternative is not None
    assert (len(voices.embeddings), {turn.voice for turn in voices.alternative.turns}) == (1, {0, 1})
    assert len(voices.doubtful) == 1
    assert hear_voices(sound, checkpoint=FileCheckpoint(recording, MADE_BY, tmp_path)) == voices
