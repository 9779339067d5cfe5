"""The ceilings that keep the house small: lengths, names, who reads and writes Chinese, and what `--help` may cost."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import slow
from tests.sources import ROOT, files, nodes

# What is true and a little more, so that it only gets better: lines of the longest function and of the longest file.
CEILINGS = {"speechaudit": (36, 400), "service": (34, 310), "bench": (46, 330), "training": (26, 150)}
MEDIAN_CEILING = 7
PATHS = {room: files(room) for room in CEILINGS}
SOURCES = [*PATHS["speechaudit"], *PATHS["service"]]
# Where a job must end with its reason, whatever happened, and the log has the rest.
SUPERVISORS = {
    *("service/jobs/work.py", "service/intake/folder.py", "service/background.py", "service/webhooks.py"),
    "speechaudit/asr/gathering.py",
}
HEAVY = (
    "torch",
    "faster_whisper",
    "ctranslate2",
    "transformers",
    "numpy",
    "pydantic",
    "jieba",
    "av",
    "soundfile",
    "sqlalchemy",
    "fastapi",
)

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
    "speechaudit/rules/scene.py": "a greeting that is said",
    "speechaudit/speakers/clause_odds.py": "announcements that are said",
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

pytestmark = pytest.mark.usefixtures("syntax")


@cache
def lengths(room: str) -> dict[str, int]:
    """The lines of each function of a room."""
    return {
        f"{path.relative_to(ROOT)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in PATHS[room]
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("room", CEILINGS)
def test_no_function_is_long(room: str) -> None:
    assert {name: lines for name, lines in lengths(room).items() if lines > CEILINGS[room][0]} == {}


@pytest.mark.parametrize("room", CEILINGS)
def test_the_median_function_is_short(room: str) -> None:
    assert statistics.median(lengths(room).values()) <= MEDIAN_CEILING


@pytest.mark.parametrize("room", CEILINGS)
def test_no_file_is_long(room: str) -> None:
    found = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in PATHS[room]}
    assert {name: lines for name, lines in found.items() if lines > CEILINGS[room][1]} == {}


def test_no_class_name_stands_for_two_things() -> None:
    places = defaultdict(set)
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                places[node.name].add(f"{path.relative_to(ROOT)}:{node.lineno}")
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert twice == {}


def test_help_imports_nothing_heavy() -> None:
    """One program asks for the help of each command, one after the other: what any of them imported stays."""
    single: tuple[list[str], ...] = ([], ["audit"], ["evaluate"], ["report"], ["worker"], ["rules", "try"])
    code = "import contextlib, sys\nfrom speechaudit.cli import main\n"
    code += f"for command in {single!r}:\n    with contextlib.suppress(SystemExit): main([*command, '--help'])\n"
    code += f"print([m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert run.stdout.count("Usage:") == len(single)
    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_the_service_imports_nothing_heavy_before_it_is_needed() -> None:
    """Each server, worker and test process pays for it. The library alone loads nothing."""
    recognisers = ("torch", "faster_whisper", "ctranslate2", "transformers", "scipy", "sklearn", "onnxruntime", "av")
    others = ("soundfile", "jieba", "pypinyin", "opencc", "docx", "xlsxwriter", "openpyxl", "xlrd", "alembic", "s3fs")
    later = (*recognisers, *others)
    code = f"import sys, speechaudit\nprint([m for m in {HEAVY!r} if m in sys.modules])\n"
    code += f"import service.app\nprint([m for m in {later!r} if m in sys.modules])\n"
    code += "from speechaudit.classifiers import label_texts\nlabel_texts(['您好'])\nprint('sklearn' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert run.stdout.splitlines() == ["[]", "[]", "False"]


def docstrings(private: bool) -> Iterator[tuple[str, str]]:
    """Name and docstring of each function; properties are nouns, and commands and routes speak Chinese."""
    for path in SOURCES:
        for node in nodes(path):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            meant = (private or not node.name.startswith("_")) and not any(
                "property" in ast.unparse(own) for own in node.decorator_list
            )
            if meant and (told := ast.get_docstring(node)):
                yield f"{path.relative_to(ROOT)}:{node.name}", told


def test_docstrings_of_functions_are_no_riddles() -> None:
    riddle = re.compile("(What|Whether|Why|How|Who|Whom|Whose|When|Which|Where|That|Says) ")
    assert [name for name, told in docstrings(private=True) if riddle.match(told)] == []


def test_docstrings_of_public_functions_begin_with_a_verb() -> None:
    noun = re.compile(
        r"[`(]|(The|A|An|All|Each|Every|Everybody|One|This|Those|It|No|As|At|By|For|From|In|Of|To|Under|Reason)\b"
        r"|\w+[^\Ws]s\b"  # a plural, or a verb in the third person
    )
    assert [name for name, told in docstrings(private=False) if noun.match(told)] == []


def test_nothing_is_caught_blindly() -> None:
    blind = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if str(path.relative_to(ROOT)) not in SUPERVISORS
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert blind == []


def test_what_check_leaves_out_is_there() -> None:
    """A room that was renamed would silently be run, or left out, where nobody meant it."""
    assert [name for name in slow.ROOMS if not (slow.TESTS / name).exists()] == []
    assert slow.reason(slow.TESTS / "asr" / "test_sound.py")
    assert slow.reason(slow.TESTS / "asr" / "test_turns.py") is None
    assert (slow.wholly(slow.TESTS / "corpus"), slow.wholly(slow.TESTS / "asr")) == (True, False)
    assert slow.reason(slow.TESTS / "test_golden.py") is None


def test_only_library_and_service_are_installed() -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    installed = known["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert installed == known["importlinter"]["root_packages"] == ["speechaudit", "service"]
    assert {"bench", "training"} <= {each.name for each in ROOT.iterdir()}
    assert known["pytest"]["ini_options"]["pythonpath"] == ["."]


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
    """Tell whether it returns a sentence. An error is one, with its cure."""
    if function.returns and ast.unparse(function.returns).endswith("Error"):
        return False
    returned = (each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value)
    return any(SENTENCE.search(text) for value in returned for text in texts(value))


def test_few_functions_return_a_sentence_outside_of_the_catalogue() -> None:
    """They tell the cure of an error, or ask a person about a recording that waits; none says why of a verdict."""
    found = [
        f"{name_of(path)}:{node.name}"
        for path in SOURCES
        if not name_of(path).startswith(SPEAKING)
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and told(node)
    ]
    assert len(found) <= 20, found


def test_few_modules_know_which_channel_is_the_staffs() -> None:
    """It is defined once (`model.facts`), and beyond roles only named where facts are read, asked for or shown."""
    knowing = [name_of(path) for path in SOURCES if "staff_channel" in path.read_text("utf-8")]
    assert len(knowing) <= 20, knowing


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
