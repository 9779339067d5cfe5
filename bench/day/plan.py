"""What happens when on a counter day: the truth that a cut is compared with. No sound."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import yaml

Kind = Literal["service", "chat", "call"]
SHORT_GAP, LONGEST_GAP = (10.0, 30.0), 1200.0  # seconds between two services
SHORT_GAPS = 0.4  # share of the gaps that are short
ASIDE_GAP = 90.0  # a gap of this length has room for talk
ASIDES = 0.4  # share of them that have talk
AWAY = (15.0, 40.0)  # seconds from a service to the talk
PAUSE = (0.4, 1.2)  # between two turns
PITCHES = (0.84, 0.88, 0.92, 0.96, 1.0, 1.05, 1.1, 1.16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One line: who says what in which voice, and when. `pitch` makes another citizen of the same voice."""

    role: str
    text: str
    voice: str
    pitch: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A service, a chat or a private call, from its first to its last word."""

    kind: Kind
    turns: tuple[Turn, ...]

    @property
    def start(self) -> float:
        """Seconds from the start of the day."""
        return self.turns[0].start

    @property
    def end(self) -> float:
        """Seconds from the start of the day."""
        return self.turns[-1].end


Length = Callable[[str, str], float]  # (voice, text) to seconds


class Day:
    """Lays scenes one after the other."""

    def __init__(self, script: dict[str, Any], length: Length, seed: int) -> None:
        self._script = script
        self._length = length
        self._chance = random.Random(seed)

    def scenes(self, services: int, seconds: float) -> tuple[Scene, ...]:
        """So many services within so many seconds, and talk in the gaps between them."""
        lines = self._order(self._script["services"], services)
        drafts = [self._scene("service", each, 0.0) for each in lines]
        gaps = self._gaps(services, seconds - sum(draft.end for draft in drafts))
        found: list[Scene] = []
        now = 0.0
        for draft, gap in zip(drafts, gaps, strict=True):
            if gap >= ASIDE_GAP and self._chance.random() < ASIDES:
                found.append(self._aside(now))
            now += gap
            found.append(moved(draft, now))
            now = found[-1].end
        return tuple(found)

    def _order(self, texts: Sequence[Any], number: int) -> list[Any]:
        """All texts equally often, in a random order."""
        repeated = [text for _ in range(-(-number // len(texts))) for text in self._chance.sample(texts, len(texts))]
        return repeated[:number]

    def _gaps(self, number: int, seconds: float) -> list[float]:
        short = {i for i in range(number) if self._chance.random() < SHORT_GAPS}
        gaps = [self._chance.uniform(*SHORT_GAP) for _ in range(number)]
        weights = [0.0 if i in short else self._chance.uniform(0.1, 1.0) for i in range(number)]
        left = seconds - sum(gaps)
        return [min(LONGEST_GAP, gap + left * w / sum(weights)) for gap, w in zip(gaps, weights, strict=True)]

    def _aside(self, now: float) -> Scene:
        kind: Kind = self._chance.choice(("chat", "call"))
        return self._scene(kind, self._chance.choice(self._script[f"{kind}s"]), now + self._chance.uniform(*AWAY))

    def _scene(self, kind: Kind, lines: Sequence[str], now: float) -> Scene:
        citizen = self._chance.choice(self._script["citizens"]), self._chance.choice(PITCHES)
        turns: list[Turn] = []
        for line in lines:
            who, text = line.split(" ", 1)
            if who == "wait":
                now += float(text)
                continue
            voice, pitch = citizen if who == "citizen" else (self._script[who], 1.0)
            end = now + self._length(voice, text) / pitch
            turns.append(Turn(role=who, text=text, voice=voice, pitch=pitch, start=now, end=end))
            now = end + self._chance.uniform(*PAUSE)
        return Scene(kind=kind, turns=tuple(turns))


def moved(scene: Scene, seconds: float) -> Scene:
    """The same scene so much later."""
    turns = [
        Turn(role=t.role, text=t.text, voice=t.voice, pitch=t.pitch, start=t.start + seconds, end=t.end + seconds)
        for t in scene.turns
    ]
    return Scene(kind=scene.kind, turns=tuple(turns))


def script(name: str) -> dict[str, Any]:
    """The texts and voices of `tune` or `report`."""
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "services.yml").read_text(encoding="utf-8"))[name]
    return found


def spoken_file(folder: Path, voice: str, text: str) -> Path:
    """Where the sound of a line lies."""
    return folder / f"{voice}-{sha256(text.encode()).hexdigest()[:16]}.flac"
