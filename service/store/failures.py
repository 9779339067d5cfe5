"""Why the job of a recording failed, as columns: the sentence for people, and the reason that it is made of."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from speechaudit.reasons import Reason, in_chinese, in_english

_REASON: TypeAdapter[Reason] = TypeAdapter(Reason)


def columns(reason: Reason) -> dict[str, Any]:
    """Return what a row keeps of a reason, by column."""
    return {
        "failure": in_chinese((reason,)),
        "failure_code": reason.code,
        "failure_values": _REASON.dump_python(reason, mode="json")["values"],
    }


def english(code: str | None, values: dict[str, Any] | None) -> str | None:
    """Return a row's reason for logs and programs; None without one, and where its values were not kept yet."""
    if not code or values is None:
        return None
    return in_english((_REASON.validate_python({"code": code, "values": values}),))
