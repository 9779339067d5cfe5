"""Labelled folders: recordings, plays, and in `expected.yml` what a careful listener decided about each encounter.

    counter-three-services:          # the stem of NAME.play, of NAME.wav (.flac, .opus …), or of both
      - words.hello: pass            # one mapping for each encounter, in order: rule id and verdict
        forbidden: none              # no forbidden rule fails in it
      - forbidden.ask-others: fail

The file is read as YAML nodes, not values: `no` and `0123` stay text, and every complaint knows its line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, get_args

import yaml

from speechaudit import formats, pipeline
from speechaudit.errors import InputError
from speechaudit.model import Setting, Verdict
from speechaudit.rules import plays
from speechaudit.rules.rulebook import Rulebook
from speechaudit.yamlfile import YamlError, place_of
from speechaudit.yamlfile import read as read_yaml

EXPECTED: Final = "expected.yml"
FORBIDDEN: Final = "forbidden"
NONE: Final = "none"
_VERDICTS: Final[dict[str, Verdict]] = {verdict: verdict for verdict in get_args(Verdict)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The labels of one encounter: verdicts by rule id; with `no_forbidden` no forbidden rule fails in it."""

    verdicts: Mapping[str, Verdict]
    no_forbidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One stem of `expected.yml` with its files, at least one of the two, and one expectation for each encounter."""

    stem: str
    expected: tuple[Expectation, ...]
    play: Path | None
    recording: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFolder:
    """A labelled folder. `unlisted` are stems of files that `expected.yml` does not name."""

    folder: Path
    items: tuple[Item, ...]
    unlisted: tuple[str, ...]


def read(folder: Path, book: Rulebook) -> LabelledFolder:
    """Read `expected.yml` and find its files anywhere below. Raises InputError with line, key and cure."""
    path = folder / EXPECTED
    root = _root(path)
    recordings, texts = _by_stem(folder, pipeline.AUDIO), _by_stem(folder, "play")
    items = []
    for key, value in _pairs(root, path):
        stem = key.value
        play, recording = _only(texts, stem, path, key), _only(recordings, stem, path, key)
        if not play and not recording:
            raise _wrong(path, key, f"“{stem}”没有同名的剧本(.play)或录音", "请改正名称、补上文件,或删去这一项")
        setting = _setting(play, recording, path, key)
        expected = _ExpectationReader(path, book, setting).encounters(value, stem)
        items.append(Item(stem=stem, expected=expected, play=play, recording=recording))
    unlisted = (recordings.keys() | texts.keys()) - {item.stem for item in items}
    return LabelledFolder(folder=folder, items=tuple(items), unlisted=tuple(sorted(unlisted)))


def fingerprint(files: Iterator[Path]) -> tuple[str, date]:
    """Return twelve hex digits over the contents of these files, and the day on which the last of them changed."""
    digest, changed = hashlib.sha256(), 0.0
    for path in sorted(files):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
        changed = max(changed, path.stat().st_mtime)
    return digest.hexdigest()[:12], date.fromtimestamp(changed)


def files_of(labelled: LabelledFolder) -> Iterator[Path]:
    """Yield the files that decide the figures: the expectations, plays, recordings and their metadata."""
    yield labelled.folder / EXPECTED
    for item in labelled.items:
        beside = formats.sidecar_of(item.recording) if item.recording else None
        yield from (path for path in (item.play, item.recording, beside) if path and path.is_file())


def _by_stem(folder: Path, kinds: str) -> dict[str, list[Path]]:
    suffixes = {f".{kind}" for kind in kinds.split()}
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file():
            found.setdefault(path.stem, []).append(path)
    return found


def _only(files: Mapping[str, list[Path]], stem: str, path: Path, key: yaml.Node) -> Path | None:
    found = files.get(stem, [])
    if len(found) > 1:
        names = "、".join(str(file.relative_to(path.parent)) for file in found)
        raise _wrong(path, key, f"“{stem}”有 {len(found)} 个同名文件({names})", "每个名称只留一个剧本、一个录音")
    return found[0] if found else None


def _setting(play: Path | None, recording: Path | None, path: Path, key: yaml.Node) -> Setting:
    """Return the setting that play and sidecar agree on; the rules that may be expected follow from it."""
    said = set()
    if play:
        header = plays.parse(formats.read_text(play), str(play)).header
        said.add(formats.metadata_of_header(header, play).setting or "counter")
    if recording:
        said.add(formats.read_sidecar(formats.sidecar_of(recording)).setting or "counter")
    if len(said) > 1:
        raise _wrong(path, key, "剧本和录音旁的 JSON 写的场景(setting)不同", "请改成一致:phone 或 counter")
    return said.pop()


class _ExpectationReader:
    """The encounters of one item."""

    def __init__(self, path: Path, book: Rulebook, setting: Setting) -> None:
        self._path = path
        self._rules = {rule.id for rule in book.rules}
        self._in_force = {rule.id for rule in book.in_force(setting)}
        self._setting = setting

    def encounters(self, node: yaml.Node, stem: str) -> tuple[Expectation, ...]:
        """Read the list of encounters; a phone call is one. Raises InputError unless it is a list of mappings."""
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise _wrong(self._path, node, f"“{stem}”下面应是列表", "每次服务写一项,以“- ”开头")
        if self._setting == "phone" and len(node.value) != 1:
            problem = f"“{stem}”是电话,只有一次服务,却写了 {len(node.value)} 次"
            raise _wrong(self._path, node, problem, "请只留一项,或改正场景(setting)")
        return tuple(self._expectation(entry, stem) for entry in node.value)

    def _expectation(self, node: yaml.Node, stem: str) -> Expectation:
        verdicts: dict[str, Verdict] = {}
        no_forbidden = False
        for key, value in _pairs(node, self._path, stem):
            if key.value == FORBIDDEN:
                no_forbidden = self._is_none(value, stem)
            else:
                verdicts[self._rule(key, stem)] = self._verdict(value, key.value, stem)
        return Expectation(verdicts=verdicts, no_forbidden=no_forbidden)

    def _is_none(self, node: yaml.Node, stem: str) -> bool:
        if node.value != NONE:
            problem = f"“{stem}”的 {FORBIDDEN} 写了“{node.value}”"
            raise _wrong(self._path, node, problem, f"只能写 {FORBIDDEN}: {NONE};某一条忌语请写规则编号")
        return True

    def _rule(self, key: yaml.ScalarNode, stem: str) -> str:
        rule: str = key.value
        if rule not in self._rules:
            raise _wrong(self._path, key, f"“{stem}”写了“{rule}”,没有这条规则", "规则编号见 lexicons/rules")
        if rule not in self._in_force:
            problem = f"“{stem}”写了“{rule}”,这条规则不适用于 {self._setting} 或未启用"
            raise _wrong(self._path, key, problem, "请删去这一行,或改正场景(setting)")
        return rule

    def _verdict(self, node: yaml.Node, rule: str, stem: str) -> Verdict:
        verdict = _VERDICTS.get(node.value) if isinstance(node, yaml.ScalarNode) else None
        if verdict is None:
            problem = f"“{stem}”的 {rule} 写了不认识的判定"
            raise _wrong(self._path, node, problem, f"可用的判定:{'、'.join(_VERDICTS)}")
        return verdict


def _root(path: Path) -> yaml.Node:
    if not path.is_file():
        below = "、".join(str(p.parent) for p in sorted(path.parent.glob(f"*/{EXPECTED}")))
        cure = f"请指定其中一个文件夹:{below}" if below else "请写一个,格式见 docs/formats.md 的“标注”"
        raise InputError(path.parent, f"这里没有 {EXPECTED}(应有的判定)", cure)
    try:
        node = read_yaml(formats.read_text(path), only_text=True).root
    except YamlError as problem:
        first = problem.faults[0]
        raise InputError(f"{path} {first.place.where}", first.problem, first.cure) from problem
    if node is None:
        raise InputError(path, "里面什么也没有", "请写上每个文件的名称和应有的判定")
    return node


def _pairs(node: yaml.Node, path: Path, stem: str = "全文") -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Key and value."""
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(path, node, f"“{stem}”应写成“键: 值”", "请对照 samples/expected.yml 改正")
    yield from node.value


def _wrong(path: Path, node: yaml.Node, problem: str, cure: str) -> InputError:
    return InputError(f"{path} {place_of(node).where}", problem, cure)
