"""Counts that must not grow: who reads Chinese, who writes it outside the catalogue, and how far one fact is known."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import ROOT, files, nodes

pytestmark = pytest.mark.usefixtures("syntax")

SOURCES = files("speechaudit", "service")
CHINESE = re.compile("[一-鿿]")
SENTENCE = re.compile("[一-鿿]{6}|[一-鿿][^{}]*[，。；:：][^{}]*[一-鿿]")
READING = {
    *("startswith", "endswith", "partition", "rpartition", "split", "rsplit", "find", "index", "removeprefix"),
    *("removesuffix", "match", "search", "fullmatch", "compile", "findall", "finditer"),
}
# They read what was said, what files of recorders and people say, or audits and entries of earlier versions.
READERS = {
    "speechaudit/classifiers/sides.py": "numbers that are said",
    "speechaudit/encounters/passing.py": "how somebody gives the name of a unit",
    "speechaudit/encounters/same.py": "the words of a wish",
    "speechaudit/learning/names.py": "names that are said",
    "speechaudit/measures.py": "words that fill",
    "speechaudit/personal.py": "personal numbers and addresses that are said",
    "speechaudit/reasons/older.py": "audits of earlier versions",
    "speechaudit/reasons/reason.py": "how the catalogue joins its own clauses",
    "speechaudit/rules/choosing.py": "titles of limits in profiles that people write",
    "speechaudit/rules/scene.py": "a greeting that is said",
    "speechaudit/speakers/machines.py": "announcements that are said",
    "speechaudit/speakers/profile.py": "numbers of staff as people write them",
    "speechaudit/speakers/roles.py": "numbers of staff as people write them",
    "speechaudit/text.py": "all characters of what is said",
    "service/api/acts.py": "entries of the log of earlier versions",
    "service/ingest/placing.py": "numbers of staff as recorders write them",
    "service/ingest/reading.py": "fields as recorders write them",
    "service/spreadsheets/shown.py": "times in tables",
}
# Where people are spoken to, sentences are made where they are shown. A judgement says why by a code with values.
SPEAKING = (
    *("speechaudit/cli/", "speechaudit/reports/", "speechaudit/reasons/", "speechaudit/rules/catalogue.py"),
    *("service/web/", "service/api/", "service/wording.py"),
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def reads_chinese(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        looked_at: list[ast.expr] = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING:
        looked_at = node.args
    elif isinstance(node, ast.Match):
        return any(CHINESE.search(text) for case in node.cases for text in texts(case.pattern))
    else:
        return False
    return any(CHINESE.search(text) for each in looked_at for text in texts(each))


def test_no_logic_reads_a_sentence_that_was_made_for_people() -> None:
    assert {name_of(path) for path in SOURCES if any(map(reads_chinese, nodes(path)))} == READERS.keys()


def told(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    returned = (each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value)
    return any(SENTENCE.search(text) for value in returned for text in texts(value))


def test_few_functions_return_a_sentence_outside_of_the_catalogue() -> None:
    """They are parts of errors and their cure, and what a person is asked about a recording that waits; no verdict."""
    found = [
        f"{name_of(path)}:{node.name}"
        for path in SOURCES
        if not name_of(path).startswith(SPEAKING)
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and told(node)
    ]
    assert len(found) <= 28, found


def test_few_modules_know_which_channel_is_the_staffs() -> None:
    """It is defined once (`model.facts`), and beyond roles only named where facts are read, asked for or shown."""
    knowing = [name_of(path) for path in SOURCES if "staff_channel" in path.read_text("utf-8")]
    assert len(knowing) <= 19, knowing


def test_every_private_function_is_used() -> None:
    used = Counter(word for path in SOURCES for word in re.findall(r"\w+", path.read_text("utf-8")))
    unused = [
        f"{name_of(path)}:{node.name}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and re.fullmatch("_[a-z0-9].*", node.name)
        and not node.decorator_list
        and used[node.name] == 1
    ]
    assert unused == []
