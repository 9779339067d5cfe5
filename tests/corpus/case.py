"""A member of the corpus: a broken or strange file, and the answer that its reader must give."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file of this name; `told` is part of what is said of it: why it is refused, or a remark on what was taken.

    `where` is what it belongs to: the kind of a recorder or of an import, empty where the reader knows only one kind.
    """

    name: str
    content: bytes
    taken: bool
    told: str = ""
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}/{self.name}" if self.where else self.name


def taken(name: str, content: bytes | str, told: str = "", where: str = "") -> Case:
    """One that is used, perhaps with a remark."""
    return Case(name=name, content=as_bytes(content), taken=True, told=told, where=where)


def refused(name: str, content: bytes | str, told: str, where: str = "") -> Case:
    """One that is refused; nobody needs a cure that does not say what is wrong."""
    assert told, name
    return Case(name=name, content=as_bytes(content), taken=False, told=told, where=where)


def as_bytes(content: bytes | str) -> bytes:
    """Texts are UTF-8 unless they come as bytes; lone surrogates stay what they are."""
    return content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
