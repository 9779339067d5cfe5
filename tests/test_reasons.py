"""Reasons: each code in both catalogues, each placeholder filled where the code is used, one style of punctuation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from service.errors import ConfigError
from speechaudit.errors import AudioError, SpeechAuditError
from speechaudit.reasons import Reason, because, cause_of, failure_of, in_chinese, in_english, outline
from speechaudit.reasons.chinese import CHINESE
from speechaudit.reasons.codes import Code
from speechaudit.reasons.english import ENGLISH
from tests.sources import ROOT, files, nodes

pytestmark = pytest.mark.usefixtures("syntax")
CODES = get_args(Code)
FULL_WIDTH = "[\uff0c\uff1a\uff1b\uff08\uff09\uff01\uff1f\u00b7\u2026]"


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@cache
def uses() -> tuple[tuple[str, str, set[str]], ...]:
    """Every `because("code", name=…)` in the sources: where, code, names."""
    return tuple(_uses())


def _uses() -> Iterator[tuple[str, str, set[str]]]:
    for path in files("speechaudit", "service"):
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "because":
                for code in ast.walk(node.args[0]):
                    if isinstance(code, ast.Constant) and isinstance(code.value, str) and code.value in CODES:
                        yield f"{path.name}:{node.lineno}", code.value, {k.arg or "**" for k in node.keywords}


# Codes that no call names, since they come from a table, a parameter or the class of an error: what is given with them.
_OF_HITS, _OF_GUARDS, _OF_ENDINGS = {"quote", "title", "rule"}, {"guard", "title"}, {"quote"}
_OF_ERRORS = {"where", "problem", "cure"}
INDIRECT: dict[Code, set[str]] = {
    "said-forbidden": _OF_HITS,
    "tone-to-be-heard": _OF_HITS,
    "guarded": _OF_GUARDS,
    "but-guarded": _OF_GUARDS,
    "other-left": _OF_ENDINGS,
    "line-dropped": _OF_ENDINGS,
    "ended-suddenly": _OF_ENDINGS,
    "input-unusable": _OF_ERRORS,
    "audio-unusable": _OF_ERRORS,
    "audio-encoding": _OF_ERRORS,
    "audio-too-short": _OF_ERRORS,
    "audio-too-long": _OF_ERRORS,
    "decoder-died": _OF_ERRORS,
    "audio-silent": _OF_ERRORS,
    "no-speech": _OF_ERRORS,
    "sidecar-wrong": _OF_ERRORS,
    "transcript-wrong": _OF_ERRORS,
    "rulebook-wrong": _OF_ERRORS,
    "model-unusable": _OF_ERRORS,
    "part-missing": _OF_ERRORS,
    "service-error": _OF_ERRORS,
}


def test_both_catalogues_hold_exactly_the_codes() -> None:
    assert list(CHINESE) == list(ENGLISH) == list(CODES)
    assert len(set(CODES)) == len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_english_needs_nothing_that_chinese_does_not_get(code: Code) -> None:
    given = [(place, names) for place, used, names in uses() if used == code]
    if code in INDIRECT:
        assert given == [], "named in a call after all: out of the table with it"
        given = [("INDIRECT", INDIRECT[code])]
    needed = placeholders(CHINESE[code]) | placeholders(ENGLISH[code])
    assert given
    assert [place for place, names in given if not needed <= names] == []


@pytest.mark.parametrize("code", CODES)
def test_chinese_has_one_style_of_punctuation(code: Code) -> None:
    template = CHINESE[code]
    assert not re.search(FULL_WIDTH, template), "commas, colons and brackets are half-width"
    assert not re.search(r"[\"'「」『』]", re.sub(r"'speechaudit\[gpu\]'", "", template)), "quotes are “ and ”"
    assert template.count("“") == template.count("”")
    assert template.count("(") == template.count(")")
    assert not re.search(r"[,:;)][ \u3000]|[ \u3000][,:;(]", template), "no space at punctuation"
    assert not template.endswith((",", ";", "。"))


@pytest.mark.parametrize("code", CODES)
def test_english_is_english(code: Code) -> None:
    assert not re.search(r"[一-鿿]", ENGLISH[code])


def test_reasons_are_told_in_one_sentence() -> None:
    reasons = (because("may-have-said", quote="不知道"), because("words-unsure"), because("by-sound"))
    assert in_chinese(reasons) == "可能说了“不知道”:这几个字听不清(读音相同)"
    assert (
        in_english(reasons) == "“不知道” may have been said: these words were not recognised with confidence (by sound)"
    )
    assert cause_of(reasons) == "words-unsure"
    assert in_chinese(()) == ""
    assert cause_of(()) is None


def test_lists_and_moments_are_told() -> None:
    assert in_chinese((because("words-tell", words=("您好", "请问")),)) == "话语如“您好”、“请问”"
    assert in_chinese((because("moment-tells", at=65.2),)) == "话语如01:05处"
    order = because("part-too-early", part="unit", title="单位", order=("问候", "单位"))
    assert in_chinese((order,)) == "单位说早了,顺序应为:问候→单位"
    assert in_english((because("words-tell", words=("您好", "请问")),)) == "by the words 您好, 请问"


def test_json_holds_code_and_values_and_reads_the_sentence_of_older_files() -> None:
    adapter = TypeAdapter(Reason)
    reason = because("heard-again", variant="再见", score=0.71)
    assert adapter.dump_python(reason, mode="json") == {
        "code": "heard-again",
        "values": {"variant": "再见", "score": 0.71},
    }
    assert adapter.validate_json(adapter.dump_json(reason)) == reason
    assert adapter.validate_json('"没有听到应说的话"') == because("older-text", text="没有听到应说的话")
    with pytest.raises(ValidationError):
        adapter.validate_python({"code": "no-such-code"})


# Where values become what people read: there, and nowhere else, sentences are made.
EDGES = ("speechaudit/reports/", "speechaudit/cli/", "speechaudit/evaluation/", "service/api/", "service/web/")
SENTENCES = {"why", "role_reason", "not_judged", "remarks", "in_chinese", "in_english"}
# The properties themselves.
MADE_FROM_VALUES = {
    "speechaudit/model/speech.py",
    "speechaudit/model/verdicts.py",
    "speechaudit/rules/explaining.py",
    "speechaudit/rules/trial.py",
}


def test_only_the_edges_read_sentences() -> None:
    reading = set()
    for path in files("speechaudit", "service"):
        name = str(path.relative_to(ROOT))
        if name.startswith((*EDGES, "speechaudit/reasons/")) or name in MADE_FROM_VALUES:
            continue
        for node in nodes(path):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            read = node.attr if isinstance(node, ast.Attribute) else called
            if read in SENTENCES:
                reading.add(f"{name}: {read}")
    assert reading == {  # what is sent to people, and columns that they read
        "service/jobs/work.py: in_chinese",
        "service/jobs/work.py: in_english",
        "service/store/audits/storing.py: not_judged",
        "service/store/reaudits.py: in_chinese",
        "service/store/failures.py: in_chinese",
        "service/store/failures.py: in_english",
    }


def test_every_code_is_used_and_stands_in_the_catalogue() -> None:
    texts = [
        node.value
        for path in files("speechaudit", "service")
        if path.parent.name != "reasons" or path.name == "reason.py"
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert set(CODES) - set(texts) == set()


def test_every_error_has_a_code() -> None:
    def below(kind: type[SpeechAuditError]) -> Iterator[type[SpeechAuditError]]:
        yield kind
        for sub in kind.__subclasses__():
            yield from below(sub)

    assert {kind.code for kind in below(SpeechAuditError)} <= set(CODES)
    problem = AudioError("a.wav", "录音没有声音", "请检查", code="audio-silent")
    assert in_chinese((failure_of(problem),)) == str(problem) == "a.wav:录音没有声音。请检查"
    assert failure_of(problem).code == "audio-silent"
    assert failure_of(ConfigError("x", "y", "z")).code == "service-error"
    with pytest.raises(KeyError, match="no-such-code"):
        failure_of(AudioError("x", "y", "z", code="no-such-code"))


def test_a_code_alone_is_told_with_gaps_for_its_values() -> None:
    assert outline("not-answered") == "提问后…秒内没有听到回答"
    assert outline("other-left") == "对方说完“…”就先结束了,来不及说"
    assert outline("covered-by") == "已按“…”扣分,不再扣分"
    assert {code for code in CODES if "{" in outline(code)} == set()


def test_every_outline_stands_alone() -> None:
    told = {code: outline(code) for code in CODES}
    begun = ("但", "而", "也许是…", ",", "，", ";", "、", ")", "所以", "因此")
    assert {code for code, text in told.items() if text.startswith(begun)} - {"but-guarded"} == set()
    assert {code for code, text in told.items() if text.endswith((":", "：", ",", "，", "(", "是", "时"))} == set()
    assert {code for code, text in told.items() if text.count("(") != text.count(")")} == set()
