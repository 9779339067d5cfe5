"""How surely announcements are told as they were heard: `python -m bench.announced FOLDER`.

FOLDER holds what machines say in the calls of `announcements/sound`, made by samples/make/make_announcements.py. Each
is heard by the embedded model and laid into its call, where people's words are as they are written: so a call costs no
more than its announcements, and what is told wrongly of people is told of words that they surely said.
In a call, `ROLE PAUSE: WORDS` is a turn, `ring PAUSE TIMES` and `key PAUSE SIGN` are tones behind it.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from bench.machine import Told, summary
from speechaudit.model import Role, Segment, Tone, Transcript, Word
from speechaudit.rules import rulebook
from speechaudit.rules.rulebook import Rulebook
from speechaudit.speakers import mark_announcements
from speechaudit.text import letters

SOURCE = Path(__file__).parent / "announcements" / "sound"
HALVES = ("tuning", "test")
RATE, APART, TOGETHER = 8000, 3.0, 50.0  # seconds between announcements that are heard in one go, and of all of them
SPEED = 4.5  # characters of people a second
LINE = re.compile(r"(staff|citizen|machine) ([\d.]+): (.+)")
TONE = re.compile(r"(ring|key) ([\d.]+) ([\d*#])")
RING = 5.0  # seconds from one ring to the next
Heard = Mapping[str, tuple[float, tuple[Segment, ...]]]  # by name: seconds, and what was written down of them


def hear(folder: Path) -> Heard:
    """Hear all announcements, several in one recording."""
    from speechaudit.asr import whisper

    transcriber, found = whisper.load(device="cpu"), dict[str, tuple[float, tuple[Segment, ...]]]()
    for paths in _together(sorted(folder.glob("*.wav"))):
        with tempfile.TemporaryDirectory() as place:
            joined, starts = _joined(paths)
            soundfile.write(Path(place) / "a.wav", joined, RATE, "ALAW")
            said = transcriber.transcribe(Path(place) / "a.wav").transcript.segments
        for path, start in zip(paths, starts, strict=True):
            seconds = soundfile.info(path).duration
            own = (s for s in said if start - 1 < s.end and s.start < start + seconds + 1)
            found[path.stem] = seconds, tuple(_moved(segment, -start) for segment in own)
    return found


def _together(paths: Sequence[Path]) -> Iterator[list[Path]]:
    some: list[Path] = []
    for path in paths:
        some.append(path)
        if sum(soundfile.info(each).duration + APART for each in some) > TOGETHER:
            yield some
            some = []
    if some:
        yield some


def _joined(paths: Sequence[Path]) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], list[float]]:
    """The samples one after the other with faint noise between them, and where each begins in seconds."""
    parts, starts, at = [np.zeros(RATE, np.float32)], [], 1.0
    for path in paths:
        samples = soundfile.read(path, dtype="float32")[0]
        parts += [samples, np.zeros(int(APART * RATE), np.float32)]
        starts.append(at)
        at += len(samples) / RATE + APART
    whole = np.concatenate(parts)
    noise = np.random.default_rng(0).standard_normal(len(whole)) * 10 ** (-62 / 20)
    return np.asarray(whole + noise, np.float32), starts


def _moved(segment: Segment, seconds: float) -> Segment:
    words = tuple(replace(w, start=w.start + seconds, end=w.end + seconds) for w in segment.words)
    return replace(segment, start=segment.start + seconds, end=segment.end + seconds, words=words)


def calls(half: str, heard: Heard) -> Iterator[tuple[str, Transcript, list[Role]]]:
    """Yield each call with what machines say given to the staff, and who said each segment in truth."""
    blocks = re.split(r"^# ", (SOURCE / f"{half}.txt").read_text("utf-8"), flags=re.MULTILINE)[1:]
    for number, block in enumerate(blocks):
        title, *lines = block.strip().splitlines()
        yield (title, *_laid(f"{half}-{number:02d}", lines, heard))


def _laid(call: str, lines: Sequence[str], heard: Heard) -> tuple[Transcript, list[Role]]:
    said: list[Segment] = []
    true: list[Role] = []
    tones: list[Tone] = []
    at, turns = 0.0, 0
    for line in lines:
        if tone := TONE.fullmatch(line):
            tones += _tones(tone, at)
            at = tones[-1].end
        elif turn := LINE.fullmatch(line):
            own, end = _turn(turn, at + float(turn[2]), heard.get(f"{call}-{turns}"))
            said, at, turns = [*said, *own], end, turns + 1
            true += [_role(turn[1])] * len(own)
    return Transcript(segments=tuple(said), duration=at + 1.0, tones=tuple(tones)), true


def _role(name: str) -> Role:
    roles: tuple[Role, ...] = ("machine", "staff", "citizen")
    return next(role for role in roles if role == name)


def _tones(tone: re.Match[str], at: float) -> list[Tone]:
    start = at + float(tone[2])
    if tone[1] == "key":
        return [Tone(start=start, end=start + 0.2, kind="key", channel=1)]
    rings = (start + RING * n for n in range(int(tone[3])))
    return [Tone(start=ring, end=ring + 1.0, kind="ringing", channel=0) for ring in rings]


def _turn(
    turn: re.Match[str], start: float, heard: tuple[float, tuple[Segment, ...]] | None
) -> tuple[list[Segment], float]:
    if turn[1] == "machine":
        if heard is None:
            raise SystemExit(f"no sound for: {turn[3]} (samples/make/make_announcements.py)")
        seconds, own = heard
        return [replace(_moved(s, start), role="staff") for s in own], start + seconds
    seconds = len(letters(turn[3])) / SPEED
    step = seconds / len(turn[3])
    words = tuple(
        Word(start=start + n * step, end=start + (n + 1) * step, text=text, confidence=0.9)
        for n, text in enumerate(turn[3])
    )
    role, channel = _role(turn[1]), int(turn[1] == "citizen")
    line = Segment(start=start, end=start + seconds, text=turn[3], role=role, channel=channel, words=words)
    return [line], start + seconds


def tell(book: Rulebook, title: str, given: Transcript, true: Sequence[Role]) -> Told:
    """Tell the machines of a call."""
    counts: Counter[tuple[str, str]] = Counter()
    wrong = []
    for segment in mark_announcements(given, book.announcements, "phone").segments:
        pairs = zip(given.segments, true, strict=True)
        whose = max(pairs, key=lambda pair: (pair[0].channel == segment.channel, pair[0].overlap(segment)))[1]
        counts[whose, segment.role] += len(letters(segment.text))
        if whose != segment.role:
            wrong.append(segment)
    return Told(title=title, counts=counts, wrong=tuple(wrong))


def main() -> None:
    """Print a line for each half, and what was told wrongly in the tuning half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    heard, book = hear(parser.parse_args().folder), rulebook.load()
    for half in HALVES:
        told = [tell(book, *call) for call in calls(half, heard)]
        print(summary(f"heard, {half}", told))
        for call in told if half == "tuning" else ():
            for segment in call.wrong:
                print(f"  {call.title}: {segment.role} {segment.text}")


if __name__ == "__main__":
    main()
