"""The rulebook: rules, lists, ledgers, profile and policy, read from a lexicons folder and checked as they are read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from speechaudit.cache import models_folder
from speechaudit.errors import RulebookError
from speechaudit.fingerprints import digest
from speechaudit.model import Clause, Setting
from speechaudit.policy import Policy, Text
from speechaudit.rules import ringing
from speechaudit.rules.announcements import Announcements, AnnouncementWording
from speechaudit.rules.guards import CompiledGuard
from speechaudit.rules.kinds import Judge, compile_rule
from speechaudit.rules.listening import Variants, complaint
from speechaudit.rules.phrases import Lists, TemplateError
from speechaudit.rules.reading import checked, data_of, fault_at, text, validated, yaml_of
from speechaudit.rules.ringing import RingLimit
from speechaudit.rules.schema import AnyRule, Calibration, Guard, Ledger, Profile, Rule, Threshold
from speechaudit.rules.surety import Surety
from speechaudit.text import simplify

DEFAULT_PROFILE = "default"
_IN_FORCE = ("active", "trial")
_TOLD = {"examples", "title", "topics", "message", "sources"}  # what people read of a rule
_T = TypeVar("_T")
_R = TypeVar("_R")
_RULE: TypeAdapter[Rule] = TypeAdapter(AnyRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All that a judgement stands on. `version` is a hash of what decides it.

    `announcements` finds the words of machines; `listen` holds the spellings of each phrase that is listened for twice;
    `calibrations` are by recogniser: those of the folder, and those of registered models, which have their own.
    """

    rules: tuple[Rule, ...]
    judges: Mapping[str, Judge]
    lists: Mapping[str, tuple[str, ...]]
    ledgers: Mapping[str, Ledger]
    policy: Policy
    announcements: AnnouncementWording
    listen: Variants
    guards: tuple[CompiledGuard, ...]
    calibrations: Mapping[str, Calibration]
    profile: str
    version: str

    def in_force(self, setting: Setting) -> tuple[Rule, ...]:
        """Return the rules that speak of this setting and are neither drafts nor retired."""
        return tuple(r for r in self.rules if r.status in _IN_FORCE and setting in r.setting)

    def thresholds(self, model: str) -> Mapping[str, Threshold]:
        """Return the thresholds of a second listen with this recogniser, by phrase; empty if nobody calibrated it."""
        calibration = self.calibrations.get(model)
        return calibration.thresholds if calibration else {}

    def least_charge(self, model: str) -> float | None:
        """Return the score of a second listen under which written words prove no fault; None if nobody knows."""
        calibration = self.calibrations.get(model)
        return calibration.charge.doubt if calibration and calibration.charge else None

    def surety(self, model: str) -> Surety | None:
        """Return how probable words are that this recogniser wrote down twice; None if nobody measured or asks it."""
        calibration = self.calibrations.get(model)
        return calibration.words if calibration and self.policy.minimum_surety else None

    def clauses(self, rule: Rule) -> tuple[Clause, ...]:
        """Return the published clauses that the rule stands on."""
        return tuple(self.ledgers[source.document].cited[source.clause] for source in rule.sources)


def default_folder() -> Path:
    """Return the lexicons that came with the program."""
    return Path(__file__).resolve().parents[2] / "lexicons"


def group_of(rule_id: str) -> str:
    """Return the folder of a rule: the part of its id before the dot."""
    return rule_id.partition(".")[0]


def real(folder: Path) -> Path:
    """Return the folder that is meant, behind all links; a link that leads to itself as it is."""
    return Path(os.path.realpath(folder))  # Path.resolve raises what is no OSError


def load(folder: Path | None = None, profile: str = DEFAULT_PROFILE, ring_limit: RingLimit | None = None) -> Rulebook:
    """Read and check a lexicons folder, again if it changed. A `ring_limit` goes over that of the profile.

    Raises RulebookError with file, line, column, field and cure; its `others` are all that is wrong besides.
    """
    where = real(folder or default_folder())
    book = _load(where, profile, ring_limit, _stamp(where))
    own = _registered()
    return replace(book, calibrations={**own, **book.calibrations}) if own else book


def with_rule(book: Rulebook, folder: Path, rule_id: str, ring_limit: RingLimit | None = None) -> Rulebook:
    """Return the book with one rule as this folder has it, in place of its own or new; its version stays.

    Raises RulebookError with all that is wrong with the rule, or with what the profile says of it.
    """
    overlay = _limited(_profile(folder, book.profile), ring_limit, folder)
    rule = _rule(rule_path(folder, rule_id), folder, overlay, book.profile)
    judges = {**book.judges, rule.id: _judge(rule, book.lists, book.guards, (folder, book.profile))}
    rules = {**{each.id: each for each in book.rules}, rule.id: rule}
    found = replace(book, rules=tuple(rules[each] for each in sorted(rules)), judges=judges)
    _raise(_references(found, folder))
    return found


def _registered() -> dict[str, Calibration]:
    """The thresholds of registered models by name. Audits tell their sum; the rulebook's version leaves them out."""
    paths = sorted(models_folder().glob("[!.]*/calibration.yml"))
    return {path.parent.name: validated(Calibration, path) for path in paths}


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a file does: names, times and sizes. Raises RulebookError."""
    # Every request asks: a Path for each file takes three times as long.
    paths = sorted(os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)  # noqa: PTH118
    try:
        found = ((path, os.stat(path)) for path in paths if os.path.isfile(path))  # noqa: PTH113, PTH116
        return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in found)
    except OSError as problem:
        raise RulebookError(folder, f"无法读取({problem})", "请检查文件夹的权限") from problem


@lru_cache(maxsize=16)
def _load(folder: Path, profile: str, ring_limit: RingLimit | None, _stamp: object) -> Rulebook:
    if not (folder / "rules").is_dir():
        raise RulebookError(folder, "这里没有 rules 文件夹", "请指向一个完整的 lexicons 文件夹")
    book = _read_all(folder, profile, ring_limit)
    _raise(_references(book, folder))
    return book


def _read_all(folder: Path, profile: str, ring_limit: RingLimit | None) -> Rulebook:
    """Everything in the folder; what is wrong in one file does not hide what is wrong in the next."""
    faults: list[RulebookError] = []
    lists = dict(_each(faults, lambda path: (path.stem, _lines(path)), _files(folder, "lists/*.txt")))
    ledgers = _each(faults, _ledger, _files(folder, "sources/*.yml"))
    overlays = _each(faults, lambda name: _limited(_profile(folder, name), ring_limit, folder), [profile])
    overlay = overlays[0] if overlays else Profile(title=profile)
    rules = tuple(_each(faults, lambda path: _rule(path, folder, overlay, profile), _files(folder, "rules/*/*.yml")))
    policies = _each(faults, lambda path: validated(Policy, path), [folder / "policy.yml"])
    listens = _each(faults, lambda path: _optional(dict[Text, tuple[Text, ...]], path, {}), [folder / "listen.yml"])
    written = _each(faults, lambda path: _optional(tuple[Guard, ...], path, ()), [folder / "guards.yml"])
    own = (guard for found in written for guard in found)
    guards = tuple(_each(faults, lambda guard: _compiled_guard(guard, lists, folder), own))
    calibrations = _each(faults, lambda path: validated(Calibration, path), _files(folder, "calibration/*.yml"))
    told = _each(faults, lambda path: _optional(Announcements, path, Announcements()), [folder / "machine.yml"])
    wordings = _each(faults, lambda machine: _announcement_wording(machine, lists, folder), told)
    judges = dict(_each(faults, lambda rule: (rule.id, _judge(rule, lists, guards, (folder, profile))), rules))
    _raise(faults)
    book = Rulebook(
        rules=rules,
        judges=judges,
        lists=lists,
        ledgers={ledger.document: ledger for ledger in ledgers},
        policy=policies[0],
        announcements=wordings[0],
        listen=listens[0],
        guards=guards,
        calibrations={calibration.model: calibration for calibration in calibrations},
        profile=profile,
        version="",
    )
    return replace(book, version=_version(book, told[0]))


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def _each(faults: list[RulebookError], read: Callable[[_T], _R], things: Iterable[_T]) -> list[_R]:
    """Return what can be read of these; what is wrong with the others goes to `faults`."""
    found = []
    for thing in things:
        try:
            found.append(read(thing))
        except RulebookError as problem:
            faults.append(problem)
    return found


def _raise(faults: Iterable[RulebookError]) -> None:
    if every := list(faults):
        raise RulebookError.of(every)


def _judge(rule: Rule, lists: Lists, guards: tuple[CompiledGuard, ...], chosen: tuple[Path, str]) -> Judge:
    files = (rule_path(chosen[0], rule.id), profile_path(*chosen))
    return _compiled(lambda: compile_rule(rule, lists, guards), files, chosen[0])


def _compiled_guard(guard: Guard, lists: Lists, folder: Path) -> CompiledGuard:
    return _compiled(lambda: CompiledGuard(guard, lists), [folder / "guards.yml"], folder)


def _announcement_wording(told: Announcements, lists: Lists, folder: Path) -> AnnouncementWording:
    return _compiled(lambda: AnnouncementWording.of(told, lists), [folder / "machine.yml"], folder)


def _compiled(build: Callable[[], _R], files: Sequence[Path], folder: Path) -> _R:
    """Return what is built of the phrases of these files. Raises RulebookError where one cannot be read."""
    try:
        return build()
    except TemplateError as problem:
        where = place_of_phrase(problem.template, files, folder)
        raise RulebookError(where, f"短语写法有误:{problem}", "请改正该短语") from problem


def place_of_phrase(template: str, files: Sequence[Path], folder: Path) -> str:
    """Return the place of a phrase: in the first of these files that has it, else in a list."""
    for file in (file for file in files if file.is_file()):
        if place := yaml_of(file).first(lambda value: simplify(value.strip()) == template):
            return f"{file} {place.where}"
    for listed in _files(folder, "lists/*.txt"):
        for number, line in enumerate(text(listed).splitlines(), 1):
            if simplify(line.strip()) == template:
                return f"{listed} 第{number}行第1列"
    return str(files[0])


def profile_path(folder: Path, name: str) -> Path:
    """Return the file that holds a profile."""
    return folder / "profiles" / f"{name}.yml"


def rule_path(folder: Path, rule_id: str) -> Path:
    """Return the file that holds a rule."""
    return folder / "rules" / f"{rule_id.replace('.', '/')}.yml"


def _version(book: Rulebook, machine: Announcements) -> str:
    """Twelve hex digits over everything that can change a verdict or a point, as canonical JSON.

    Examples, titles, advice, citations, order of files and where a threshold came from do not count.
    """
    guards = (compiled.guard for compiled in book.guards)
    decisive = {
        "rules": {rule.id: rule.model_dump(mode="json", exclude=_TOLD) for rule in book.rules},
        "lists": book.lists,
        "policy": book.policy.model_dump(mode="json", exclude={"dimensions": {"__all__": {"title"}}}),
        "listen": book.listen,
        "guards": [guard.model_dump(mode="json", exclude={"examples", "title"}) for guard in guards],
        "machine": machine.model_dump(mode="json"),
        "thresholds": {name: _limits(calibration) for name, calibration in book.calibrations.items()},
    }
    return digest(json.dumps(decisive, ensure_ascii=False, sort_keys=True, separators=(",", ":")), 12)


def _limits(calibration: Calibration) -> dict[str, object]:
    return {
        "charge": calibration.charge.doubt if calibration.charge else None,
        **({"words": calibration.words.model_dump()} if calibration.words else {}),
        "phrases": {name: [limit.sure, limit.doubt, limit.absent] for name, limit in calibration.thresholds.items()},
    }


def _references(book: Rulebook, folder: Path) -> Iterator[RulebookError]:
    """Yield what one file says of another that the other does not bear out."""
    yield from _guards_of_nothing(book, folder)
    groups = {dimension.group for dimension in book.policy.dimensions}
    for rule in book.rules:
        path = rule_path(folder, rule.id)
        if group_of(rule.id) not in groups:
            cure = "请在 policy.yml 的 dimensions 下补上"
            yield fault_at(path, ("id",), f"policy.yml 中没有“{group_of(rule.id)}”这一项", cure)
        if problem := complaint(rule, book.listen):
            yield fault_at(path, ("listen",), problem, "请对照 docs/rules.md 的“再听一遍”改正")
        for number, source in enumerate(rule.sources):
            ledger = book.ledgers.get(source.document)
            if ledger is None or source.clause not in ledger.cited:
                problem = f"sources 中的条款“{source.document} {source.clause}”不存在"
                yield fault_at(path, ("sources", number), problem, "请对照 sources/ 下的条款台账改正")


def _guards_of_nothing(book: Rulebook, folder: Path) -> Iterator[RulebookError]:
    """Guards that name a rule that nobody wrote."""
    known = {rule.id for rule in book.rules}
    for number, guard in enumerate(compiled.guard for compiled in book.guards):
        shown = (*guard.examples.guarded, *guard.examples.unclear, *guard.examples.charged)
        for name in (*guard.only, *guard.not_for, *shown):
            if name not in known:
                yield fault_at(
                    folder / "guards.yml", (number, "id"), f"护栏“{guard.id}”写了没有的规则“{name}”", "请改正规则编号"
                )


def _rule(path: Path, folder: Path, overlay: Profile, profile: str) -> Rule:
    data = data_of(path)
    expected = ".".join(path.relative_to(folder / "rules").with_suffix("").parts)
    if not isinstance(data, dict) or data.get("id") != expected:
        raise fault_at(path, ["id"], f"编号 id 应与文件路径一致,即“{expected}”", "请改正 id 或移动文件")
    rule = checked(_RULE, data, path)
    if changes := overlay.rules.get(expected):
        return checked(_RULE, _overlaid(data, changes), profile_path(folder, profile), ("rules", expected))
    return rule


def _overlaid(rule: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, Any]:
    """The rule with the fields of a profile in place of its own; `slots` by name change only what they name."""
    slots, changed = rule.get("slots"), changes.get("slots")
    if not isinstance(changed, dict) or not isinstance(slots, list):
        return {**rule, **changes}
    return {**rule, **changes, "slots": [{**slot, **changed.get(slot["name"], {})} for slot in slots]}


def _profile(folder: Path, name: str) -> Profile:
    path = profile_path(folder, name)
    known = [each.stem for each in _files(folder, "profiles/*.yml")]
    if name not in known:
        raise RulebookError(path, f"没有名为“{name}”的方案", f"可用的方案:{'、'.join(known)}")
    profile = validated(Profile, path)
    _raise(_strangers(profile, path, folder))
    return profile


def _limited(profile: Profile, limit: RingLimit | None, folder: Path) -> Profile:
    """The profile with a centre's own limit of ringing in place of its own. Raises RulebookError."""
    if limit is None:
        return profile
    if not (written := rule_path(folder, ringing.RULE)).is_file():
        raise RulebookError(written, "没有这条规则,设置里的接听时限用不上", "请补上这条规则,或去掉接听时限的设置")
    changes = {**profile.rules.get(ringing.RULE, {}), **limit.changes()}
    return profile.model_copy(update={"rules": {**profile.rules, ringing.RULE: changes}})


def _strangers(profile: Profile, path: Path, folder: Path) -> Iterator[RulebookError]:
    """Rules and slots that the profile changes, but nobody wrote, and names that it would give."""
    known = set(_files(folder, "rules/*/*.yml"))  # whatever a name in the profile looks like, no other file is opened
    for rule_id, changes in profile.rules.items():
        if "id" in changes:
            yield fault_at(path, ("rules", rule_id, "id"), f"规则“{rule_id}”的 id 不能改", "请删除这一项")
        written = rule_path(folder, rule_id)
        if written not in known:
            yield fault_at(path, ("rules", rule_id), f"没有规则“{rule_id}”", "请改正规则编号或删除这一项")
        elif isinstance(slots := changes.get("slots"), dict):
            names = _slot_names(written)
            for name in (name for name, own in slots.items() if name not in names or not isinstance(own, dict)):
                problem = f"规则“{rule_id}”的 slots 中没有名为“{name}”的一项,或其下不是“键: 值”"
                yield fault_at(path, ("rules", rule_id, "slots", name), problem, f"可用的 name:{'、'.join(names)}")


def _slot_names(path: Path) -> list[str]:
    data = data_of(path)
    slots = data.get("slots") if isinstance(data, dict) else None
    return [str(slot.get("name")) for slot in slots or [] if isinstance(slot, dict)]


def _ledger(path: Path) -> Ledger:
    ledger = validated(Ledger, path)
    if ledger.document != path.stem:
        raise RulebookError(path, f"document 应与文件名一致,即“{path.stem}”", "请改正 document 或文件名")
    return ledger


def _optional(model: type[_T], path: Path, default: _T) -> _T:
    """The values of a file that a folder may lack. Raises RulebookError with all that is wrong."""
    return validated(model, path) if path.is_file() else default


def _lines(path: Path) -> tuple[str, ...]:
    """One template a line; empty lines and lines that begin with # are comments."""
    stripped = (line.strip() for line in text(path).splitlines())
    return tuple(line for line in stripped if line and not line.startswith("#"))
