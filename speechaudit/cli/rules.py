"""`speechaudit rules`: try the rules on text, and check them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from speechaudit.cli import options
from speechaudit.errors import InputError, RulebookError

if TYPE_CHECKING:
    from speechaudit.rules.explaining import Explanation

LONGEST = 2000  # characters that anybody says in one breath, many times over


@click.group()
def rules() -> None:
    """规则:试用、说明、目录与自检。"""


@rules.command("try")
@click.option("--setting", type=options.SETTINGS, default="counter", show_default=True, help="场景:电话或柜台。")
@options.as_json
@click.argument("file", type=click.File(encoding="utf-8-sig"), default="-")
@options.labels
@options.profile
@options.lexicons
def try_(setting: Any, as_json: bool, file: IO[str], labels: Path | None, profile: str, lexicons: Path | None) -> None:
    """逐行读入工作人员说的话,列出每句违反或符合的规则。"""
    from pydantic import TypeAdapter

    from speechaudit.classifiers import label_texts
    from speechaudit.rules import rulebook, trial
    from speechaudit.text import simplify

    book = rulebook.load(lexicons, profile)
    _say_model(labels)
    for text in _utterances(file):
        (told,) = label_texts([simplify(text)], folder=labels)
        hits = trial.try_utterance(book, text, setting, told)
        if as_json:
            written = TypeAdapter(tuple[trial.TriedHit, ...]).dump_python(hits, mode="json")
            click.echo(json.dumps({"text": text, "hits": written}, ensure_ascii=False))
        else:
            click.echo(text)
            for hit in hits:
                click.echo(f"  {_VERDICTS[hit.verdict]} {hit.rule}({hit.why})")


@rules.command("explain")
@click.option("--setting", type=options.SETTINGS, default="counter", show_default=True, help="场景:电话或柜台。")
@options.as_json
@click.argument("text")
@options.labels
@options.profile
@options.lexicons
def explain(setting: Any, as_json: bool, text: str, labels: Path | None, profile: str, lexicons: Path | None) -> None:
    """说明工作人员的一句话为什么这样判:哪一条短语、词表、护栏或标签起了作用,改了哪一条会怎样。"""
    from pydantic import TypeAdapter

    from speechaudit.classifiers import label_texts
    from speechaudit.rules import explaining, rulebook
    from speechaudit.text import simplify

    if len(text) > LONGEST:
        raise _too_long("TEXT", 1, text)
    if not (text := " ".join(text.split())):
        raise InputError("TEXT", "没有写话", "请写上工作人员说的一句话,含空格的加英文双引号")
    folder = rulebook.real(lexicons or rulebook.default_folder())
    _say_model(labels)
    (told,) = label_texts([simplify(text)], folder=labels)
    found = explaining.explain(rulebook.load(folder, profile), folder, text, setting, told)
    if as_json:
        written = TypeAdapter(tuple[explaining.Explanation, ...]).dump_python(found, mode="json")
        click.echo(json.dumps({"text": text, "rules": written}, ensure_ascii=False))
    else:
        click.echo(text)
        click.echo("\n".join(line for each in found for line in _explained(each)) or "  没有规则在这句话里找到什么")


def _say_model(folder: Path | None) -> None:
    """Say beside the answer which label model tells the meaning."""
    from speechaudit.classifiers import label_model

    model = label_model(folder)
    click.echo(f"标签模型:{model.name}({model.sha256})", err=True)


def _explained(found: Explanation) -> Iterator[str]:
    yield f"  {_VERDICTS[found.verdict]} {found.rule} {found.title}" + (f"({found.why})" if found.why else "")
    for sign in found.signs:
        by_sound = "(读音相同)" if sign.by_sound else ""
        yield f"    {sign.place} {sign.field} “{sign.template}” 找到“{sign.quote}”{by_sound}"
        yield from (f"      词表 {name} 的“{line}”" for name, line in sign.lists.items())
        if sign.without != found.verdict:
            yield f"      没有这一条:{_VERDICTS[sign.without]}"
    if len(found.signs) > 1 and all(sign.without == found.verdict for sign in found.signs):
        yield "    只去掉其中一条,判定不变"
    for label in found.labels:
        accuses = "" if label.accuses is None else f",到 {label.accuses:g} 算违反"
        yield f"    分类器的标签 {label.name} {label.confidence:.2f}(到 {label.least:g} 请人判断{accuses})"
    for guard in found.turned_aside:
        yield f"    护栏 {guard.guard}:{guard.title};没有这条护栏:{_VERDICTS[guard.without]}"
    if found.excuses:
        yield f"    同一次发言里,或对方开口之前的下一次发言里,有这些就不算:{'、'.join(found.excuses)}"
    if found.guards:
        yield f"    这些情形也不算:{'、'.join(found.guards)}"


_VERDICTS = {"pass": "✓ 符合", "fail": "✗ 违反", "unclear": "? 存疑", "n/a": "- 不适用"}


def _utterances(file: IO[str]) -> Iterator[str]:
    try:
        for number, line in enumerate(file, 1):
            if len(line) > LONGEST:
                raise _too_long(file.name, number, line)
            if line.strip():
                yield line.strip()
    except UnicodeDecodeError as problem:
        raise InputError(file.name, "不是 UTF-8 文本", "请以 UTF-8 编码另存为") from problem


def _too_long(where: str, number: int, line: str) -> InputError:
    return InputError(where, f"第{number}行有 {len(line)} 个字,一句话最多 {LONGEST} 个字", "请一行写一句话")


@rules.command("coverage")
@options.profile
@options.lexicons
def coverage(profile: str, lexicons: Path | None) -> None:
    """列出条款台账:规范里能听的每一条由哪些规则检查,或者为什么听不出来。"""
    from speechaudit.rules import ledger, rulebook

    book = rulebook.load(lexicons, profile)
    counts = ledger.coverage(book)
    for document, written in book.ledgers.items():
        covered, total = counts[document]
        click.echo(f"{document} {written.title}:{total} 条,规则覆盖 {covered} 条")
        for clause in written.clauses:
            told = f"{'、'.join(clause.rules)} {clause.only}".rstrip() if clause.rules else clause.not_heard
            click.echo(f"  {'✓' if clause.rules else '-'} {clause.id} “{clause.quote}”:{told}")


@rules.command("catalogue")
@options.profile
@options.lexicons
def catalogue(profile: str, lexicons: Path | None) -> None:
    """写出全部规则的目录(Markdown):依据的条款、例句、建议和测得的精确率;docs/catalogue.md 就是这样写成的。"""
    from speechaudit.rules import catalogue, measured, rulebook

    found = measured.read(lexicons or rulebook.default_folder())
    click.echo(catalogue.page(rulebook.load(lexicons, profile), found), nl=False)


@rules.command("check")
@options.profile
@options.lexicons
def check(profile: str, lexicons: Path | None) -> None:
    """用每条规则自带的例句检验规则,并核对条款台账。"""
    from speechaudit.rules import examples, ledger, rulebook

    try:
        book = rulebook.load(lexicons, profile)
    except RulebookError as problem:
        for fault in problem.every:
            click.echo(f"✗ {fault}", err=True)
        click.echo(f"{len(problem.every)} 处有误,改正后才能检验例句", err=True)
        sys.exit(2)
    complaints = [*map(str, examples.check(book)), *ledger.disagreements(book)]
    for complaint in complaints:
        click.echo(f"✗ {complaint}", err=True)
    for document, (covered, total) in ledger.coverage(book).items():
        click.echo(f"{book.ledgers[document].title}:{total} 条,规则覆盖 {covered} 条,其余注明了原因")
    click.echo(f"{len(book.rules)} 条规则,版本 {book.version},{len(complaints)} 处不符")
    if complaints:
        sys.exit(1)
