"""Progress bars with the time that is left, for commands that hear many files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_T = TypeVar("_T")


def bars(console: Console) -> Progress:
    """Return the bars with percentage and time left, which vanish when all is done."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("剩余"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def with_bar(
    jobs: Sequence[_T], shown: Progress, name: Callable[[_T], str]
) -> Iterator[tuple[_T, Callable[[float], None]]]:
    """Yield each job with a function that takes the fraction of it that is done (0 to 1)."""
    whole = shown.add_task(f"全部 {len(jobs)} 个", total=len(jobs))
    for number, job in enumerate(jobs):
        bar = shown.add_task(name(job), total=1.0)

        def advance(done: float, number: int = number, bar: TaskID = bar) -> None:
            shown.update(bar, completed=done)
            shown.update(whole, completed=number + done)

        yield job, advance
        shown.update(whole, completed=number + 1)
        shown.remove_task(bar)
