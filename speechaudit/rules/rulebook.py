"""The rulebook: rules, lists, ledgers, profile and policy, read from a lexicons folder and checked as they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from speechaudit.errors import RulebookError
from speechaudit.model import Clause, Setting
from speechaudit.policy import Policy, Text
from speechaudit.rules.kinds import Judge, compile_rule
from speechaudit.rules.listening import Variants, complaint
from speechaudit.rules.phrases import TemplateError
from speechaudit.rules.schema import AnyRule, Calibration, Ledger, Profile, Rule, Threshold

DEFAULT_PROFILE = "default"
_IN_FORCE = ("active", "trial")
_T = TypeVar("_T")
_RULE: TypeAdapter[Rule] = TypeAdapter(AnyRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All that a judgement stands on. `version` is a hash of the texts that decide it.

    `listen` holds the spellings of each phrase that is listened for twice; `calibrations` are by recogniser.
    """

    rules: tuple[Rule, ...]
    judges: Mapping[str, Judge]
    lists: Mapping[str, tuple[str, ...]]
    ledgers: Mapping[str, Ledger]
    policy: Policy
    listen: Variants
    calibrations: Mapping[str, Calibration]
    profile: str
    version: str

    def in_force(self, setting: Setting) -> tuple[Rule, ...]:
        """The rules that speak of this setting and are neither drafts nor retired."""
        return tuple(r for r in self.rules if r.status in _IN_FORCE and setting in r.setting)

    def thresholds(self, model: str) -> Mapping[str, Threshold]:
        """What the scores of a second listen with this recogniser prove; empty if nobody calibrated it."""
        calibration = self.calibrations.get(model)
        return calibration.thresholds if calibration else {}

    def least_charge(self, model: str) -> float | None:
        """Under which score of a second listen words that were written down prove no fault; None if nobody knows."""
        calibration = self.calibrations.get(model)
        return calibration.charge.doubt if calibration and calibration.charge else None

    def clauses(self, rule: Rule) -> tuple[Clause, ...]:
        """The published clauses that the rule stands on."""
        return tuple(self.ledgers[source.document].cited[source.clause] for source in rule.sources)


def default_folder() -> Path:
    """The lexicons that came with the program."""
    return Path(__file__).resolve().parents[2] / "lexicons"


def group_of(rule_id: str) -> str:
    """The folder of a rule: the part of its id before the dot."""
    return rule_id.partition(".")[0]


def load(folder: Path | None = None, profile: str = DEFAULT_PROFILE) -> Rulebook:
    """Read and check a lexicons folder, again if it changed. Raises RulebookError with file, line, field and cure."""
    where = (folder or default_folder()).resolve()
    return _load(where, profile, _stamp(where))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file does: names, times and sizes. Raises RulebookError."""
    try:
        found = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
        return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found)
    except OSError as problem:
        raise RulebookError(folder, f"无法读取({problem})", "请检查文件夹的权限") from problem


@lru_cache(maxsize=16)
def _load(folder: Path, profile: str, _stamp: object) -> Rulebook:
    if not (folder / "rules").is_dir():
        raise RulebookError(folder, "这里没有 rules 文件夹", "请指向一个完整的 lexicons 文件夹")
    lists = {path.stem: _lines(path) for path in sorted((folder / "lists").glob("*.txt"))}
    ledgers = {path.stem: _ledger(path) for path in sorted((folder / "sources").glob("*.yml"))}
    overlay = _profile(folder, profile)
    rules = tuple(_rule(path, folder / "rules", overlay) for path in sorted((folder / "rules").glob("*/*.yml")))
    for rule_id in overlay.rules.keys() - {rule.id for rule in rules}:
        raise RulebookError(
            folder / "profiles" / f"{profile}.yml", f"没有规则“{rule_id}”", "请改正规则编号或删除这一项"
        )
    policy = _validated(Policy, folder / "policy.yml")
    listen = _listen(folder / "listen.yml")
    calibrations = [_validated(Calibration, path) for path in sorted((folder / "calibration").glob("*.yml"))]
    book = Rulebook(
        rules=rules,
        judges={rule.id: _judge(rule, lists, folder) for rule in rules},
        lists=lists,
        ledgers=ledgers,
        policy=policy,
        listen=listen,
        calibrations={calibration.model: calibration for calibration in calibrations},
        profile=profile,
        version=_version(rules, lists, policy, (listen, calibrations)),
    )
    _check_references(book, folder)
    return book


def _judge(rule: Rule, lists: Mapping[str, tuple[str, ...]], folder: Path) -> Judge:
    try:
        return compile_rule(rule, lists)
    except TemplateError as problem:
        raise RulebookError(rule_path(folder, rule.id), f"短语写法有误:{problem}", "请改正该短语") from problem


def rule_path(folder: Path, rule_id: str) -> Path:
    """The file that holds a rule."""
    return folder / "rules" / f"{rule_id.replace('.', '/')}.yml"


def _version(rules: tuple[Rule, ...], lists: Mapping[str, tuple[str, ...]], policy: Policy, listening: object) -> str:
    """Twelve hex digits over everything that can change a verdict or a point; examples and order do not count."""
    decisive = [rule.model_dump_json(exclude={"examples"}) for rule in sorted(rules, key=lambda r: r.id)]
    decisive += [f"{name}={lines}" for name, lines in sorted(lists.items())]
    decisive += [repr(listening)]
    return hashlib.sha256("\n".join([*decisive, policy.model_dump_json()]).encode()).hexdigest()[:12]


def _check_references(book: Rulebook, folder: Path) -> None:
    groups = {dimension.group for dimension in book.policy.dimensions}
    for rule in book.rules:
        path = rule_path(folder, rule.id)
        if group_of(rule.id) not in groups:
            raise RulebookError(
                path, f"policy.yml 中没有“{group_of(rule.id)}”这一项", "请在 policy.yml 的 dimensions 下补上"
            )
        if problem := complaint(rule, book.listen):
            raise RulebookError(path, problem, "请对照 docs/rules.md 的“再听一遍”改正")
        for source in rule.sources:
            ledger = book.ledgers.get(source.document)
            if ledger is None or source.clause not in ledger.cited:
                raise RulebookError(
                    path,
                    f"sources 中的条款“{source.document} {source.clause}”不存在",
                    "请对照 sources/ 下的条款台账改正",
                )


def _rule(path: Path, root: Path, overlay: Profile) -> Rule:
    data = _yaml(path)
    expected = ".".join(path.relative_to(root).with_suffix("").parts)
    if not isinstance(data, dict) or data.get("id") != expected:
        raise RulebookError(path, f"编号 id 应与文件路径一致,即“{expected}”", "请改正 id 或移动文件")
    changes = overlay.rules.get(expected, {})
    try:
        return _RULE.validate_python(data | changes)
    except ValidationError as problem:
        raise _explained(path, problem) from problem


def _profile(folder: Path, name: str) -> Profile:
    path = folder / "profiles" / f"{name}.yml"
    if not path.is_file():
        known = "、".join(sorted(p.stem for p in (folder / "profiles").glob("*.yml")))
        raise RulebookError(path, f"没有名为“{name}”的方案", f"可用的方案:{known}")
    return _validated(Profile, path)


def _ledger(path: Path) -> Ledger:
    ledger = _validated(Ledger, path)
    if ledger.document != path.stem:
        raise RulebookError(path, f"document 应与文件名一致,即“{path.stem}”", "请改正 document 或文件名")
    return ledger


def _listen(path: Path) -> Variants:
    return _validated(dict[Text, tuple[Text, ...]], path) if path.is_file() else {}


def _lines(path: Path) -> tuple[str, ...]:
    """One template a line; empty lines and lines that begin with # are comments."""
    stripped = (line.strip() for line in _read(path).splitlines())
    return tuple(line for line in stripped if line and not line.startswith("#"))


def _validated(model: type[_T], path: Path) -> _T:
    try:
        return TypeAdapter(model).validate_python(_yaml(path))
    except ValidationError as problem:
        raise _explained(path, problem) from problem


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise RulebookError(path, f"无法读取({problem})", "请检查文件是否存在,并以 UTF-8 编码保存") from problem


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(_read(path), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else "?"
        raise RulebookError(
            f"{path} 第{line}行", f"不是正确的 YAML({problem.problem})", "请检查缩进、引号和冒号"
        ) from problem


_MEANINGS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项(可能拼错了)",
    "literal_error": "取值不在允许的范围内",
    "union_tag_invalid": "kind 不是允许的规则类型",
    "union_tag_not_found": "缺少 kind",
}


def _explained(path: Path, problem: ValidationError) -> RulebookError:
    """Turn one complaint of pydantic into file, line, field and cure; a misspelt field before the one it hides."""
    first = min(problem.errors(), key=lambda error: error["type"] != "extra_forbidden")
    location = [
        part
        for part in first["loc"]
        if part not in {"forbidden", "required", "situation", "sequence", "reply", "wait", "measure"}
    ]
    field = ".".join(str(part) for part in location) or "(全文)"
    meaning = _MEANINGS.get(first["type"], str(first["msg"]).removeprefix("Value error, "))
    if first["type"] == "literal_error":
        meaning += f":应为 {first['ctx']['expected']}".replace(" or ", " 或 ")
    return RulebookError(f"{path} 第{_line(path, location)}行", f"“{field}”{meaning}", "请对照 docs/rules.md 改正")


def _line(path: Path, location: list[int | str]) -> int:
    """The line of a field; of its nearest parent where the field is missing."""
    node = yaml.compose(_read(path), Loader=yaml.CSafeLoader)
    for part in location:
        if isinstance(node, yaml.MappingNode):
            child = next((pair for pair in node.value if pair[0].value == part), None)
            if child is None:
                break
            node = child[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
    return int(node.start_mark.line) + 1 if node else 1
