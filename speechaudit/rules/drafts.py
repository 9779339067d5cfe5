"""A rule that somebody is writing: what is wrong with its text, and whether its examples come out as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from speechaudit.errors import InputError, RulebookError, printable
from speechaudit.rules import examples, ledger, rulebook
from speechaudit.rules.examples import Complaint
from speechaudit.rules.ringing import RingLimit
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.schema import Rule, Status

LONGEST: Final = 24 * 1024  # characters; the longest of the delivered rules has 6,000
_STATUS: Final = re.compile(r"^(status:[ \t]*)(\w+)", re.MULTILINE)
RULE_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,29}\.[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFault:
    """One thing that is wrong with a text; `place` tells line and column, and the file if it is another one."""

    place: str
    problem: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCheck:
    """What came out: faults, or examples that failed of the `examples` that were judged.

    `remarks` are what the ledger does not bear out: the rule works all the same.
    """

    faults: tuple[DraftFault, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    remarks: tuple[str, ...] = ()
    examples: int = 0

    @property
    def sound(self) -> bool:
        """Whether the rule can be written as it is."""
        return not self.faults and not self.complaints


@contextmanager
def folder_with(folder: Path, name: str, text: str) -> Iterator[Path]:
    """Make a lexicons folder like this one, in which one file says `text`; it is gone at the end, and nothing changed.

    `name` is the path of the file within, such as `rules/words/hello.yml`.
    """
    with TemporaryDirectory(prefix="speechaudit-draft-") as made:
        apart, own = rulebook.real(Path(made)), Path(made) / name
        for each in (
            path for path in folder.rglob("*") if path.is_file() and "history" not in path.relative_to(folder).parts
        ):
            link = apart / each.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(each.absolute())
        own.unlink(missing_ok=True)
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(text, encoding="utf-8", newline="")
        yield apart


def rule_file(rule_id: str) -> str:
    """Return the path of a rule within a lexicons folder. Raises RulebookError for what is no id of a rule."""
    if not RULE_ID.fullmatch(rule_id):
        raise RulebookError("编号", "不是规则编号", "请写成“分组.名称”,用小写英文字母、数字和短横,例如 words.hello")
    return f"rules/{rule_id.replace('.', '/')}.yml"


def drafted(folder: Path, rule_id: str, text: str, profile: str, ring_limit: RingLimit | None = None) -> Rulebook:
    """Return the rulebook of a folder with this rule as the text says. Raises RulebookError with all that is wrong."""
    name = rule_file(rule_id)
    if len(text) > LONGEST:
        raise RulebookError("全文", f"有 {len(text)} 个字,超过 {LONGEST} 个", "请把说法多的分进词表")
    book = rulebook.load(folder, profile, ring_limit)
    with folder_with(folder, name, text) as apart:
        try:
            return rulebook.with_rule(book, apart, rule_id, ring_limit)
        except RulebookError as problem:
            raise RulebookError.of([_within(apart, name, each) for each in problem.every]) from problem


def _within(apart: Path, name: str, fault: RulebookError) -> RulebookError:
    """Return a fault whose place is in the text itself, or in a file of the folder."""
    where = fault.where.removeprefix(printable(apart)).lstrip("/").removeprefix(name).strip()
    return RulebookError(where or "全文", fault.problem, fault.cure)


def check(folder: Path, rule_id: str, text: str, profile: str, ring_limit: RingLimit | None = None) -> DraftCheck:
    """Read a rule as it is written so far, and judge its examples by it.

    Raises RulebookError if the folder itself cannot be read.
    """
    rulebook.load(folder, profile, ring_limit)
    try:
        book = drafted(folder, rule_id, text, profile, ring_limit)
    except RulebookError as problem:
        return DraftCheck(faults=tuple(map(_told, problem.every)))
    rule = next(each for each in book.rules if each.id == rule_id)
    try:
        complaints = tuple(examples.check_rule(book, rule))
    except InputError as problem:
        return DraftCheck(faults=(DraftFault(place=problem.where, problem=problem.problem, cure=problem.cure),))
    told = tuple(each for each in ledger.disagreements(book) if f" {rule_id}" in each)
    return DraftCheck(complaints=complaints, remarks=told, examples=_count(rule))


def status_of(text: str) -> str:
    """Return the status that a rule's text states; empty if it states none on a line of its own."""
    found = _STATUS.search(text)
    return found[2] if found else ""


def with_status(text: str, status: Status) -> str:
    """Return the text of a rule with another status, all else word for word. Raises RulebookError without one."""
    if not _STATUS.search(text):
        raise RulebookError("status", "文件里没有单独一行的 status", "请在试验室里改")
    return _STATUS.sub(lambda found: found[1] + status, text, count=1)


def _told(fault: RulebookError) -> DraftFault:
    return DraftFault(place=fault.where, problem=fault.problem, cure=fault.cure)


def _count(rule: Rule) -> int:
    return sum(len(getattr(rule.examples, name)) for name in type(rule.examples).model_fields)
