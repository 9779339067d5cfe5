"""How values with reasons stand in JSON: code and values, and beside them the Chinese sentence for readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T", bound=type)
Older = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def with_sentence(
    text: str, reasons: str, *, several: bool = False, older: Older = lambda given: given
) -> Callable[[T], T]:
    """Return a class decorator: the property `text` is written to JSON beside the field `reasons`.

    Where a file has only `text`, as those from before reasons had codes, the sentence becomes the reason. `several`
    says that the property is a tuple of sentences. What is read goes through `older` first.
    """

    def decorate(cls: T) -> T:
        def schema(_cls: type, source: Any, handler: Any) -> Any:
            from pydantic_core import core_schema

            inner = handler(source)
            sentence = core_schema.str_schema()
            kind = core_schema.tuple_variable_schema(sentence) if several else sentence
            inner["schema"].setdefault("computed_fields", []).append(core_schema.computed_field(text, kind))
            return read_through(partial(_read, text, reasons, older), inner)

        cls.__get_pydantic_core_schema__ = classmethod(schema)  # type: ignore[attr-defined]
        return cls

    return decorate


def read_through(before: Callable[[Any], Any], schema: Any) -> Any:
    """Return the pydantic schema of a class with `before` in front, wherever the class is met."""
    from pydantic_core import core_schema

    inner = {key: value for key, value in schema.items() if key != "ref"}
    return core_schema.no_info_before_validator_function(before, inner, ref=schema.get("ref"))


def _read(text: str, reasons: str, older: Older, given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    given = older(given)
    if reasons in given or text not in given:
        return given
    told = given[text]
    return {**given, reasons: told if isinstance(told, list | tuple) else [told] if told else []}
