"""Eight hours at a counter without hearing them: words, findings, outline and a copy whose index spans the day."""

from __future__ import annotations

import base64
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from service.audio import AudioStore
from service.listening import COPY, PEAKS, Outline
from service.rules import Rules
from service.settings import Settings
from service.store import Database, audits, recordings
from service.store.audits import TranscriptRecord
from service.store.recordings import NewRecording
from speechaudit.model import (
    Audit,
    CallFacts,
    Clause,
    Encounter,
    Evidence,
    Finding,
    Score,
    Segment,
    Transcript,
    Verdict,
    Word,
    recording_with,
)
from speechaudit.pipeline import BY_HAND

HOURS = 8.0
DURATION = HOURS * 3600
SERVICES, LINES, LETTERS = 96, 25, 40  # about 100,000 words
TALK = "您好请问您办什么业务请把身份证给我看一下这个表要填完整谢谢您的配合还有什么可以帮您慢走再见"


def lay_down(database: Database, folder: Path) -> int:
    """Put the day into the store; gives the number of the recording."""
    settings = Settings(data=folder)
    audio = AudioStore(settings)
    facts = CallFacts(setting="counter")
    audit = Audit(
        recording=recording_with(facts, file="day.wav"),
        duration=DURATION,
        encounters=tuple(_service(number * DURATION / SERVICES, DURATION / SERVICES) for number in range(SERVICES)),
        made_by=BY_HAND,
        rulebook_version="v1",
        profile="default",
    )
    sound = audio.put([b"eight hours that nobody decodes"])
    place_sound(audio, sound.sha256)
    whole = Transcript(segments=tuple(s for e in audit.encounters for s in e.transcript.segments), duration=DURATION)
    with database.write() as session:
        new = NewRecording(
            sha256=sound.sha256, size=sound.size, file_name="day.wav", media_type="audio/wav", facts=facts
        )
        row, _ = recordings.add(session, new)
        audits.save_transcript(session, row.id, TranscriptRecord(transcript=whole, made_by=BY_HAND))
        audits.save(session, row.id, audit, run="day", policy=Rules(settings)().policy)
    return row.id


def place_sound(audio: AudioStore, sha256: str) -> None:
    """Put what a worker makes of a day's sound beside it: a copy of the same length, and the outline of noise."""
    with audio.scratch() as base:
        copy = base.with_name(base.name + COPY)
        _copy(copy)
        peaks = base.with_name(base.name + PEAKS)
        peaks.write_text(_outline().model_dump_json(), encoding="utf-8")
        audio.place(copy, sha256 + COPY)
        audio.place(peaks, sha256 + PEAKS)


def _service(start: float, length: float) -> Encounter:
    segments = tuple(_segment(start + number * (length - 30) / LINES, number) for number in range(LINES))
    return Encounter(
        start=start,
        end=start + length,
        transcript=Transcript(segments=segments, duration=DURATION),
        findings=(_finding("fail", start + 10), _finding("unclear", start + 90)),
        score=Score(total=98.0, passed=True),
    )


def _finding(verdict: Verdict, at: float) -> Finding:
    proof = Evidence(start=at, end=at + 3, role="staff", quote="不归我管", reasons=(), match="exact")
    return Finding(
        rule=f"forbidden.{verdict}",
        title="推诿",
        topics=(),
        kind="forbidden",
        dimension="forbidden",
        level="minor",
        status="active",
        verdict=verdict,
        message="请帮助联系",
        clauses=(Clause(document="d", title="服务规范", clause="1", section="第三条", quote="不得推诿、敷衍" * 10),),
        evidence=(proof,),
    )


def _segment(start: float, number: int) -> Segment:
    text = (TALK * 2)[number : number + LETTERS]
    words = tuple(
        Word(start=start + at * 0.2, end=start + at * 0.2 + 0.2, text=letter, confidence=0.9)
        for at, letter in enumerate(text)
    )
    role = "staff" if number % 2 else "citizen"
    return Segment(start=start, end=start + LETTERS * 0.2, text=text, words=words, role=role)  # type: ignore[arg-type]


def _outline() -> Outline:
    amounts = np.random.default_rng(0).integers(0, 256, int(DURATION * 10), np.uint8)  # no compression helps
    return Outline(
        duration=DURATION, per_second=10, scale=0.5, channels=(base64.b64encode(amounts.tobytes()).decode(),)
    )


def _copy(path: Path) -> None:
    """A sound now and then, so that the file is small and its index is that of a whole day."""
    with av.open(str(path), "w", format="webm", options={"cues_to_front": "1"}) as container:
        stream = container.add_stream("libopus", rate=16_000, layout="mono")
        for at in range(0, int(DURATION), 10):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 320), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, at * 16_000, Fraction(1, 16_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
