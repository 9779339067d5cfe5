"""From audits with people's verdicts to lines: which tell something, what is masked, how they travel and are split."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from speechaudit import formats
from speechaudit.errors import InputError
from speechaudit.learning import LabelledLine, dump, from_files, meanings, reviewed, supply
from speechaudit.learning.lines import cleaned, split
from speechaudit.learning.names import impersonal
from speechaudit.model import (
    Audit,
    Encounter,
    Evidence,
    Finding,
    MadeBy,
    Recording,
    Review,
    Segment,
    Transcript,
    Verdict,
)
from speechaudit.rules import rulebook

KNOWN = {"forbidden.rude": (), "forbidden.dont-know": ("forbid-dont-know",), "forbidden.scold": ("forbid-scold",)}
MADE_BY = MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="", compute_type="")
TALK = (("citizen", "王先生的电话13812345678打不通"), ("staff", "晓不得,你去问张建国科长"), ("staff", "吼啥子吼"))


def line(text: str, *labels: str, family: str = "a", before: str = "") -> LabelledLine:
    return LabelledLine(text=text, labels=frozenset(labels), family=family, before=before)


def found(rule: str, verdict: Verdict, *places: int, by_person: bool = True) -> Finding:
    evidence = tuple(
        Evidence(start=at + 0.2, end=at + 0.8, role="staff", quote=TALK[at][1][:3], reasons=(), match="exact")
        for at in places
    )
    review = Review(machine="fail", reason="听过", at=datetime(2026, 3, 2, tzinfo=UTC)) if by_person else None
    known = {"title": rule, "topics": (), "kind": "forbidden", "dimension": "d", "level": "major", "status": "active"}
    return Finding(rule=rule, verdict=verdict, evidence=evidence, review=review, message="", **known)  # type: ignore[arg-type]


def audit(*findings: Finding, kept: bool = True) -> Audit:
    segments = tuple(
        Segment(start=float(n), end=n + 1.0, text=text, role=role)  # type: ignore[arg-type]
        for n, (role, text) in enumerate(TALK)
    )
    transcript = Transcript(segments=segments if kept else (), duration=3.0)
    encounter = Encounter(start=0.0, end=3.0, transcript=transcript, findings=findings)
    recording = Recording(file="a.wav", setting="phone", staff="1017")
    known = {"duration": 3.0, "encounters": (encounter,), "rulebook_version": "v", "profile": "default"}
    return Audit(recording=recording, made_by=MADE_BY, **known)  # type: ignore[arg-type]


def told(*findings: Finding, kept: bool = True) -> list[tuple[str, str, list[str]]]:
    lines = reviewed([audit(*findings, kept=kept)], KNOWN)
    return [(own.text, own.before, sorted(own.labels)) for own in lines]


def test_a_confirmed_finding_is_a_fault_with_the_turn_before_and_nobody_is_named() -> None:
    words, before = "晓不得,你去问***科长", "*先生的电话***********打不通"
    assert told(found("forbidden.dont-know", "fail", 1)) == [(words, before, ["forbid-dont-know"])]


def test_what_was_overruled_is_fair_and_what_nobody_can_judge_tells_nothing() -> None:
    assert told(found("forbidden.scold", "pass", 2)) == [("吼啥子吼", "*先生的电话***********打不通", [])]
    assert told(found("forbidden.scold", "n/a", 2)) == []
    assert told(found("forbidden.scold", "fail", 2, by_person=False)) == []


def test_overruled_words_tell_nothing_as_long_as_another_finding_in_them_waits() -> None:
    overruled = found("forbidden.scold", "pass", 1)
    assert told(overruled, found("forbidden.dont-know", "unclear", 1, by_person=False)) == []
    assert told(overruled, found("forbidden.dont-know", "fail", 1))[0][2] == ["forbid-dont-know"]


def test_of_a_transcript_that_is_no_longer_kept_the_quote_is_left() -> None:
    assert told(found("forbidden.scold", "fail", 2), kept=False) == [("吼啥子", "", ["forbid-scold"])]


def test_who_spoke_is_a_code_that_stays_the_same() -> None:
    both = [next(reviewed([audit(found("forbidden.scold", "fail", at))], KNOWN)) for at in (1, 2)]
    assert both[0].family == both[1].family
    assert "1017" not in both[0].family


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("请找张科长签字", "请找*科长签字"),
        ("我叫王小明,您贵姓", "我叫***,您贵姓"),
        ("小王你过来,小程序里办", "**你过来,小程序里办"),
        ("这事归赵铁柱管", "这事归***管"),
        ("电话是13812345678,任何时候都行", "电话是***********,任何时候都行"),
    ],
)
def test_names_and_numbers_are_hidden(text: str, hidden: str) -> None:
    assert impersonal(text, ["赵铁柱"]) == hidden


def test_words_that_people_judge_differently_are_dropped_and_doubles_count_once() -> None:
    given = [line("不办", "forbid-bare-refusal"), line("不办。"), line("好的"), line("好的!"), line("。")]
    kept = cleaned(given)
    assert ([own.text for own in kept.lines], kept.contradicted) == (["好的"], 2)


def test_a_person_is_on_one_side_of_the_split() -> None:
    lines = [line(f"第{n}句", family=f"person-{n % 10}") for n in range(100)]
    train, held = split(lines)
    assert 30 <= len(held) <= 50
    assert len(train) + len(held) == 100
    assert {own.family for own in train}.isdisjoint(own.family for own in held)


def test_one_person_alone_is_learned_from() -> None:
    assert split([line("一"), line("二")])[1] == ()


def test_a_folder_gives_reviewed_audits_and_what_a_service_gave_out(tmp_path: Path) -> None:
    formats.save(audit(found("forbidden.scold", "fail", 2)), tmp_path / "one.audit.json")
    given = line("晓不得", "forbid-dont-know", before="咋个办")
    (tmp_path / "reviews.lines.jsonl").write_text(f"{dump(given)}\n\n", "utf-8")
    assert [own.text for own in from_files(tmp_path, KNOWN)] == ["吼啥子吼", "晓不得"]
    assert from_files(tmp_path / "reviews.lines.jsonl", KNOWN) == (given,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "第 1 行:“text”"),
        ('{"text": "不办", "labels": ["forbid-nothing"], "family": "a"}', "没有这个标签:forbid-nothing"),
        ("不办", "第 1 行"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.lines.jsonl").write_text(text, "utf-8")
    with pytest.raises(InputError, match=told):
        from_files(tmp_path, KNOWN)


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x1c", "\r", "\u202e", "\x00"])
def test_what_was_given_out_comes_back_whatever_was_said(tmp_path: Path, odd: str) -> None:
    given = (line(f"不知道{odd}别问", before=odd), line("晓不得"))
    (tmp_path / "a.lines.jsonl").write_text("\n".join(map(dump, given)), "utf-8", newline="")
    assert from_files(tmp_path, KNOWN) == given


def test_what_is_quoted_of_a_file_cannot_steer_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.lines.jsonl").write_text('{"text": "不办", "labels": ["\\u001b[2J\\u202e"], "family": "a"}', "utf-8")
    with pytest.raises(InputError) as refused:
        from_files(tmp_path, KNOWN)
    assert "\\x1b[2J\\u202e" in str(refused.value)
    assert str(refused.value).isprintable()


def test_more_lines_than_anybody_reviews_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supply, "MOST_LINES", 3)
    for name in "ab":
        (tmp_path / f"{name}.lines.jsonl").write_text(f"{dump(line('不办'))}\n" * 2, "utf-8")
    with pytest.raises(InputError, match="超过 3 句"):
        from_files(tmp_path, KNOWN)


def test_a_folder_without_reviews_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有可以学习的文件"):
        from_files(tmp_path, KNOWN)


def test_rules_that_a_label_can_charge_are_known() -> None:
    known = meanings(rulebook.load())
    assert known["forbidden.dont-know"] == ("forbid-dont-know",)
    assert not any(label in {"question", "request"} for labels in known.values() for label in labels)
    assert known["forbidden.rude"] == ()


def test_a_charge_of_whatever_family_teaches_what_is_fair_and_no_family() -> None:
    assert told(found("forbidden.rude", "pass", 2)) == [("吼啥子吼", "*先生的电话***********打不通", [])]
    assert told(found("forbidden.rude", "fail", 2)) == []
    assert told(found("forbidden.rude", "fail", 2), found("forbidden.scold", "fail", 2))[0][2] == ["forbid-scold"]
