"""The one voice channel of a recording as a wav file, for those who tell voices apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from speechaudit.asr.condition import inspect
from speechaudit.asr.sound import RATE, decode


def tracks_of(recording: Path) -> int:
    """How many different channels a recording has; two identical ones are one. Raises AudioError."""
    with decode(recording) as sound:
        return len(inspect(sound).tracks)


def write_mono_wav(recording: Path, wav: Path) -> None:
    """Write the first channel in which there is sound as 16 kHz mono 16-bit wav. Raises AudioError."""
    with decode(recording) as sound, soundfile.SoundFile(wav, "w", RATE, 1, "PCM_16") as file:
        for piece in sound.pieces(inspect(sound).tracks[0].source):
            file.write(np.asarray(piece))
