"""Who spoke in the sample recordings, against the plays they were made from; the words are the play's."""

from dataclasses import replace
from pathlib import Path

import pytest

from speechaudit.asr.mono import MonoSound, open_mono
from speechaudit.asr.sound import decode
from speechaudit.classifiers import label_sides
from speechaudit.model import Recording, Segment, Setting, Transcript, Word
from speechaudit.rules.plays import parse
from speechaudit.speakers import Voices, assign_roles, assign_speakers, hear_voices

SAMPLES = Path(__file__).parents[2] / "samples"
BLIND = 10.0  # seconds: segments that know nothing of turns

pytestmark = pytest.mark.model


def play(name):
    path = SAMPLES / "plays" / f"{name}.play"
    return parse(path.read_text(encoding="utf-8"), str(path)).transcript


def spread(line):
    """One word per character, evenly over the line."""
    step = line.duration / len(line.text)
    for i, character in enumerate(line.text):
        start = line.start + i * step
        yield Word(start=start, end=start + step, text=character, confidence=0.9)


def blind(transcript):
    """The same words in segments that begin and end anywhere, with neither voice nor role."""
    words = [word for line in transcript.segments for word in spread(line)]
    pieces: dict[int, list[Word]] = {}
    for word in words:
        pieces.setdefault(int(word.start / BLIND), []).append(word)
    segments = tuple(
        Segment(start=piece[0].start, end=piece[-1].end, text="".join(w.text for w in piece), words=tuple(piece))
        for piece in pieces.values()
    )
    return replace(transcript, segments=segments)


def characters(transcript):
    """Start of each character -> role of its segment."""
    return {word.start: segment.role for segment in transcript.segments for word in (segment.words or spread(segment))}


def recording_of(name):
    return next(path for path in SAMPLES.glob(f"{name}.*") if path.suffix in {".wav", ".flac", ".ogg", ".mp3"})


@pytest.mark.parametrize("name", ["phone-mono-good", "phone-mono-bad", "counter-three-services"])
def test_words_reach_the_right_side(name):
    truth = play(name)
    with open_mono(recording_of(name)) as sound:
        heard = assign_speakers(blind(truth), hear_voices(sound))
    setting: Setting = "phone" if name.startswith("phone") else "counter"
    judged = characters(assign_roles(label_sides(heard), Recording(file=name, setting=setting), 1))
    said = characters(truth)
    swapped = sum(judged[start] not in {role, "unknown"} for start, role in said.items())
    unknown = sum(role == "unknown" for role in judged.values())
    assert judged.keys() == said.keys()
    assert swapped <= 0.02 * len(said)
    assert unknown <= 0.15 * len(said)


def test_silence_leaves_every_voice_open(tmp_path):
    import wave

    with wave.open(str(tmp_path / "silent.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16000 * 3))
    segment = Segment(start=0.0, end=2.0, text="谢谢观看")
    with decode(tmp_path / "silent.wav") as sound:
        voices = hear_voices(MonoSound(sound=sound, source=0, speech=()))
    heard = assign_speakers(Transcript(segments=(segment,), duration=3.0), voices)
    assert voices == Voices()
    assert heard.segments == (replace(segment, overlapped=0.0),)
