"""What went wrong, told on pages: fields under the names that the pages have for them, and no cure for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from service.api import problems
from service.api.problems import FieldProblem, Told
from service.web.words import called
from speechaudit.errors import SpeechAuditError

_OF_PAGES: Final = {
    400: ("发送的内容看不懂,或一次太多", "请少选一些,分几次发送"),
    404: ("没有这个页面", "请检查地址,或回到首页"),
    405: ("这个地址不能这样用", "请回到首页"),
}
_CURE: Final = "请改正后再试;若是从别处来的地址,请从首页进入"


def tell(problem: Exception) -> Told:
    """Return the error as a page tells it: the same as to programs, but for the names of fields."""
    told = problems.tell(problem)
    if hasattr(problem, "status_code") and told.status in _OF_PAGES:
        detail, cure = _OF_PAGES[told.status]
        return replace(told, detail=detail, cure=cure)
    if isinstance(problem, SpeechAuditError):
        return replace(told, detail=f"{called(problem.where)}:{problem.problem}")
    if told.errors:
        errors = tuple(FieldProblem(field=called(each.field), problem=each.problem) for each in told.errors)
        detail = ";".join(f"{each.field}:{each.problem}" for each in errors[:3])
        return replace(told, errors=errors, detail=detail, cure=_CURE)
    return told
