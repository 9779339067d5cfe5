"""A centre's own prompts: a folder of sound files, found again in recordings, and learned from what repeats in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy as np

from speechaudit.asr.condition import inspect
from speechaudit.asr.frames import mask_of, spans_of
from speechaudit.asr.landmarks import Landmarks, SharedStretch, landmarks, shared_stretches
from speechaudit.asr.sound import FRAME, RATE, Sound, decode
from speechaudit.asr.tones import tones
from speechaudit.errors import AudioError, InputError
from speechaudit.formats import check_writable
from speechaudit.model import PlayedPrompt, Span
from speechaudit.text import file_name_form

SUFFIXES = (".flac", ".wav", ".mp3", ".ogg", ".opus", ".m4a", ".amr")
SHORTEST, LONGEST = 1.0, 300.0  # seconds of a prompt
SURE = 1.5  # seconds of it that must be found
TAIL = 0.4  # seconds behind the last landmark in which its last syllable ends
NEARLY = 2.0  # seconds before its end in which nobody breaks off a prompt
PIECE = 60.0
MOST, LEAST = 60, 3  # recordings that are compared with each other, and in how many a prompt must be
COPY = 0.5  # share of a recording that another holds too: the same call twice, and no prompt
MARGIN = 0.2
SAME_LAG = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prompt:
    """One prompt by the name of its file, its landmarks, and its length in seconds."""

    name: str
    duration: float
    marks: Landmarks


def read_prompts(folder: Path) -> tuple[Prompt, ...]:
    """Return the prompts of a folder. Raises InputError if it is none, or if a file in it cannot be used."""
    if not folder.is_dir():
        raise InputError(folder, "没有这个提示音文件夹", "请先用 speechaudit prompts add 建立")
    try:
        return tuple(_read_once(path, path.stat().st_mtime_ns) for path in files_of(folder))
    except AudioError as problem:  # no fault of the recording in which they are looked for
        raise InputError(problem.where, problem.problem, problem.cure) from problem


def files_of(folder: Path) -> tuple[Path, ...]:
    """Return the sound files of a folder of prompts, by name."""
    return tuple(sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES))


@lru_cache(maxsize=256)  # every recording is compared with the same files
def _read_once(path: Path, _changed: int) -> Prompt:
    return _read(path)


def _read(path: Path) -> Prompt:
    with decode(path) as sound:
        _check_length(sound, path)
        return Prompt(name=path.stem, duration=sound.duration, marks=landmarks([sound.read(0)]))


def _check_length(sound: Sound, path: Path) -> None:
    if not SHORTEST <= sound.duration <= LONGEST:
        problem = f"长 {sound.duration:.1f} 秒,提示音应为 {SHORTEST:g} 到 {LONGEST:g} 秒"
        raise AudioError(path, problem, "请只给出一段提示音")


def played_prompts(sound: Sound, source: int, prompts: Sequence[Prompt], channel: int) -> Iterator[PlayedPrompt]:
    """Yield where a channel `source` of an open sound plays one of the prompts, told of `channel`.

    Each lasts from the beginning of the prompt to where it breaks off.
    """
    found: list[list[SharedStretch]] = [[] for _ in prompts]
    for at, piece in enumerate(sound.pieces(source, PIECE)):
        marks = landmarks([piece], since=at * PIECE)
        for stretches, prompt in zip(found, prompts, strict=True):
            stretches.extend(shared_stretches(marks, prompt.marks))
    for stretches, prompt in zip(found, prompts, strict=True):
        yield from _plays(prompt, stretches, channel)


def _plays(prompt: Prompt, stretches: Iterable[SharedStretch], channel: int) -> Iterator[PlayedPrompt]:
    """Each time that the prompt plays: its stretches at one lag, from its beginning on."""
    found = sorted(stretches, key=lambda stretch: stretch.lag)
    while found:
        one = [stretch for stretch in found if stretch.lag - found[0].lag <= SAME_LAG]
        found = found[len(one) :]
        if sum(stretch.duration for stretch in one) >= min(SURE, 0.7 * prompt.duration):
            start = max(0.0, one[0].lag)
            whole, heard = one[0].lag + prompt.duration, max(stretch.end for stretch in one) + TAIL
            end = whole if whole - heard <= NEARLY else heard
            yield PlayedPrompt(start=start, end=max(start, end), channel=channel, prompt=prompt.name)


def add(folder: Path, files: Sequence[Path]) -> tuple[Path, ...]:
    """Copy sound files into a folder of prompts as FLAC, and return where.

    Raises AudioError if one cannot be used, InputError if the folder cannot be written or has a prompt of that name.
    """
    check_writable(folder)
    taken = {file_name_form(path.stem): path for path in files_of(folder)}
    for file in files:
        if other := taken.get(form := file_name_form(file.stem)):
            raise InputError(file, f"与 {other} 同名", "一段提示音一个名字:请改名,或先删掉旧的")
        taken[form] = file
    return tuple(_added(folder, file) for file in files)


def _added(folder: Path, file: Path) -> Path:
    with decode(file) as sound:
        _check_length(sound, file)
        return _written(folder / f"{file.stem}.flac", sound, 0, Span(start=0.0, end=sound.duration))


def _written(path: Path, sound: Sound, channel: int, span: Span) -> Path:
    import soundfile

    soundfile.write(path, sound.read(channel, span.start, span.end), RATE, subtype="PCM_16", format="FLAC")
    return path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """One channel of a recording that is compared with others."""

    recording: Path
    source: int
    duration: float
    marks: Landmarks


def learn(
    folder: Path, recordings: Sequence[Path], left_out: Callable[[AudioError], None] = lambda _: None
) -> tuple[Path, ...]:
    """Write what repeats to the sample in `LEAST` recordings or more into a folder of prompts, and return the files.

    Of many recordings `MOST` are compared. Two of which one holds half of the other are one call twice, and prove
    nothing. `left_out` is told of each that cannot be used. Raises AudioError if none can, InputError if the folder
    cannot be written or a prompt in it be used.
    """
    check_writable(folder)
    known = [prompt.marks for prompt in read_prompts(folder)]
    sides = _sides(recordings[:: max(1, -(-len(recordings) // MOST))], left_out)
    return tuple(chain.from_iterable(_learned(folder, side, sides, known) for side in sides))


def _sides(recordings: Sequence[Path], left_out: Callable[[AudioError], None]) -> list[_Side]:
    """The sides of all recordings that can be used. Raises AudioError if none can."""
    sides: list[_Side] = []
    for at, recording in enumerate(recordings, 1):
        try:
            sides += _sides_of(recording)
        except AudioError as problem:
            if at == len(recordings) and not sides:
                raise
            left_out(problem)
    return sides


def _sides_of(recording: Path) -> Iterator[_Side]:
    with decode(recording) as sound:
        for track in inspect(sound).tracks:
            if not track.silent:
                marks = landmarks(sound.pieces(track.source))
                yield _Side(recording=recording, source=track.source, duration=sound.duration, marks=marks)


def _learned(folder: Path, side: _Side, sides: Sequence[_Side], known: list[Landmarks]) -> Iterator[Path]:
    repeated = _repeated(side, sides)
    if not repeated:
        return
    with decode(side.recording) as sound:
        ringing = [Span(start=tone.start, end=tone.end) for tone in tones(sound, side.source, side.source)]
        for span in repeated:
            samples = sound.read(side.source, span.start, span.end)
            marks = landmarks([samples])
            told = sum(stretch.duration for one in known for stretch in shared_stretches(marks, one))
            rung = sum(span.overlap(tone) for tone in ringing)
            if max(told, rung) < 0.5 * span.duration:
                known.append(marks)
                name = sha256(samples.tobytes()).hexdigest()[:12]
                yield _written(folder / f"learned-{name}.flac", sound, side.source, span)


def _repeated(side: _Side, sides: Sequence[_Side]) -> list[Span]:
    """The stretches of one side that enough other recordings hold too."""
    frames = int(side.duration / FRAME) + 1
    count = np.zeros(frames, np.int64)
    for other in {one.recording: None for one in sides if one.recording != side.recording}:
        mask = np.zeros(frames, np.bool_)
        for one in (own for own in sides if own.recording == other):
            mask |= mask_of(shared_stretches(side.marks, one.marks), frames)
        if mask.mean() < COPY:
            count += mask
    spans = (span for span in spans_of(count >= LEAST - 1) if SHORTEST <= span.duration <= LONGEST)
    return [Span(start=max(0.0, s.start - MARGIN), end=min(side.duration, s.end + MARGIN)) for s in spans]
