"""Progress bars with the time that is left, for commands that hear many files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
    whole = whole_of(jobs, shown)
    for job in jobs:
        with bar(shown, whole, name(job)) as advance:
            yield job, advance


def whole_of(jobs: Sequence[_T], shown: Progress) -> TaskID:
    """Return the bar over all jobs."""
    return shown.add_task(f"全部 {len(jobs)} 个", total=len(jobs))


@contextmanager
def bar(shown: Progress, whole: TaskID, name: str) -> Iterator[Callable[[float], None]]:
    """Give a function that takes the fraction of a job that is done (0 to 1); at the end all of it is, for the `whole`.

    Several threads may do so at a time.
    """
    own, last = shown.add_task(name, total=1.0), 0.0

    def advance(done: float) -> None:
        nonlocal last
        shown.update(own, completed=done)
        shown.advance(whole, done - last)
        last = done

    try:
        yield advance
    finally:
        advance(1.0)
        shown.remove_task(own)
