"""Reasons made of any text, for tests of what carries and shows them."""

from __future__ import annotations

from speechaudit.reasons import Reason, because


def legacy(text: str) -> tuple[Reason, ...]:
    """Return the reason of a file from before reasons had codes: its text; none if that is empty."""
    return (because("older-text", text=text),) if text else ()
