"""One voice or two on the staff's side: `python -m bench.parts labelled/tuning`.

The staff's words of labelled recordings (times from their plays) alone, and of each two joined one after the other, as
a transfer would. Printed: false second voices of one person, second voices found and told for one, by medium.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from speechaudit.model import Segment
from speechaudit.rules import plays
from speechaudit.speakers import colleagues

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Staff:
    """The windows of one member of staff in one recording: `owners` as in `colleagues.voices_of`."""

    name: str
    voice: str
    medium: str
    owners: tuple[int, ...]
    embeddings: Floats


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    told = [staff for path in sorted(folder.glob("*.opus")) if (staff := _staff(path))]
    alone = [_verdict(each.owners, each.embeddings) for each in told]
    print(f"one person alone: {_counted(alone)}; least likeness {_least(told)}")
    for medium in sorted({each.medium for each in told}):
        pairs = [(a, b) for a, b in permutations(told, 2) if a.medium == b.medium == medium]
        two = [_joined(a, b) for a, b in pairs if a.voice != b.voice]
        one = [_joined(a, b) for a, b in pairs if a.voice == b.voice]
        print(f"{medium}: two people joined: {_counted(two)}; one person's calls joined: {_counted(one)}")


def _staff(path: Path) -> Staff | None:
    cast = yaml.safe_load((path.parents[1] / "cast.yml").read_text(encoding="utf-8"))["recordings"]
    known = cast.get(f"{path.parent.name}/{path.stem}")
    if known is None:
        return None
    segments = plays.parse(path.with_suffix(".play").read_text(encoding="utf-8")).transcript.segments
    owners, embeddings = _embedded(path, [s for s in segments if s.role == "staff"])
    return Staff(path.stem, str(known["staff"]), known["medium"].split("-")[0], owners, embeddings)


def _embedded(path: Path, segments: Sequence[Segment]) -> tuple[tuple[int, ...], Floats]:
    from speechaudit.asr.condition import inspect
    from speechaudit.asr.mono import MonoSound
    from speechaudit.asr.sound import decode
    from speechaudit.speakers.embed import embed

    windows = [(n, window) for n, segment in enumerate(segments) for window in colleagues._windows(segment)]
    with decode(path) as sound:
        tracks = inspect(sound).tracks
        readers = [MonoSound(sound=sound, source=track.source, speech=()) for track in tracks]
        spans = [window for _, window in windows]
        loud = max(readers, key=lambda reader: sum(float((reader.read(s) ** 2).sum()) for s in spans))
        return tuple(n for n, _ in windows), embed(loud, spans)


def _joined(one: Staff, two: Staff) -> str:
    import numpy as np

    behind = max(one.owners, default=0) + 1
    owners = (*one.owners, *(behind + n for n in two.owners))
    return _verdict(owners, np.concatenate([one.embeddings, two.embeddings]), behind)


def _verdict(owners: Sequence[int], embeddings: Floats, behind: int | None = None) -> str:
    found = colleagues.voices_of(owners, embeddings)
    voices = {voice for voice in found.values() if voice}
    if not voices:
        return "in doubt"
    if len(voices) == 1:
        return "one"
    sides = {frozenset(v for n, v in found.items() if (behind is not None and n >= behind) == side) for side in (0, 1)}
    return "two, parted where joined" if all(len(side) == 1 for side in sides) else "two or more, parted elsewhere"


def _counted(verdicts: Sequence[str]) -> str:
    names = sorted(set(verdicts))
    return f"{len(verdicts)}: " + ", ".join(f"{verdicts.count(name)} {name}" for name in names)


def _least(told: Sequence[Staff]) -> str:
    ratios = sorted(_ratios(told))
    return ", ".join(f"{ratio:.2f}" for ratio in ratios[:6])


def _ratios(told: Sequence[Staff]) -> Iterator[float]:
    for each in told:
        if ratio := colleagues.likeness_of_best_cut(each.owners, each.embeddings):
            yield ratio


if __name__ == "__main__":
    main()
