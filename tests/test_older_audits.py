"""Audits that the program wrote before reasons had codes: read, shown, judged again, charged again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from speechaudit import formats, scoring
from speechaudit.errors import InputError
from speechaudit.model import Audit, Evidence
from speechaudit.pipeline import Overrides, audit_transcript
from speechaudit.reports.moments import NumberedEncounter, moments_of
from speechaudit.rules import rulebook
from tests.sentences import legacy

OLDER = Path(__file__).parent / "older"
BAD, DUAL_MONO = OLDER / "counter-bad.audit.json", OLDER / "phone-dual-mono-good.audit.json"
BOOK = rulebook.load()


def sentences(path: Path) -> list[str]:
    """All that the older file says in sentences, the notes on other rules taken away."""
    audit = json.loads(path.read_text(encoding="utf-8"))
    found = list(audit["remarks"])
    for encounter in audit["encounters"]:
        found += [segment["role_reason"] for segment in encounter["transcript"]["segments"]]
        found += [e["why"].partition("(同一")[0] for f in encounter["findings"] for e in f["evidence"]]
    return found


def told(audit: Audit) -> list[str]:
    found = list(audit.remarks)
    for encounter in audit.encounters:
        found += [segment.role_reason for segment in encounter.transcript.segments]
        found += [e.why for f in encounter.findings for e in f.evidence]
    return found


@pytest.mark.parametrize("path", [BAD, DUAL_MONO], ids=lambda p: p.stem)
def test_an_older_audit_keeps_its_sentences(path: Path) -> None:
    audit = formats.read_audit(path)
    assert told(audit) == sentences(path)
    assert audit.schema_version == 2
    assert audit.made_by.timings == {}
    assert {r.code for e in audit.encounters for s in e.transcript.segments for r in s.role_reasons} == {"older-text"}


def test_written_anew_it_is_of_the_present_version_and_says_the_same(tmp_path: Path) -> None:
    audit = formats.read_audit(BAD)
    formats.save(audit, tmp_path / "a.audit.json")
    written = json.loads((tmp_path / "a.audit.json").read_text(encoding="utf-8"))
    assert written["schema_version"] == 2
    assert formats.read_audit(tmp_path / "a.audit.json") == audit


def covered(audit: Audit) -> dict[str, str]:
    (encounter,) = audit.encounters
    return {f.rule: e.covered_by for f in encounter.findings for e in f.evidence if e.covered_by}


def test_the_note_on_another_rule_becomes_a_reference() -> None:
    audit = formats.read_audit(BAD)
    assert covered(audit) == {"words.hello": "sounds.greet"}
    case = NumberedEncounter(recording=audit.recording, number=1, encounter=audit.encounters[0], begun_at=None)
    (moment,) = (m for m in moments_of([case], "fail") if m.rule == "words.hello")
    assert (moment.why, moment.covered_by) == ("没有听到应说的话(已按“来有迎声”扣分,不再扣分)", "sounds.greet")


def test_once_the_other_rule_is_overruled_the_reference_is_gone() -> None:
    (encounter,) = formats.read_audit(BAD).encounters
    overruled = (replace(f, verdict="pass") if f.rule == "sounds.greet" else f for f in encounter.findings)
    charged = {f.rule: f for f in scoring.charge(overruled, BOOK.policy, "counter")}
    hello = charged["words.hello"]
    assert [(e.why, e.covered_by, e.points) for e in hello.evidence] == [("没有听到应说的话", None, 2)]


def noted(why: str) -> Evidence:
    """The evidence of a.b in an older audit in which this is said of it; “别” and a title with quotes are charged."""
    audit = json.loads(BAD.read_text(encoding="utf-8"))
    (encounter,) = audit["encounters"]
    finding = next(f for f in encounter["findings"] if f["evidence"])
    finding["evidence"][0]["why"] = why
    encounter["findings"] += [finding | {"rule": "x.y", "title": "说“您好”时", "evidence": []}]
    read = formats._AUDIT().validate_python(audit)
    return next(f for f in read.encounters[0].findings if f.rule == finding["rule"]).evidence[0]


@pytest.mark.parametrize(
    "why",
    [
        "没有听到(同一件事已按“说“您好”时”扣分)",
        "没有听到(同一件事已按“说“您好”时”扣分)(同一件事已按“说“您好”时”扣分)",
        "没有听到(同一件事已按“来有迎声”扣分)(同一句话已按“说“您好”时”扣分)",
    ],
)
def test_notes_with_quotes_in_the_title_and_doubled_ones_are_read(why: str) -> None:
    evidence = noted(why)
    assert (evidence.reasons, evidence.covered_by) == (legacy("没有听到"), "x.y")


def test_a_rule_that_is_not_there_covers_nothing() -> None:
    assert noted("没有听到(同一件事已按“没有的规则”扣分)").covered_by is None


def test_it_is_judged_again(tmp_path: Path) -> None:
    """As then, but for one: the label of 不知道 (0.77) would call no person, and listed words need such a label now."""
    again = audit_transcript(BAD, BOOK, Overrides())
    before, after = formats.read_audit(BAD).encounters[0], again.encounters[0]
    assert before.score and after.score
    assert (before.score.total, after.score.total) == (58, 63)
    verdicts = [{f.rule: f.verdict for f in service.findings} for service in (before, after)]
    assert [own.pop("forbidden.dont-know") for own in verdicts] == ["fail", "unclear"]
    assert verdicts[0].items() <= verdicts[1].items()
    causes = [{f.rule: [e.why for e in f.evidence] for f in service.findings} for service in (before, after)]
    older, newer = "结尾的“这是鬼点”识别得不可靠", "结尾录音听不清(识别成“这是鬼点”),不能断定有没有说"
    as_now = {rule: [why.replace(older, newer) for why in causes[0][rule]] for rule in verdicts[0]}
    assert as_now == {rule: causes[1][rule] for rule in verdicts[0]} != {rule: causes[0][rule] for rule in verdicts[0]}
    assert {r.code for f in after.findings for e in f.evidence for r in e.reasons} >= {
        "not-said",
        "closing-badly-heard",
    }


def test_an_audit_of_a_later_version_is_refused(tmp_path: Path) -> None:
    audit = json.loads(BAD.read_text(encoding="utf-8")) | {"schema_version": 99}
    path = tmp_path / "a.audit.json"
    path.write_text(json.dumps(audit), encoding="utf-8")
    with pytest.raises(InputError, match=r"更新的版本生成\(schema_version 99\)"):
        formats.read_audit(path)
