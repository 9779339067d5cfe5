"""Transcribes the recordings with a Whisper model and compares them with their plays: character error rate and text."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import opencc
import soundfile
import soxr
from faster_whisper import WhisperModel
from plays import Play, read_play

SAMPLES = Path(__file__).parent.parent
WHISPER_RATE = 16_000
PROMPT = "以下是普通话的句子。"
ROLES = ("staff", "citizen")


def errors(reference: str, heard: str) -> int:
    """Edit distance of two strings in characters."""
    row = list(range(len(heard) + 1))
    for index, expected in enumerate(reference, 1):
        corner, row[0] = row[0], index
        for column, found in enumerate(heard, 1):
            corner, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, corner + (expected != found))
    return row[-1]


def plain(text: str) -> str:
    """Simplified characters without punctuation."""
    return re.sub(r"\W", "", opencc.OpenCC("t2s").convert(text))


def tracks(play: Play, audio: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Title, wording and samples of what can be transcribed apart: each party in stereo, else the whole."""
    if "staff_channel" not in play.header:
        yield "both", "".join(turn.text for turn in play.turns), audio[:, 0]
        return
    for offset, role in enumerate(ROLES):
        channel = (int(play.header["staff_channel"]) + offset) % 2
        yield role, "".join(turn.text for turn in play.turns if turn.role == role), audio[:, channel]


def check(path: Path, model: WhisperModel) -> Iterator[str]:
    """One line per track: name, role, error rate and what was heard."""
    play = read_play(SAMPLES / "plays" / f"{path.stem}.play")
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    for role, wording, samples in tracks(play, audio):
        sound = soxr.resample(samples, rate, WHISPER_RATE)
        segments, _ = model.transcribe(
            sound, language="zh", initial_prompt=PROMPT, condition_on_previous_text=False, vad_filter=True
        )
        heard = " ".join(segment.text for segment in segments)
        rate_of_errors = errors(plain(wording), plain(heard)) / len(plain(wording))
        yield f"{path.stem} {role} CER {rate_of_errors:.3f}\n    {opencc.OpenCC('t2s').convert(heard)}\n"


def main() -> None:
    """Check the recordings that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="folder of a CTranslate2 Whisper model")
    parser.add_argument("names", nargs="*", help="names of recordings; all if none is given")
    options = parser.parse_args()
    model = WhisperModel(options.model, device="cpu", compute_type="int8")
    for path in sorted(path for path in SAMPLES.iterdir() if path.suffix in {".wav", ".flac", ".ogg"}):
        if path.stem in options.names or not options.names:
            sys.stdout.writelines(check(path, model))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
