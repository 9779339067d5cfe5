"""One entry of what is registered, from a form: checked like a row of a table, so that both refuse the same."""

from __future__ import annotations

from service.api import imports, previewing
from service.api.previewing import Outcome
from service.api.registry import Kind
from service.api.tables import HEADS, Row
from service.errors import ConflictError, RequestError
from service.web.visit import Visit
from speechaudit.text import search_form


def put(visit: Visit, kind: Kind, row: Row, *, only_new: bool = False) -> Outcome:
    """Register one entry or change it, and return which. Raises RequestError, ConflictError if it is not `only_new`."""
    table = ((1, {name: cell for name, cell in row.items() if cell}),)  # an empty cell is none
    with visit.services.database.read() as session:
        (found,) = previewing.preview(session, kind, table, visit.services.settings.zone).shown
    if found.wrong:
        where, _, problem = found.wrong[0].partition(":")
        raise RequestError(where, problem, found.cure or "请改正后再提交")
    if only_new and found.outcome != "new":
        raise ConflictError(HEADS[kind][0], f"{found.cells[0]} 已经登记过", "要更改请在列表里点开它")
    imports.take(visit.services, kind, table)
    return found.outcome


def among(looked_for: str, *told: str) -> bool:
    """Return whether any of these texts holds what is looked for, whatever its width and case."""
    wanted = search_form(looked_for)
    return any(wanted in search_form(each) for each in told)
