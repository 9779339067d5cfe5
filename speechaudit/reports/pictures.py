"""Charts as pictures, for documents that draw nothing themselves. They hold digits only, which need no Chinese font."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Final

from speechaudit.reports import charts, words
from speechaudit.reports.figures import DayFigure

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SCALE: Final = 3  # pixels of a unit of the chart
ACCENT, AXIS, MARK, INK = "#1f5f86", "#ccd3da", "#7d5600", "#566472"
MOST_LABELS: Final = 12  # dots that carry their mean: more would stand on each other


def trend_picture(days: Sequence[DayFigure], pass_mark: float) -> bytes:
    """Return the trend as PNG: a dot a day with its mean, the pass mark dashed. `days` has at least two."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (int(charts.WIDTH * SCALE), int(charts.HEIGHT * SCALE)), "white")
    draw = ImageDraw.Draw(image)
    _frame(draw, pass_mark)
    dots = charts.trend(days)
    draw.line([(dot.x * SCALE, dot.y * SCALE) for dot in dots], fill=ACCENT, width=SCALE * 2)
    for dot in dots:
        draw.circle((dot.x * SCALE, dot.y * SCALE), dot.radius * SCALE, fill=ACCENT)
        if len(dots) <= MOST_LABELS:
            _text(draw, (dot.x, dot.y - 8), words.score(dot.day.mean), "mb")
    _text(draw, (charts.LEFT, charts.BOTTOM + 6), days[0].day.isoformat(), "la")
    _text(draw, (charts.RIGHT, charts.BOTTOM + 6), days[-1].day.isoformat(), "ra")
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _frame(draw: ImageDraw, pass_mark: float) -> None:
    for value in (0, 50, 100):
        y = charts.y_of(value)
        draw.line(_across(y), fill=AXIS, width=SCALE)
        _text(draw, (charts.LEFT - 5, y), str(value), "rm")
    y = charts.y_of(pass_mark)
    for x in range(int(charts.LEFT), int(charts.RIGHT), 8):
        draw.line([(x * SCALE, y * SCALE), ((x + 4) * SCALE, y * SCALE)], fill=MARK, width=SCALE)


def _across(y: float) -> list[tuple[float, float]]:
    return [(charts.LEFT * SCALE, y * SCALE), (charts.RIGHT * SCALE, y * SCALE)]


def _text(draw: ImageDraw, at: tuple[float, float], text: str, anchor: str) -> None:
    draw.text((at[0] * SCALE, at[1] * SCALE), text, fill=INK, anchor=anchor, font_size=11 * SCALE)
