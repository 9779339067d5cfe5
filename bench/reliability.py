"""Reliability diagrams: what was said to be so probable, and how often it was so (DeGroot and Fienberg, 1983)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

BINS = 10
SIZE, EDGE = 320, 44  # points of the square, and of the room around it
COLOURS = ("#b45309", "#1d4ed8", "#047857")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """So many (`count`) with a probability from `low` to `high`: the mean of it, and the share that was right."""

    low: float
    high: float
    mean: float
    right: float
    count: int


def bins(probabilities: Sequence[float], right: Sequence[bool], number: int = BINS) -> list[Bin]:
    """Return those bins of equal width, from 0 to 1, that hold anything."""
    found = []
    for place in range(number):
        pairs = [(p, r) for p, r in zip(probabilities, right, strict=True) if min(number - 1, int(p * number)) == place]
        if pairs:
            mean, share = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
            low, high = place / number, (place + 1) / number
            found.append(Bin(low=low, high=high, mean=mean, right=share, count=len(pairs)))
    return found


def expected_error(found: Sequence[Bin]) -> float:
    """Return the expected calibration error: how far probability and share lie apart on average."""
    return sum(abs(each.mean - each.right) * each.count for each in found) / sum(each.count for each in found)


def table(diagrams: Mapping[str, Sequence[Bin]]) -> Iterator[str]:
    """Yield a Markdown table of bins for each diagram by its name."""
    for name, found in diagrams.items():
        yield f"| {name} | mean | right | stretches |\n|---|---|---|---|"
        yield from (f"| {b.low:.1f} to {b.high:.1f} | {b.mean:.2f} | {b.right:.2f} | {b.count} |" for b in found)
        yield ""


def picture(diagrams: Mapping[str, Sequence[Bin]]) -> str:
    """Return the diagrams as one SVG: the nearer to the diagonal, the better; larger dots stand for more stretches."""
    side = SIZE + 2 * EDGE
    drawn = "\n".join(
        line
        for colour, (number, (name, found)) in zip(COLOURS, enumerate(diagrams.items()), strict=False)
        for line in _curve(name, number, colour, found)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"
 font-family="sans-serif" font-size="12">
<rect width="{side}" height="{side}" fill="white"/>
<rect x="{EDGE}" y="{EDGE}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#999"/>
<line x1="{EDGE}" y1="{EDGE + SIZE}" x2="{EDGE + SIZE}" y2="{EDGE}" stroke="#999" stroke-dasharray="4"/>
{_marks()}
<text x="{side / 2}" y="{side - 8}" text-anchor="middle">probability told</text>
<text transform="translate(14 {side / 2}) rotate(-90)" text-anchor="middle">share that was right</text>
{drawn}
</svg>
"""


def _marks() -> str:
    places = [(value / 5, value / 5 * SIZE) for value in range(6)]
    below = (f'<text x="{EDGE + at:.0f}" y="{EDGE + SIZE + 16}" text-anchor="middle">{v:g}</text>' for v, at in places)
    left = (f'<text x="{EDGE - 6}" y="{EDGE + SIZE - at + 4:.0f}" text-anchor="end">{v:g}</text>' for v, at in places)
    return "\n".join((*below, *left))


def _curve(name: str, number: int, colour: str, found: Sequence[Bin]) -> Iterator[str]:
    most = max(each.count for each in found)
    points = [(EDGE + each.mean * SIZE, EDGE + (1 - each.right) * SIZE, each.count) for each in found]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    for x, y, count in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + 5 * (count / most) ** 0.5:.1f}" fill="{colour}"/>'
    yield f'<text x="{EDGE + 8}" y="{EDGE + 18 + 16 * number}" fill="{colour}">{name}</text>'
