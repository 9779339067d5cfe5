"""A rule is tried on what was heard: what would appear, vanish or change, with points or without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.errors import ConflictError, NotFoundError
from service.laboratory import Compared, Laboratory, Lexicons, RuleTrial, TrialLabels, compared
from service.laboratory.comparing import RuleComparison
from service.laboratory.helpers import Helpers, TrialOrder, helping
from service.store import Database, audits, recordings, trials
from service.store.audits import TranscriptRecord, packing
from service.store.base import now
from service.store.trials import TrialProgress
from speechaudit import classifiers, pipeline
from speechaudit.model import SOME_FAULT, Label, MadeBy, Recording, Transcript
from speechaudit.rules import plays, rulebook
from speechaudit.rules.rulebook import Rulebook
from tests.rules.test_drafts import FOLDER, NEW
from tests.service.service_kit import MADE_BY, MORNING, new_recording, waited_for

RUDE = "staff: 您好,您办什么业务?\ncitizen: 过户要带什么。\nstaff: 这个我不知道。\ncitizen: 那好吧。\nstaff: 再见。"
KIND = "staff: 您好,请讲。\ncitizen: 我来取证。\nstaff: 好的,给您,请拿好,您慢走。\ncitizen: 谢谢你啊。"
DONT_KNOW = (FOLDER / "rules/forbidden/dont-know.yml").read_text(encoding="utf-8")


def heard(db: Database, number: int, said: str | Transcript, made_by: MadeBy = MADE_BY) -> int:
    """Store a recording as it is heard and judged: a play, or what was heard."""
    transcript = plays.parse(said).transcript if isinstance(said, str) else said
    recording = Recording(file=f"call-{number}.wav", setting="counter")
    book = rulebook.load()
    audit = pipeline.judge_transcript(book, recording, transcript, made_by, ())
    with db.write() as session:
        row, _ = recordings.add(session, new_recording(number, setting="counter"))
        audits.save(session, row.id, audit, run=f"audit-{row.id}-1", policy=book.policy)
        audits.save_transcript(session, row.id, TranscriptRecord(transcript=transcript, made_by=made_by))
    return row.id


LEXICONS = Lexicons(folder=FOLDER, profile="default")


def one(db: Database, recording_id: int, book: Rulebook) -> Compared | None:
    """What the one rule of a book changes in a recording."""
    with db.read() as session:
        (found,) = compared(session, [recording_id], book, pipeline.NO_LIBRARIES, TrialLabels())
    return found


def test_a_rule_without_points_shows_what_it_adds(db: Database) -> None:
    rude, kind = heard(db, 1, RUDE), heard(db, 2, KIND)
    book = LEXICONS.book("words.slowly", NEW)
    missing, there = one(db, rude, book), one(db, kind, book)
    assert missing and there
    assert [(hit.change, hit.before, hit.after, hit.points) for hit in missing.hits] == [
        ("appeared", None, "fail", 0.0)
    ]
    assert [(hit.change, hit.after, hit.quote) for hit in there.hits] == [("appeared", "pass", "您慢走")]
    assert (missing.move, there.verdicts) == (None, ("pass",))


def test_a_rule_taken_back_gives_points_back(db: Database) -> None:
    rude = heard(db, 1, RUDE)
    book = LEXICONS.book("forbidden.dont-know", DONT_KNOW.replace("status: active", "status: retired"))
    found = one(db, rude, book)
    assert found and [(hit.change, hit.before, hit.after) for hit in found.hits] == [("vanished", "fail", None)]
    assert found.move and found.move.before is not None and found.move.after is not None
    assert found.move.after > found.move.before


def test_the_rule_as_it_is_changes_nothing(db: Database) -> None:
    rude = heard(db, 1, RUDE)
    found = one(db, rude, LEXICONS.book("forbidden.dont-know", DONT_KNOW))
    assert found and (found.hits, found.move, found.verdicts) == ((), None, ("fail",))


def test_a_rule_that_catches_all_leaves_to_others_what_they_charge(db: Database) -> None:
    text = (FOLDER / "rules/forbidden/rude.yml").read_text(encoding="utf-8")
    accused = Label(name=SOME_FAULT, confidence=0.9999)
    spoken = plays.parse(RUDE).transcript
    segments = (replace(each, labels=(accused,)) if "不知道" in each.text else each for each in spoken.segments)
    labelled = replace(spoken, segments=tuple(segments))
    rude = heard(db, 1, labelled)
    book = LEXICONS.book("forbidden.rude", text)
    found = one(db, rude, book)
    assert found and (found.hits, found.move) == ((), None)
    with db.read() as session:
        stored = audits.content(audits.current(session, rude))
    alone = pipeline.judge_service(book, stored.recording, stored.encounters[0], "")
    assert [each.verdict for each in alone.findings] == ["fail"], "of itself it would charge these words too"


def wanted(rule: str = "words.slowly", days: int = 30) -> TrialProgress:
    return TrialProgress(rule=rule, text=NEW, since=MORNING - timedelta(days=days), started_at=now(), by="admin")


def found(db: Database, number: int) -> TrialProgress:
    with db.read() as session:
        return trials.find(session, number)


def kept(db: Database) -> list[tuple[int, str]]:
    with db.read() as session:
        return [(each.id, each.state) for each in trials.kept(session)]


def trial_over(db: Database, number: int) -> TrialProgress:
    assert waited_for(lambda: found(db, number).state != "running")
    return found(db, number)


def test_a_trial_goes_through_what_was_heard_since_then(db: Database) -> None:
    for number, play in enumerate((RUDE, KIND, RUDE), 1):
        heard(db, number, play)
    with db.write() as session:
        session.delete(session.get_one(audits.HearingRow, 3))
    laboratory = Laboratory()
    begun = laboratory.begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted())
    told = trial_over(db, begun.id)
    assert (told.state, told.total, told.done, told.left_out) == ("done", 3, 3, 1)
    assert (told.changes, told.verdicts) == ({"appeared": 2}, {"pass": 1, "fail": 1})
    assert [hit.recording_id for hit in told.hits] == [2, 1] and told.raised == told.lowered == 0
    with db.write() as session:  # what it quotes goes with the recording; the figures stay
        session.delete(session.get_one(recordings.RecordingRow, 2))
    assert [hit.recording_id for hit in found(db, begun.id).hits] == [1]
    assert found(db, begun.id).changes == {"appeared": 2}
    for _ in range(5):
        last = laboratory.begin(db, LEXICONS, pipeline.NO_LIBRARIES, replace(wanted(), since=now()))
        assert trial_over(db, last.id).total == 0
    assert kept(db) == [(number, "done") for number in (6, 5, 4, 3, 2)]
    with pytest.raises(NotFoundError):
        found(db, begun.id)


OLDER = replace(MADE_BY, label_model="delivered-1", label_model_sha256="0" * 12)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the label model was asked about; it finds the same in everything."""
    found: list[str] = []

    def label(transcript: Transcript, _: Path | None) -> Transcript:
        found.append(transcript.segments[0].text)
        own = Label(name="profanity", confidence=0.9173)
        return replace(transcript, segments=tuple(replace(each, labels=(own,)) for each in transcript.segments))

    monkeypatch.setattr(classifiers, "label", label)
    return found


def test_what_an_older_model_labelled_is_labelled_anew_for_the_first_trial_only(db: Database, asked: list[str]) -> None:
    heard(db, 1, RUDE, OLDER)
    heard(db, 2, KIND, OLDER)
    heard(db, 3, RUDE, classifiers.labelled_by(MADE_BY))
    laboratory = Laboratory()
    told = [trial_over(db, laboratory.begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted()).id) for _ in range(2)]
    assert [(each.state, each.done, each.relabelled) for each in told] == [("done", 3, 2), ("done", 3, 0)]
    assert asked == ["您好,请讲。", "您好,您办什么业务?"]
    assert told[0].verdicts == told[1].verdicts


def test_labels_are_kept_in_bounds_and_only_those_of_the_model_in_force(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = TrialLabels(most=1)
    heard_twice = {
        number: TranscriptRecord(transcript=plays.parse(each).transcript, made_by=OLDER)
        for number, each in enumerate((RUDE, KIND), 1)
    }

    def told() -> list[TranscriptRecord]:
        return [kept.relabelled(number, each, None) for number, each in heard_twice.items()]

    before = told()
    assert told() == before
    assert before[0].made_by == classifiers.labelled_by(MADE_BY) and before[0].transcript.segments[0].labels
    assert [each[:4] for each in asked] == ["您好,您", "您好,请", "您好,请"], "one is kept"
    assert (set(kept.taken()), kept.taken(), set(kept.known([1, 2]))) == ({1, 2}, {}, {1})
    monkeypatch.setattr(classifiers, "label_model", lambda *_: classifiers.LabelModel(name="centre-1", sha256="1" * 12))
    kept.relabelled(1, heard_twice[1], None)
    assert len(asked) == 4, "what another model told is told anew"


def test_one_trial_at_a_time_and_any_process_may_cancel_it(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        heard(db, number, RUDE)
    first, second = Laboratory(), Laboratory()  # of two processes
    monkeypatch.setattr("service.laboratory.trial._SAVE", -1.0)
    monkeypatch.setattr(RuleTrial, "step", lambda trial: trial._save("running"))  # never done by itself
    begun = first.begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted())
    with pytest.raises(ConflictError, match="已有一次试算"):
        second.begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted())
    with db.write() as session:
        trials.cancel(session, begun.id)
        with pytest.raises(NotFoundError):
            trials.cancel(session, 9)
    assert waited_for(lambda: first._running is not None and not first._running.running)
    assert kept(db) == [(begun.id, "cancelled")]
    again = second.begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted())
    second.stop(60)  # its process ends: nobody cancelled it
    assert kept(db)[0] == (again.id, "interrupted")


def test_a_trial_whose_process_died_is_over_and_keeps_nobody_back(db: Database) -> None:
    with db.write() as session:
        lost = trials.begin(session, wanted())
    assert found(db, lost).state == "running"
    with db.write() as session:
        session.get_one(trials.TrialRow, lost).saved_at = now() - timedelta(minutes=5)
    assert found(db, lost).state == "interrupted"
    with db.write() as session:
        fresh = trials.begin(session, wanted())
    assert kept(db) == [(fresh, "running"), (lost, "interrupted")]


def test_a_trial_that_breaks_says_so(db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heard(db, 1, RUDE)

    def broken(*_: object) -> None:
        raise OSError(str(tmp_path))

    monkeypatch.setattr("service.laboratory.comparing.compared", broken)
    laboratory = Laboratory()
    begun = laboratory.begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted())
    assert trial_over(db, begun.id).state == "failed"


DIALOGUES = sorted((FOLDER.parent / "labelled" / "tuning").glob("*.play"))


@pytest.mark.parametrize("path", DIALOGUES[::9], ids=lambda path: path.stem)
def test_services_as_they_are_kept_are_judged_as_when_they_were_heard(path: Path) -> None:
    """A trial judges services out of stored audits: what was divided, measured and shared is not worked out again."""
    audit = pipeline.audit_transcript(path, rulebook.load())
    kept = packing.whole(audits.packed(audit))
    again = [pipeline.judge_service(rulebook.load(), kept.recording, e, audit.made_by.model) for e in kept.encounters]
    assert [(each.findings, each.score, each.parts) for each in again] == [
        (each.findings, each.score, each.parts) for each in audit.encounters
    ]


def order(db: Database) -> TrialOrder:
    url = db.engine.url.render_as_string(hide_password=False)
    return TrialOrder(database=url, lexicons=LEXICONS, rule="words.slowly", text=NEW, libraries=pipeline.NO_LIBRARIES)


def test_other_processes_find_what_this_one_finds(db: Database) -> None:
    ids = [heard(db, 1, RUDE), heard(db, 2, KIND), heard(db, 3, RUDE, OLDER)]
    comparison = RuleComparison(db, LEXICONS.book("words.slowly", NEW), pipeline.NO_LIBRARIES, TrialLabels())
    here = comparison.of([*ids, 99])
    with helping(order(db)) as helpers:
        assert helpers
        helpers.give([*ids, 99], {})
        helpers.give(ids[2:], here.labels)
        assert helpers.waiting == (*ids, 99, ids[2])
        assert not helpers.take(0.0).found, "it reads the rulebook yet"
        assert helpers.take() == here and set(here.labels) == {ids[2]}
        known = helpers.take()
        assert not known.labels, "what is known is not told anew"
        assert (helpers.ready, helpers.waiting) == (True, ())


def test_a_trial_is_helped_and_goes_on_alone_where_the_others_break(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 8):
        heard(db, number, RUDE if number % 2 else KIND)
    monkeypatch.setattr("service.laboratory.trial.ALONE", 0)
    monkeypatch.setattr("service.laboratory.trial.STEP", 2)

    @contextmanager
    def threads(_: TrialOrder) -> Iterator[Helpers]:
        own = RuleComparison(db, LEXICONS.book("words.slowly", NEW), pipeline.NO_LIBRARIES, TrialLabels())
        monkeypatch.setattr("service.laboratory.helpers._own", [own])
        with ThreadPoolExecutor(1) as pool:
            yield Helpers(pool, 1)

    monkeypatch.setattr("service.laboratory.trial.helping", threads)
    monkeypatch.setattr(Helpers, "ready", True)
    helped = trial_over(db, Laboratory().begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted()).id)

    def broken(*_: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr(Helpers, "take", broken)
    alone = trial_over(db, Laboratory().begin(db, LEXICONS, pipeline.NO_LIBRARIES, wanted()).id)
    assert (helped.state, helped.done, helped.verdicts) == ("done", 7, {"pass": 3, "fail": 4})
    assert [hit.recording_id for hit in helped.hits] == [7, 6, 5, 4, 3, 2, 1]
    assert replace(alone, id=helped.id, started_at=helped.started_at) == helped


KILLED = """
import os, signal, sys
from pathlib import Path
from service.laboratory.comparing import Lexicons
from service.laboratory.helpers import TrialOrder, helping
from speechaudit.pipeline import NO_LIBRARIES
if __name__ == "__main__":
    lexicons = Lexicons(folder=Path(sys.argv[1]), profile="default")
    told = {"rule": "words.slowly", "text": sys.argv[2], "libraries": NO_LIBRARIES}
    order = TrialOrder(database="sqlite://", lexicons=lexicons, **told)
    with helping(order) as helpers:
        helpers._ready[0].result()
        print(*helpers._pool._processes, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_of_a_trial_end_with_a_service_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "killed.py"), str(FOLDER), NEW]
    environment = os.environ | {"PYTHONPATH": str(FOLDER.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        children = [int(each) for each in process.stdout.readline().split()]
    assert children and waited_for(lambda: not any(Path(f"/proc/{each}/status").exists() for each in children))
