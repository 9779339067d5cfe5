"""Where nobody knows which voice is the staff's: what was heard goes to a person, nobody is charged or credited."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speechaudit.model import Audit, Encounter, Finding, Recording, Role, Segment, Transcript
from speechaudit.pipeline import judge_transcript
from speechaudit.reports import ReportSettings, build
from speechaudit.rules import rulebook
from speechaudit.rules.judge import listen_requests
from speechaudit.rules.whoever import MOST_VOICES, as_if_staff

BOOK = rulebook.load()
CALL = Recording(file="a.wav", setting="phone", staff="工号1017")
Said = tuple[str | None, str]
RUDE: tuple[Said, ...] = (("S1", "我想办社保卡。"), ("S2", "这不归我管,你去问别人。"), ("S1", "那我投诉你。"))
POLITE: tuple[Said, ...] = (("S1", "您好,请讲。"), ("S2", "您好,我想办社保卡。"), ("S1", "请带身份证,再见。"))


def transcript(*said: Said, channels: tuple[int, ...] = (0,)) -> Transcript:
    segments = tuple(
        Segment(
            start=4.0 * n, end=4.0 * n + 3, text=text, role="unknown", speaker=who, channel=channels[n % len(channels)]
        )
        for n, (who, text) in enumerate(said)
    )
    return Transcript(segments=segments, duration=4.0 * len(said))


def audit(*said: Said, recording: Recording = CALL) -> Audit:
    return judge_transcript(BOOK, recording, transcript(*said))


def findings(*said: Said) -> dict[str, Finding]:
    (service,) = audit(*said).encounters
    return {finding.rule: finding for finding in service.findings}


def test_a_forbidden_phrase_is_told_with_its_place_whoever_said_it() -> None:
    found = findings(*RUDE)["forbidden.ask-others"]
    (place,) = found.evidence
    assert (found.verdict, found.points) == ("unclear", 0.0)
    assert (place.role, place.quote) == ("unknown", "这不归我管,你去问别人")
    assert 4.0 <= place.start < place.end <= 7.0
    assert place.why.endswith(",不能确定这句话是谁说的")


def test_an_excuse_of_another_voice_is_no_excuse() -> None:
    """All of nobody's words as one turn would hold the citizen's apology for the staff's."""
    sorry = findings(*RUDE[:2], ("S1", "对不起,麻烦您了,我帮您找找。"))
    assert sorry["forbidden.ask-others"].verdict == "unclear"
    own = findings(*RUDE[:2], ("S2", "对不起,麻烦您了,我帮您找找。"))
    assert own["forbidden.ask-others"].verdict == "pass"


def test_what_no_voice_said_is_missing_whoever_the_staff_are() -> None:
    missed = findings(*RUDE)
    for rule in ("phone.closing", "words.goodbye", "words.hello"):
        assert missed[rule].verdict == "unclear"
        assert missed[rule].evidence[0].why.endswith(",不能确定哪些话是工作人员说的")


def test_what_one_voice_said_is_neither_missed_nor_credited() -> None:
    """Both said 您好, and one of them 再见: it may be either who had to."""
    said = findings(*POLITE)
    assert (said["words.hello"].verdict, said["words.goodbye"].verdict) == ("n/a", "n/a")
    assert said["words.hello"].evidence == ()


def test_where_no_voices_are_told_apart_the_words_are_one_voice() -> None:
    said = findings(*((None, text) for _, text in RUDE))
    assert {said[rule].verdict for rule in ("forbidden.ask-others", "words.goodbye")} == {"unclear"}
    assert said["words.redirect"].verdict == "n/a"  # who refused whom is not known


def test_nothing_is_scored_and_no_figure_changes() -> None:
    played = audit(*RUDE)
    (service,) = played.encounters
    assert service.score
    assert (service.score.total, service.score.not_judged) == (None, "不能确定哪些话是工作人员说的")
    assert not any(finding.points or finding.verdict == "fail" for finding in service.findings)
    (report,) = build([played], ReportSettings.of(BOOK.policy))
    assert (report.figures.score.n, report.figures.rules, report.moments, report.credits) == (0, (), (), ())
    assert "这不归我管,你去问别人" in {moment.quote for moment in report.unclear}


def test_how_long_it_rang_has_nothing_to_do_with_voices() -> None:
    late = replace(CALL, direction="in", ring_seconds=17.0)
    (service,) = audit(*RUDE, recording=late).encounters
    found = next(finding for finding in service.findings if finding.rule == "phone.ring-limit")
    assert found.verdict == "unclear"
    assert "这次服务不予评分" in found.evidence[0].why


def test_what_nobody_said_is_listened_for_once_more() -> None:
    service = Encounter(start=0.0, end=12.0, transcript=transcript(*RUDE))
    places = {request.place for request in listen_requests(BOOK, "phone", service, service, "whisper-base")}
    assert {"opening", "closing"} <= places


@pytest.mark.parametrize("role", ["staff", "citizen", "machine"])
def test_where_the_staff_are_known_or_nobody_can_be_they_nothing_is_supposed(role: Role) -> None:
    known = transcript(*RUDE)
    first, *rest = known.segments
    segments = (replace(first, role=role), *(replace(s, role=role if role != "staff" else s.role) for s in rest))
    assert as_if_staff(replace(known, segments=segments)) == ()


def test_each_channel_may_be_the_staffs_where_voices_are_not_told() -> None:
    cases = as_if_staff(transcript(*((None, text) for _, text in RUDE), channels=(0, 1)))
    assert [[segment.role for segment in case.segments] for case in cases] == [
        ["staff", "citizen", "staff"],
        ["citizen", "staff", "citizen"],
    ]


def test_words_without_a_voice_stay_unknown_and_of_a_crowd_few_are_supposed() -> None:
    crowd = transcript(*((f"S{n}", "我想办社保卡。") for n in range(MOST_VOICES + 3)), (None, "再见"))
    cases = as_if_staff(crowd)
    assert len(cases) == MOST_VOICES
    assert {case.segments[-1].role for case in cases} == {"unknown"}
