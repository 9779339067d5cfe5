"""`speechaudit rules`: try the rules on text, and check them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from speechaudit.cli import options


@click.group()
def rules() -> None:
    """规则:试用与自检。"""


@rules.command("try")
@click.option("--setting", type=options.SETTINGS, default="counter", show_default=True, help="场景:电话或柜台。")
@options.as_json
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@options.profile
@options.lexicons
def try_(setting: Any, as_json: bool, file: IO[str], profile: str, lexicons: Path | None) -> None:
    """逐行读入工作人员说的话,列出每句违反或符合的规则。"""
    from speechaudit.classifiers import label_texts
    from speechaudit.rules import rulebook, trial
    from speechaudit.rules.text import simplify

    book = rulebook.load(lexicons, profile)
    for text in _utterances(file):
        (labels,) = label_texts([simplify(text)])
        hits = trial.try_utterance(book, text, setting, labels)
        if as_json:
            click.echo(json.dumps({"text": text, "hits": [asdict(hit) for hit in hits]}, ensure_ascii=False))
        else:
            click.echo(text)
            for hit in hits:
                click.echo(f"  {_VERDICTS[hit.verdict]} {hit.rule}({hit.why})")


_VERDICTS = {"pass": "✓ 符合", "fail": "✗ 违反", "unclear": "? 存疑", "n/a": "- 不适用"}


def _utterances(file: IO[str]) -> Iterator[str]:
    return (line.strip() for line in file if line.strip())


@rules.command("check")
@options.profile
@options.lexicons
def check(profile: str, lexicons: Path | None) -> None:
    """用每条规则自带的例句检验规则,并核对条款台账。"""
    from speechaudit.rules import examples, ledger, rulebook

    book = rulebook.load(lexicons, profile)
    complaints = [*map(str, examples.check(book)), *ledger.disagreements(book)]
    for complaint in complaints:
        click.echo(f"✗ {complaint}", err=True)
    for document, (covered, total) in ledger.coverage(book).items():
        click.echo(f"{book.ledgers[document].title}:{total} 条,规则覆盖 {covered} 条,其余注明了原因")
    click.echo(f"{len(book.rules)} 条规则,版本 {book.version},{len(complaints)} 处不符")
    if complaints:
        sys.exit(1)
