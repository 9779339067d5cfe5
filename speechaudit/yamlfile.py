"""YAML that people write: each key once, each value readable, and each fault with its line and column.

YAML itself keeps the last of two equal keys without a word, and a date that does not exist ends in a traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

MOST_NODES = 200_000  # aliases counted as often as they stand: a page of them can mean billions of values
DEEPEST = 30
_UNREADABLE = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError)
_SIGNS = (":merge", ":value")  # << and = are no values


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlPlace:
    """Where a field stands: the keys and indices that lead there, as far as they exist. Lines and columns from 1."""

    path: tuple[str | int, ...]
    line: int
    column: int

    @property
    def where(self) -> str:
        """The place for people."""
        return f"第{self.line}行第{self.column}列"


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFault:
    """One thing that is wrong, in Chinese."""

    place: YamlPlace
    problem: str
    cure: str


class YamlError(ValueError):
    """The text is not YAML that can be used; `faults` holds at least one, in the order of the text."""

    def __init__(self, faults: Sequence[YamlFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(";".join(f"{fault.place.where}:{fault.problem}" for fault in faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFile:
    """The values of a text (None if it is empty), and its nodes for whoever must name a place."""

    data: Any
    root: yaml.Node | None

    def place(self, location: Sequence[str | int]) -> YamlPlace:
        """Return the nearest existing node of a field; parts that lead nowhere, as names of types do, are skipped."""
        node, mark, path = self.root, self.root, []
        for part in location:
            if found := _child(node, part):
                mark, node = found
                path.append(part)
        return place_of(mark, tuple(path))

    def first(self, wanted: Callable[[str], bool]) -> YamlPlace | None:
        """Return the first text that is wanted."""
        found = (node for node in _scalars(self.root) if wanted(node.value))
        return next((place_of(node) for node in found), None)


def read(text: str, *, only_text: bool = False) -> YamlFile:
    """Read one document; with `only_text` no value is taken for a number or a date.

    Raises YamlError with all faults that a reader can find before it must give up.
    """
    try:
        loader = (yaml.CBaseLoader if only_text else yaml.CSafeLoader)(text)
        root = loader.get_single_node()
        if faults := tuple(_faults(root, loader)):
            raise YamlError(faults)
        return YamlFile(data=None if root is None else loader.construct_document(root), root=root)
    except yaml.MarkedYAMLError as problem:
        unclosed = problem.context == "while scanning a quoted scalar"  # its end is the end of the file
        mark = problem.context_mark if unclosed else problem.problem_mark or problem.context_mark
        raise YamlError([_syntax(problem.problem or problem.context, mark.line, mark.column)]) from problem
    except yaml.reader.ReaderError as problem:
        raise YamlError([_control(text, problem.position)]) from problem


def _syntax(problem: str, line: int, column: int) -> YamlFault:
    told = f"不是正确的 YAML({problem})"
    return YamlFault(place=_place(line, column), problem=told, cure="请检查缩进、引号和冒号")


def _control(text: str, position: int) -> YamlFault:
    """Control characters are no text; the reader counts bytes of UTF-8, but is asked here with characters."""
    before = text.encode()[:position].decode(errors="ignore")
    place = _place(before.count("\n"), len(before) - before.rfind("\n") - 1)
    return YamlFault(place=place, problem="有不可见的控制字符", cure="请删去这个字符,并以 UTF-8 编码保存")


def _faults(root: yaml.Node | None, loader: yaml.CSafeLoader) -> Iterator[YamlFault]:
    """Keys that stand twice and values that cannot be read, in the order of the text."""
    waiting, told, count = [(root, 0)] if root else [], set(), 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > DEEPEST or count > MOST_NODES:
            yield _fault(node, "嵌套太深,或引用(*)展开后太大", "请写成普通的列表和“键: 值”")
            return
        if id(node) not in told:
            told.add(id(node))
            yield from _repeated(node, loader) if isinstance(node, yaml.MappingNode) else _unreadable(node, loader)
        waiting += [(child, depth + 1) for child in reversed(_children(node))]


def _repeated(node: yaml.MappingNode, loader: yaml.CSafeLoader) -> Iterator[YamlFault]:
    first: dict[Hashable, int] = {}
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and not any(_unreadable(key, loader)):
            value = key.tag if key.tag.endswith(_SIGNS) else loader.construct_object(key)
            if value in first:
                yield _fault(key, f"“{key.value}”写了两次(第一次在第{first[value]}行)", "请删去一处")
            first.setdefault(value, key.start_mark.line + 1)


def _unreadable(node: yaml.Node, loader: yaml.CSafeLoader) -> Iterator[YamlFault]:
    try:
        if isinstance(node, yaml.ScalarNode) and not node.tag.endswith(_SIGNS):
            loader.construct_object(node)
    except _UNREADABLE:
        shown = node.value if len(node.value) <= 20 else f"{node.value[:20]}…"
        kind = node.tag.rpartition(":")[2]
        yield _fault(node, f"“{shown}”读不成它的类型({kind})", "请改正,或加英文双引号写成文字")


def _children(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    for child in _children(node):
        yield from _scalars(child)


def place_of(node: yaml.Node | None, path: tuple[str | int, ...] = ()) -> YamlPlace:
    """Return the place where a node begins."""
    return _place(node.start_mark.line, node.start_mark.column, path) if node else _place(0, 0, path)


def _place(line: int, column: int, path: tuple[str | int, ...] = ()) -> YamlPlace:
    """The reader of YAML counts from 0, people from 1."""
    return YamlPlace(path=path, line=line + 1, column=column + 1)


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The node that marks a part, and the node of its value."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _fault(node: yaml.Node, problem: str, cure: str) -> YamlFault:
    return YamlFault(place=place_of(node), problem=problem, cure=cure)
