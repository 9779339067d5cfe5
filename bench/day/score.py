"""How well services were cut: boundaries within five seconds, one to one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.day.plan import Scene
from speechaudit.model import Audit, Span

NEAR = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Boundaries (starts and ends of services): those that are, those that were found, those that were found right."""

    true: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the boundaries found that are right."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the true boundaries that were found."""
        return self.right / self.true if self.true else 0.0


def boundaries(scenes: Iterable[Scene], found: Sequence[Span]) -> Marks:
    """Starts are compared with starts, ends with ends."""
    services = [scene for scene in scenes if scene.kind == "service"]
    starts = _matched([s.start for s in services], [s.start for s in found])
    ends = _matched([s.end for s in services], [s.end for s in found])
    return Marks(true=2 * len(services), found=2 * len(found), right=starts + ends)


def _matched(true: Iterable[float], found: Iterable[float]) -> int:
    """How many pairs lie within five seconds of each other, in order and one to one."""
    left = sorted(found)
    count = 0
    for at in sorted(true):
        near = next((time for time in left if abs(time - at) <= NEAR), None)
        if near is not None:
            left = [time for time in left if time > near]
            count += 1
    return count


def talk_as_services(scenes: Iterable[Scene], audit: Audit) -> tuple[int, int]:
    """How many chats and private calls there were, and how many of them were judged as services."""
    talks = [Span(start=s.start, end=s.end) for s in scenes if s.kind != "service"]
    judged = [e for e in audit.encounters if e.score and e.score.total is not None]
    return len(talks), sum(any(t.overlap(e) > t.duration / 2 for e in judged) for t in talks)


def wrong(scenes: Iterable[Scene], found: Sequence[Span]) -> list[str]:
    """In words: which services were not found as they are, and which were found that are not."""
    services = [scene for scene in scenes if scene.kind == "service"]
    lost = [
        f"missed {s.start:.0f}-{s.end:.0f} {s.turns[0].text}"
        for s in services
        if not any(_same(Span(start=s.start, end=s.end), f) for f in found)
    ]
    extra = [
        f"invented {f.start:.0f}-{f.end:.0f}"
        for f in found
        if not any(_same(Span(start=s.start, end=s.end), f) for s in services)
    ]
    return sorted([*lost, *extra], key=lambda line: float(line.split()[1].split("-")[0]))


def _same(one: Span, two: Span) -> bool:
    return abs(one.start - two.start) <= NEAR and abs(one.end - two.end) <= NEAR
