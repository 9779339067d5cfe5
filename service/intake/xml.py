"""XML of strangers: no entities, no document types, bounded in size (defusedxml)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from service.errors import RequestError
from service.intake.broken import place_in
from service.spreadsheets import decoded

MOST_BYTES: Final = 1024 * 1024


def parsed(content: bytes) -> Element:
    """Return the root. Raises RequestError where this is no harmless XML."""
    if len(content) > MOST_BYTES:
        raise RequestError("XML", f"超过 {MOST_BYTES // 1024} KB", "一次通话一个文件")
    try:
        return _root(content)
    except DefusedXmlException as problem:
        raise RequestError("XML", "含有实体或文档类型声明,不予读取", "请去掉 DOCTYPE") from problem
    except (ParseError, ValueError, LookupError) as problem:  # an encoding that nobody knows
        raise RequestError("XML", f"不是正确的 XML{place_in(problem)}", "请检查文件是否完整") from problem


def _root(content: bytes) -> Element:
    """Return the root; Expat knows no GBK, so such files are read as text, without their declaration."""
    if b"encoding" not in content[:100] or b"utf-8" in content[:100].lower():
        root: Element = fromstring(content, forbid_dtd=True)
        return root
    text = decoded(content).lstrip()
    return fromstring(text.partition("?>")[2] if text.startswith("<?xml") else text, forbid_dtd=True)  # type: ignore[no-any-return]


def leaves(root: Element) -> Iterator[tuple[str, str]]:
    """Yield names and texts of elements without children, and of attributes; the first of a name counts."""
    seen: set[str] = set()
    for element in root.iter():
        own = [] if len(element) else [(element.tag, element.text or "")]
        for name, text in (*own, *element.attrib.items()):
            plain = name.rpartition("}")[2]
            if plain not in seen and text.strip():
                seen.add(plain)
                yield plain, text.strip()
