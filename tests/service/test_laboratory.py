"""A rule is tried on what was heard: what would appear, vanish or change, with points or without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.errors import ConflictError, NotFoundError
from service.laboratory import Laboratory, RuleTrial, TrialProgress, compared
from service.store import Database, audits, recordings
from service.store.audits import TranscriptRecord
from service.store.base import now
from speechaudit import pipeline
from speechaudit.model import Recording
from speechaudit.rules import drafts, plays, rulebook
from speechaudit.rules.rulebook import Rulebook
from tests.rules.test_drafts import FOLDER, NEW
from tests.service.service_kit import MADE_BY, MORNING, new_recording, waited_for

RUDE = "staff: 您好,您办什么业务?\ncitizen: 过户要带什么。\nstaff: 这个我不知道。\ncitizen: 那好吧。\nstaff: 再见。"
KIND = "staff: 您好,请讲。\ncitizen: 我来取证。\nstaff: 好的,给您,请拿好,您慢走。\ncitizen: 谢谢你啊。"
DONT_KNOW = (FOLDER / "rules/forbidden/dont-know.yml").read_text(encoding="utf-8")


def heard(db: Database, number: int, play: str) -> int:
    """Store a recording as it is heard and judged."""
    transcript = plays.parse(play).transcript
    recording = Recording(file=f"call-{number}.wav", setting="counter")
    book = rulebook.load()
    audit = pipeline.judge_transcript(book, recording, transcript, MADE_BY, ())
    with db.write() as session:
        row, _ = recordings.add(session, new_recording(number, setting="counter"))
        audits.save(session, row.id, audit, run=f"audit-{row.id}-1", policy=book.policy)
        audits.save_transcript(session, row.id, TranscriptRecord(transcript=transcript, made_by=MADE_BY))
    return row.id


def book_with(rule_id: str, text: str) -> Rulebook:
    """The one rule as the trial judges by it."""
    book = drafts.drafted(FOLDER, rule_id, text, "default")
    return replace(book, rules=tuple(each for each in book.rules if each.id == rule_id))


def test_a_rule_without_points_shows_what_it_adds(db: Database) -> None:
    rude, kind = heard(db, 1, RUDE), heard(db, 2, KIND)
    book = book_with("words.slowly", NEW)
    with db.read() as session:
        missing = compared(session, rude, book, pipeline.NO_LIBRARIES)
        there = compared(session, kind, book, pipeline.NO_LIBRARIES)
    assert missing and there
    assert [(hit.change, hit.before, hit.after, hit.points) for hit in missing.hits] == [
        ("appeared", None, "fail", 0.0)
    ]
    assert [(hit.change, hit.after, hit.quote) for hit in there.hits] == [("appeared", "pass", "您慢走")]
    assert (missing.move, there.verdicts) == (None, ("pass",))


def test_a_rule_taken_back_gives_points_back(db: Database) -> None:
    rude = heard(db, 1, RUDE)
    book = book_with("forbidden.dont-know", DONT_KNOW.replace("status: active", "status: retired"))
    with db.read() as session:
        found = compared(session, rude, book, pipeline.NO_LIBRARIES)
    assert found and [(hit.change, hit.before, hit.after) for hit in found.hits] == [("vanished", "fail", None)]
    assert found.move and found.move.before is not None and found.move.after is not None
    assert found.move.after > found.move.before


def test_the_rule_as_it_is_changes_nothing(db: Database) -> None:
    rude = heard(db, 1, RUDE)
    with db.read() as session:
        found = compared(session, rude, book_with("forbidden.dont-know", DONT_KNOW), pipeline.NO_LIBRARIES)
    assert found and (found.hits, found.move, found.verdicts) == ((), None, ("fail",))


def wanted(rule: str = "words.slowly", days: int = 30) -> TrialProgress:
    return TrialProgress(rule=rule, text=NEW, since=MORNING - timedelta(days=days), started_at=now(), by="admin")


def trial_over(laboratory: Laboratory, number: int) -> TrialProgress:
    assert waited_for(lambda: laboratory.find(number).progress.state != "running")
    return laboratory.find(number).progress


def test_a_trial_goes_through_what_was_heard_since_then(db: Database) -> None:
    for number, play in enumerate((RUDE, KIND, RUDE), 1):
        heard(db, number, play)
    with db.write() as session:
        session.delete(session.get_one(audits.HearingRow, 3))
    laboratory = Laboratory()
    book = drafts.drafted(FOLDER, "words.slowly", NEW, "default")
    begun = laboratory.begin(db, book, pipeline.NO_LIBRARIES, wanted())
    told = trial_over(laboratory, begun.id)
    assert (told.state, told.total, told.done, told.left_out) == ("done", 3, 3, 1)
    assert (told.changes, told.verdicts) == ({"appeared": 2}, {"pass": 1, "fail": 1})
    assert [hit.recording_id for hit in told.hits] == [2, 1] and told.raised == told.lowered == 0
    later = laboratory.begin(db, book, pipeline.NO_LIBRARIES, replace(wanted(), since=now()))
    assert (trial_over(laboratory, later.id).total, [each.id for each in laboratory.all()]) == (0, [2, 1])
    with pytest.raises(NotFoundError):
        laboratory.find(7)


def test_one_trial_at_a_time_and_it_can_be_cancelled(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    heard(db, 1, RUDE)
    laboratory = Laboratory()
    book = drafts.drafted(FOLDER, "words.slowly", NEW, "default")
    monkeypatch.setattr(RuleTrial, "step", lambda _self: True)  # never done by itself
    begun = laboratory.begin(db, book, pipeline.NO_LIBRARIES, wanted())
    with pytest.raises(ConflictError, match="已有一次试算"):
        laboratory.begin(db, book, pipeline.NO_LIBRARIES, wanted())
    laboratory.stop(60)
    assert trial_over(laboratory, begun.id).state == "cancelled"


def test_a_trial_that_breaks_says_so(db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heard(db, 1, RUDE)

    def broken(*_: object) -> None:
        raise OSError(str(tmp_path))

    monkeypatch.setattr("service.laboratory.compared", broken)
    laboratory = Laboratory()
    book = drafts.drafted(FOLDER, "words.slowly", NEW, "default")
    begun = laboratory.begin(db, book, pipeline.NO_LIBRARIES, wanted())
    assert trial_over(laboratory, begun.id).state == "failed"
