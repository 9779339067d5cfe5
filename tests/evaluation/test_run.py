"""A folder of plays and replayed hearings, through to the page: no model, no sound."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import TypeAdapter

from speechaudit import formats
from speechaudit.cli import main
from speechaudit.errors import AudioError
from speechaudit.evaluation import clips, labels, page, run
from speechaudit.evaluation.compare import Row
from speechaudit.evaluation.run import Advance, Evaluation
from speechaudit.model import Audit
from speechaudit.pipeline import BY_HAND, judge_transcript
from speechaudit.rules import measured, plays, rulebook

from .made import BAD, GOOD, folder

BOOK = rulebook.load()
MADE_BY = replace(BY_HAND, model="nobody", model_sha256="0" * 64, device="cpu", compute_type="int8")
GOLDEN = Path(__file__).parent / "golden"
# What the recogniser made of the two plays: no greeting in one, a homophone in the other.
MISHEARD = {"good": ("您好,", ""), "bad": ("问别人", "问瞥人")}


def hear(path: Path, advance: Advance) -> Audit:
    text = path.with_suffix(".play").read_text(encoding="utf-8").replace(*MISHEARD[path.stem])
    play = plays.parse(text)
    recording = formats.recording_of(path.name, formats.metadata_of_header(play.header, path), None, None)
    advance(1.0)
    return judge_transcript(BOOK, recording, play.transcript, MADE_BY)


def jobs(items: tuple[labels.Item, ...]) -> Iterator[tuple[labels.Item, Advance]]:
    return ((item, lambda _: None) for item in items if item.recording)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = folder(tmp_path / "set")
    for stem, text in (("good", GOOD), ("bad", BAD)):
        (path / f"{stem}.wav").touch()
        header = formats.metadata_of_header(plays.parse(text).header, stem)
        (path / f"{stem}.json").write_text(
            TypeAdapter(formats.Metadata).dump_json(header, exclude_defaults=True).decode(), encoding="utf-8"
        )
    return path


def evaluated(path: Path, audits: Path) -> Evaluation:
    labelled = labels.read(path, BOOK)
    text, spans = run.judge_plays(labelled, BOOK)
    heard = tuple(run.audit_all(jobs(labelled.items), hear, audits))
    return run.evaluation(labelled, BOOK, text, spans, heard, MADE_BY)


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table behind a heading, without its two head lines."""
    lines = text.split(heading, 1)[1].split("\n|", 1)[1].split("\n\n", 1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page(recorded: Path, tmp_path: Path) -> None:
    evaluation = evaluated(recorded, tmp_path / "audits")
    fixed = replace(
        evaluation.source,
        folder="labelled/test",
        fingerprint="0123456789ab",
        changed=date(2026, 1, 2),
        measured=date(2026, 1, 3),
        rulebook_version="ba9876543210",
    )
    named = {row.rule for row in run_rows(evaluation)}
    book = replace(BOOK, rules=tuple(rule for rule in BOOK.rules if rule.id in named))
    found = page.page(replace(evaluation, source=fixed), book) + page.differences(evaluation, book)
    golden = GOLDEN / "accuracy.md"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def run_rows(evaluation: Evaluation) -> list[Row]:
    assert evaluation.text
    return [row for judged in (evaluation.text, *evaluation.audio) for one in judged.compared for row in one.rows]


def test_what_was_misheard_shows_in_the_figures(recorded: Path, tmp_path: Path) -> None:
    evaluation = evaluated(recorded, tmp_path / "audits")
    found = page.data(evaluation)
    assert found["measured"]["text"]["total"]["fail_precision"]["share"] == 1.0
    # Four faults, all found; two false accusations: no greeting was written down, and with it the opening.
    precision = found["measured"]["audio"]["total"]["fail_precision"]
    assert (precision["hits"], precision["of"]) == (4, 6)
    assert 0 < precision["low"] < precision["share"] < precision["high"] < 1
    assert [(d["stem"], d["rule"]) for d in found["disagreements"]] == [
        ("good", "phone.opening"),
        ("good", "words.hello"),
    ]
    assert [layer["name"] for layer in found["layers"]][-1] == "gate"
    (written,) = found["characters"]
    assert (written["deletions"], written["substitutions"], written["insertions"]) == (2, 1, 0)
    assert json.loads(json.dumps(found, ensure_ascii=False)) == json.loads(json.dumps(found))


def test_the_audits_are_kept_and_judged_again_as_they_were(recorded: Path, tmp_path: Path) -> None:
    evaluated(recorded, tmp_path / "audits")
    kept = sorted(path.name for path in (tmp_path / "audits").iterdir())
    assert kept == ["bad.audit.json", "good.audit.json"]
    audit = formats.read_audit(tmp_path / "audits" / "good.audit.json")
    (encounter,) = audit.encounters
    again = run.judge_recordings(
        [run.RecognisedItem(item=labels.read(recorded, BOOK).items[0], path=tmp_path / "audits" / "good.audit.json")],
        BOOK,
        {},
    )
    verdicts = {finding.rule: finding.verdict for finding in encounter.findings}
    assert {row.rule: row.found for row in again[-1].compared[0].rows}.items() <= verdicts.items()


def test_sound_that_cannot_be_used_is_told_and_counts_as_unjudged(recorded: Path, tmp_path: Path) -> None:
    def deaf(path: Path, advance: Advance) -> Audit:
        raise AudioError(path.name, "没有检测到人声", "请检查")

    labelled = labels.read(recorded, BOOK)
    heard = tuple(run.audit_all(jobs(labelled.items), deaf, tmp_path / "audits"))
    evaluation = run.evaluation(labelled, BOOK, run.judge_plays(labelled, BOOK)[0], {}, heard, MADE_BY)
    total = page.data(evaluation)["measured"]["audio"]["total"]
    assert total["unjudged"]["share"] == 1.0
    assert total["fail_precision"]["share"] is None
    assert [remark for remark in evaluation.remarks if "没有检测到人声" in remark and "未评" in remark]


def test_what_a_reader_must_know_is_said(recorded: Path, tmp_path: Path) -> None:
    (recorded / "extra.play").write_text(GOOD, encoding="utf-8")
    assert "“extra”没有写进 expected.yml,未计入" in evaluated(recorded, tmp_path / "audits").remarks


def test_clips_by_group(tmp_path: Path) -> None:
    def write(path: Path, advance: Advance) -> str:
        if path.name == "mute.wav":
            raise AudioError(path.name, "没有检测到人声", "请检查")
        return "您好谢谢观看"

    rows = [("a.wav", "您好", "word"), ("mute.wav", "再见", "word"), ("b.wav", "您好,谢谢观看!", "read")]
    found = [clips.Clip(path=tmp_path / name, text=text, group=group) for name, text, group in rows]
    for path in (*(clip.path for clip in found), tmp_path / "manifest.json"):
        path.touch()
    evaluation = run.measure_clips(tmp_path, ((clip, lambda _: None) for clip in found), write, MADE_BY)
    assert [(w["group"], w["rate"], w["characters"]) for w in page.data(evaluation)["characters"]] == [
        ("read", 0.0, 6),
        ("word", 1.5, 4),  # four invented and two lost, of four
    ]
    assert len(evaluation.remarks) == 1
    text = page.page(evaluation, BOOK)
    assert "150.0%" in text
    assert "逐条规则" not in text


def cli(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, args)], catch_exceptions=False)


def test_the_command_writes_page_differences_and_data(tmp_path: Path) -> None:
    result = cli(folder(tmp_path / "set"), "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "“违反”的精确率" in result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "accuracy.json",
        "accuracy.md",
        "differences.md",
        "measured.yml",
    ]
    kept = measured.read(tmp_path / "out")
    assert kept and [(rule, found.failed.of) for rule, found in kept.text.items() if found.failed]
    text = (tmp_path / "out" / "accuracy.md").read_text(encoding="utf-8")
    rows = {cells[0]: cells[1] for cells in table(text, "## 总的结果")}
    assert re.fullmatch(r"4/4 = 100%\(51–100%\)", rows["**“违反”的精确率**"])
    assert "不归我管" not in text  # the page must not give the data away


def test_the_command_tells_a_mistake(tmp_path: Path) -> None:
    path = folder(tmp_path, "good:\n  - words.helo: pass\n")
    result = cli(path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"错误:{path / 'expected.yml'} 第2行")


def test_a_folder_without_labels_is_told(tmp_path: Path) -> None:
    result = cli(tmp_path)
    assert result.exit_code == 2
    assert "这里没有 expected.yml" in result.stderr
