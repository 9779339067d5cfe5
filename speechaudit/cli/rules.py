"""`speechaudit rules`: try the rules on text, and check them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click

from speechaudit.cli import options
from speechaudit.errors import InputError, RulebookError

LONGEST = 2000  # characters that anybody says in one breath, many times over


@click.group()
def rules() -> None:
    """规则:试用与自检。"""


@rules.command("try")
@click.option("--setting", type=options.SETTINGS, default="counter", show_default=True, help="场景:电话或柜台。")
@options.as_json
@click.argument("file", type=click.File(encoding="utf-8-sig"), default="-")
@options.profile
@options.lexicons
def try_(setting: Any, as_json: bool, file: IO[str], profile: str, lexicons: Path | None) -> None:
    """逐行读入工作人员说的话,列出每句违反或符合的规则。"""
    from pydantic import TypeAdapter

    from speechaudit.classifiers import label_texts
    from speechaudit.rules import rulebook, trial
    from speechaudit.text import simplify

    book = rulebook.load(lexicons, profile)
    for text in _utterances(file):
        (labels,) = label_texts([simplify(text)])
        hits = trial.try_utterance(book, text, setting, labels)
        if as_json:
            told = TypeAdapter(tuple[trial.TriedHit, ...]).dump_python(hits, mode="json")
            click.echo(json.dumps({"text": text, "hits": told}, ensure_ascii=False))
        else:
            click.echo(text)
            for hit in hits:
                click.echo(f"  {_VERDICTS[hit.verdict]} {hit.rule}({hit.why})")


_VERDICTS = {"pass": "✓ 符合", "fail": "✗ 违反", "unclear": "? 存疑", "n/a": "- 不适用"}


def _utterances(file: IO[str]) -> Iterator[str]:
    try:
        for number, line in enumerate(file, 1):
            if len(line) > LONGEST:
                problem = f"第{number}行有 {len(line)} 个字,一句话最多 {LONGEST} 个字"
                raise InputError(file.name, problem, "请一行写一句话")
            if line.strip():
                yield line.strip()
    except UnicodeDecodeError as problem:
        raise InputError(file.name, "不是 UTF-8 文本", "请以 UTF-8 编码另存为") from problem


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
