"""Several of what waits at once: the gaps they share are filled once, or all are given up; each is answered for itself.

What a recording came with stays: what is typed here is only for those that lack it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Query, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from service.api import intake as api
from service.api import noting
from service.api.intake import Listed, PendingOut
from service.api.schemas import BIGGEST, In
from service.auth.permissions import Permission
from service.errors import ConflictError, NotFoundError, RequestError, ServiceError, UnavailableError
from service.web import choices, gaps, messages
from service.web.forms import REFUSED, Form, Sent, read_as
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
# Recordings of one recorder may share these; each has its own time and ringing.
SHARED: Final = ("setting", "window", "staff", "direction", "staff_channel")
_MOST: Final = Listed().limit
_NONE: Final = RequestError("录音", "一个也没有选中", "请回到列表,在要处理的录音前打勾")
_TOO_MANY: Final = RequestError("录音", f"一次最多 {_MOST} 个", "请分几次处理")
_UNSURE: Final = RequestError("放弃", "还没有确认", "请在“删除后不能恢复”前打勾,再放弃")


class Chosen(In):
    """Which ones: at most a page of the list."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=BIGGEST)]], Field(max_length=_MOST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDone:
    """One that could not be done, and why; `name` is that of its file, or says which number there is nothing under."""

    number: int
    name: str
    problem: ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of those that were sent: the numbers of those done, and the others, who may be tried again."""

    done: tuple[int, ...] = ()
    failed: tuple[NotDone, ...] = ()
    waiting: tuple[PendingOut, ...] = ()
    problem: ServiceError | None = None


@pages.get("/pending/several", Permission.RECORDINGS_MANAGE)
def choose(visit: Visiting, ids: Annotated[Sequence[str], Query(alias="id")] = ()) -> Response:
    """Show those that were ticked in the list, with what they came with and what they lack."""
    return _shown(visit, Form(), _asked(visit, ids))


@pages.post("/pending/several/complete", Permission.RECORDINGS_MANAGE)
def complete(visit: Visiting, form: Sent) -> Response:
    """Make each a recording if it can become one."""

    def one(row: PendingOut, kept: Mapping[str, str]) -> None:
        shared = {name: stated or form[name] for name, stated in _stated(row, kept).items()}
        api.complete_pending(*visit.asked, row.id, gaps.read({**kept, **shared}))

    attempt = _each(visit, form, one)
    return _answered(visit, form, attempt, "complete", "several-completed")


@pages.post("/pending/several/discard", Permission.RECORDINGS_MANAGE)
def discard(visit: Visiting, form: Sent) -> Response:
    """Discard them, and delete their sound, only where that was confirmed; none of them is audited."""
    if not form["sure"]:
        asked = _asked(visit, form.all("id"))
        return _shown(visit, form, replace(asked, problem=asked.problem or _UNSURE))
    attempt = _each(visit, form, lambda row, _: api.discard_pending(*visit.asked, row.id))
    return _answered(visit, form, attempt, "discard", "several-discarded")


def _stated(row: PendingOut, kept: Mapping[str, str]) -> dict[str, str]:
    """Return what it came with; what nobody has registered is told too, and nothing is put in its place."""
    return {name: kept[name] or row.known.get(name, "") for name in SHARED}


def _asked(visit: Visit, ids: Iterable[str]) -> Attempt:
    """Return those that wait, and those that do not any more or never did; the problem where none can be asked for."""
    try:
        chosen = read_as(Chosen, {"ids": [*dict.fromkeys(ids)]}, _TOO_MANY).ids
    except RequestError as problem:
        return Attempt(problem=problem)
    waiting: list[PendingOut] = []
    gone: list[NotDone] = []
    for number in chosen:
        try:
            row = api.get_pending(*visit.asked, number)
        except NotFoundError as problem:
            gone.append(NotDone(number=number, name=f"待处理 {number}", problem=problem))
            continue
        if row.state == "waiting":
            waiting.append(row)
        else:
            decided = ConflictError("录音", f"已由 {row.decided_by} 处理", "不用再处理")
            gone.append(NotDone(number=number, name=row.file_name, problem=decided))
    return Attempt(waiting=tuple(waiting), failed=tuple(gone), problem=None if chosen else _NONE)


def _each(visit: Visit, form: Form, act: Callable[[PendingOut, Mapping[str, str]], None]) -> Attempt:
    """Do it for each by itself; where the store is away the rest is not tried."""
    asked = _asked(visit, form.all("id"))
    done: list[int] = []
    failed = [*asked.failed]
    left: list[PendingOut] = []
    away: ServiceError | None = None
    for row, kept in zip(asked.waiting, gaps.known(visit.services, asked.waiting), strict=True):
        try:
            if away:
                raise away
            act(row, kept)
        except (*REFUSED, UnavailableError) as problem:
            away = problem if isinstance(problem, UnavailableError) else None
            failed.append(NotDone(number=row.id, name=row.file_name, problem=problem))
            left.append(row)
        else:
            done.append(row.id)
    return Attempt(done=tuple(done), failed=tuple(failed), waiting=tuple(left), problem=asked.problem)


def _answered(visit: Visit, form: Form, attempt: Attempt, act: str, message: messages.Message) -> Response:
    """Log each as if alone; lead to the list if all is done, else show what was not, with all that was typed."""
    noting.note_each(
        visit.request,
        f"POST /pending/{{pending_id}}/{act}",
        [f"/pending/{number}/{act}" for number in attempt.done],
    )
    if attempt.failed or attempt.problem:
        return _shown(visit, form, attempt)
    response = RedirectResponse("/pending", 303)
    messages.say(response, message, len(attempt.done))
    return response


def _shown(visit: Visit, form: Form, attempt: Attempt) -> Response:
    known = gaps.known(visit.services, attempt.waiting)
    stated = [_stated(row, kept) for row, kept in zip(attempt.waiting, known, strict=True)]
    lacking = {name: sum(not each[name] for each in stated) for name in SHARED}
    values: dict[str, Any] = {
        "done": len(attempt.done),
        "gone": [each for each in attempt.failed if each.number not in {row.id for row in attempt.waiting}],
        "wrong": {each.number: each.problem for each in attempt.failed},
        "rows": attempt.waiting,
        "lacking": lacking,
        "typed": {name: form[name] for name in SHARED},
        "sure": form["sure"],
        "problem": attempt.problem,
        **choices.places(visit.services),
    }
    status = 422 if attempt.failed or attempt.problem else 200
    return page(visit.request, "pending_several.html", status=status, **values)
