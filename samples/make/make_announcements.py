"""The announcements of bench/announcements/sound, each as a file over a telephone line: `make_announcements.py FOLDER`.

`HALF-CALL-TURN.wav` is what the machine says in that turn of that call; `bench.announced` lays them into the calls.
Each half has voices of its own, in turn from call to call.
"""

from __future__ import annotations

import argparse
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from acoustics import PHONE_RATE, level, telephone
from voices import RATE, THREADS, Kokoro, Voice

SOURCE = Path(__file__).parents[2] / "bench" / "announcements" / "sound"
SPEECH_DB = -22.0
TURN = re.compile(r"(staff|citizen|machine) [\d.]+: (.+)")
VOICES = {
    "tuning": (Voice(styles={"jf_tebukuro": 1.0}, speed=0.9), Voice(styles={"jf_nezumi": 1.0}, speed=0.95)),
    "test": (
        Voice(styles={"jf_alpha": 1.0}, speed=0.95),
        Voice(styles={"jf_tebukuro": 0.6, "jf_gongitsune": 0.4}, speed=1.0, pitch=1.06),
        Voice(styles={"jm_kumo": 1.0}, speed=1.0, pitch=1.08),
    ),
}


def announcements(half: str) -> Iterator[tuple[str, str, Voice]]:
    """Yield each announcement of one half: its name, its words and who speaks it."""
    text = (SOURCE / f"{half}.txt").read_text(encoding="utf-8")
    for number, block in enumerate(re.split(r"^# ", text, flags=re.MULTILINE)[1:]):
        turns = [found for line in block.splitlines() if (found := TURN.fullmatch(line))]
        for index, turn in enumerate(turns):
            if turn[1] == "machine":
                yield f"{half}-{number:02d}-{index}", turn[2], VOICES[half][number % len(VOICES[half])]


def main() -> None:
    """Make what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=THREADS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    kokoro = Kokoro(options.folder / "cache", options.threads)
    for half in VOICES:
        for name, words, voice in announcements(half):
            path = options.folder / f"{name}.wav"
            if not path.exists():
                chance = np.random.default_rng(zlib.crc32(path.name.encode()))
                spoken = level(kokoro.say(words, voice), SPEECH_DB)
                soundfile.write(path, telephone(spoken, RATE, chance), PHONE_RATE, "ALAW")


if __name__ == "__main__":
    main()
