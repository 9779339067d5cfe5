"""Speaks all lines of services.yml once: `build/voices/bin/python bench/day/speak.py FOLDER`.

Runs in the virtual environment of the voices (samples/make/README.md). Takes about half an hour.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import soundfile
import soxr
import yaml

HERE = Path(__file__).parent
MAKE = HERE.parents[1] / "samples" / "make"
sys.path[:0] = [str(MAKE), str(HERE)]

from acoustics import ROOM_RATE, level  # noqa: E402
from plan import spoken_file  # noqa: E402
from voices import RATE, Kokoro, Voice  # noqa: E402

SPEECH_DB = -22.0


def lines(script: Path) -> Iterator[tuple[str, str]]:
    """Each voice with each text that it says."""
    for day in yaml.safe_load(script.read_text(encoding="utf-8")).values():
        for line in (line for scene in day["services"] + day["chats"] + day["calls"] for line in scene):
            who, text = line.split(" ", 1)
            voices = [] if who == "wait" else day["citizens"] if who == "citizen" else [day[who]]
            yield from ((voice, text) for voice in voices)


def main() -> None:
    """Speak what is not there yet."""
    folder = Path(sys.argv[1])
    cast = yaml.safe_load((MAKE / "cast.yml").read_text(encoding="utf-8"))
    kokoro = Kokoro(folder / "cache")
    for voice, text in lines(HERE / "services.yml"):
        path = spoken_file(folder, voice, text)
        if not path.exists():
            sound = level(kokoro.say(text, Voice(**cast["voices"][voice])), SPEECH_DB)
            soundfile.write(path, soxr.resample(sound, RATE, ROOM_RATE), ROOM_RATE)


if __name__ == "__main__":
    main()
