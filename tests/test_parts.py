"""Who of the staff served when: whole plays, with what each person's part holds and what it costs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from speechaudit import formats, pipeline, served
from speechaudit.cli.show import show
from speechaudit.encounters import shares_of, with_parts
from speechaudit.encounters.passing import is_offer, unit_named, way_of
from speechaudit.fingerprints import key_of
from speechaudit.model import Encounter, Leg, Recording, Review, Score, Segment, Span, Transcript, Verdict
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.about import About
from speechaudit.reports.compare import Others
from speechaudit.reports.events import known_by
from speechaudit.reports.html import staff_page
from speechaudit.reviews import HumanFindings, with_decisions
from speechaudit.rules import plays, rulebook

PLAYS = Path(__file__).parent / "served"
PHONE = Recording(file="a.wav", setting="phone", staff="1017")


@cache
def audited(name):
    (service,) = pipeline.audit_transcript(PLAYS / f"{name}.play", rulebook.load()).encounters
    return service


def kinds(service):
    return [part.kind for part in service.parts]


def charged(service, part):
    return sorted({f.rule for f in service.findings if f.part == part and f.points and f.kind == "forbidden"})


def verdict(service, rule, part):
    return next(f.verdict for f in service.findings if f.rule == rule and f.part == part)


def cause(service, rule, part):
    found = next(f for f in service.findings if f.rule == rule and f.part == part)
    return [reason.code for reason in found.evidence[0].reasons]


# The play, the kinds of its parts, and the words that are charged in each.
SERVED: dict[str, tuple[list[str], list[list[str]]]] = {
    "passed-on-to-a-rude-one": (["first", "put-through"], [[], ["ask-others", "dont-know"]]),
    "rude-one-passes-on-to-a-good-one": (["first", "put-through"], [["ask-others", "dont-know"], []]),
    "colleague-steps-in-at-the-counter": (["first", "joined"], [[], ["hurry-up"]]),
    "asks-a-colleague-and-comes-back": (["first", "doubtful"], [[]]),
    "transfer-that-nobody-answers": ([], [[]]),
    "three-on-the-line": (["first", "doubtful"], [[]]),
    "passed-on-twice": (["first", "put-through", "put-through"], [[], [], []]),
    "passing-on-promised-for-tomorrow": ([], [["insult-ability"]]),
    "passed-on-without-a-word-of-it": (["first", "put-through"], [[], ["dont-know", "who-you-want"]]),
    "offered-agreed-and-passed-on": (["first", "put-through"], [[], []]),
    "offered-and-declined": ([], [["ask-others", "hurry-up"]]),
    "receiver-given-to-the-chief": (
        ["first", "joined"],
        [[], ["ask-others", "hurry-up", "private-business-excuse"]],
    ),
}


@pytest.mark.parametrize("name", SERVED)
def test_each_is_charged_with_their_own_words(name):
    service = audited(name)
    told, costs = SERVED[name]
    assert kinds(service) == told
    for part, rules in enumerate(costs):
        assert charged(service, part) == [f"forbidden.{rule}" for rule in rules]


def test_every_play_is_expected():
    assert {play.stem for play in PLAYS.glob("*.play")} == set(SERVED)


def test_nobody_is_credited_with_the_farewell_of_another():
    service = audited("rude-one-passes-on-to-a-good-one")
    assert verdict(service, "sounds.farewell", 0) == "n/a"
    assert cause(service, "sounds.farewell", 0) == ["closed-by-another"]
    assert verdict(service, "sounds.farewell", 1) == "pass"
    first, second = service.parts
    assert service.score == first.score
    assert (first.score.total, second.score.total) == (65.0, 100.0)
    assert second.staff is None


def test_who_was_put_through_by_words_alone_may_have_opened():
    service = audited("passed-on-to-a-rude-one")
    assert verdict(service, "phone.opening", 1) == "unclear"
    assert verdict(service, "phone.opening", 0) == "pass"
    assert cause(service, "phone.opening", 1)[-1] == "perhaps-not-opening"


def test_who_steps_in_at_the_counter_owes_no_opening():
    service = audited("colleague-steps-in-at-the-counter")
    assert verdict(service, "sounds.greet", 1) in ("pass", "n/a")
    assert verdict(service, "words.hello", 1) in ("pass", "n/a")


def test_what_is_in_doubt_accuses_nobody():
    service = audited("asks-a-colleague-and-comes-back")
    (charge,) = [f for f in service.findings if f.rule == "forbidden.hurry-up"]
    assert (charge.part, charge.verdict, charge.points) == (0, "unclear", 0.0)
    assert service.parts[1].score is None
    assert [span.start for span in service.parts[0].stretches] == [0.0, 21.5]
    assert {f.part for f in service.findings} == {0}


PASSED = """
setting: phone
staff: 您好,这里是社保窗口,请讲。
citizen: 我想查一下缴费。
staff: {announced}
citizen: {answered}
staff: {followed}
citizen: 嗯。
"""


def parted(announced, answered, followed, setting="phone"):
    play = plays.parse(PASSED.format(announced=announced, answered=answered, followed=followed))
    whole = Encounter(start=0.0, end=play.transcript.duration, transcript=play.transcript)
    return kinds(with_parts(whole, replace(PHONE, setting=setting)))


@pytest.mark.parametrize(
    ("announced", "answered", "followed", "expected"),
    [
        ("这个我帮您转到税务窗口。", "好。", "您好,税务窗口,请讲。", ["first", "put-through"]),
        ("我给您把电话转过去,您别挂。", "谢谢。", "喂,哪里?", ["first", "put-through"]),
        ("我让同事来跟您说,您稍等。", "好的。", "您好,我是小刘的同事,您请说。", ["first", "joined"]),
        ("我帮您转接税务窗口,请稍等。", "好。", "税务窗口占线,请您过十分钟再打来。", []),
        ("我帮您转接税务窗口,请稍等。", "好。", "马上给您接通,请别挂机。", []),
        ("我帮您转接税务窗口,请稍等。", "好,我想问契税怎么交?", "带身份证来交就行。", ["first", "doubtful"]),
        ("您的诉求我转给城管部门处理。", "好。", "喂,您还在听吗?", []),
        ("您以后打这个电话,我们再转接。", "好。", "喂,听得到吗?", []),
        ("转接不了,您自己打吧。", "好。", "您好,还有别的事吗?", []),
        ("您把公积金转到本地再来办。", "好。", "您好好看一下材料。", []),
        ("需要我帮您转接吗?", "不用。", "您好,还有什么可以帮您?", []),
    ],
)
def test_it_takes_words_before_and_after_to_be_another(announced, answered, followed, expected):
    assert parted(announced, answered, followed) == expected


def test_ways_of_passing_on_are_told_apart():
    assert way_of("我帮您转接") == "transfer"
    assert way_of("您稍等,我请同事来给您办") == "hand-over"
    assert way_of("我问一下我们科长") == "consult"
    assert way_of("我们三方通话") == "conference"
    assert way_of("您去三号窗口,我同事给您办") is None
    assert way_of("如果需要的话我再帮您转接") is None
    assert is_offer("需要我帮您转接吗")
    assert not is_offer("需要身份证吗")
    assert unit_named("您好,这里是社保窗口") == "社保窗口"
    assert unit_named("这里是社保窗口") == ""


def said(start, text, role="staff", **known):
    return Segment(start=start, end=start + 4.0, text=text, role=role, **known)


CALL = (
    said(0, "您好,这里是社保窗口,请讲。"),
    said(5, "我想问过户。", role="citizen"),
    said(10, "请您稍等。"),
    said(30, "说,什么事。"),
    said(35, "我想问过户。", role="citizen"),
    said(40, "不知道,再见。"),
)


def call(segments=CALL, **known):
    whole = Encounter(start=0.0, end=50.0, transcript=Transcript(segments=tuple(segments), duration=50.0))
    return with_parts(whole, replace(PHONE, **known))


def staff_of(recording, service, part):
    audit = pipeline.audit_transcript(PLAYS / "offered-and-declined.play", rulebook.load())
    return served.staff_of(replace(audit, recording=recording, encounters=(service,)), service, part)


def person(start, end, who, **known):
    return Leg(kind="person", start=start, end=end, who=who, staff=who, **known)


def test_the_legs_of_a_call_say_who_served():
    legs = (person(0, 15, "1017"), Leg(kind="queue", start=15, end=28), person(28, 50, "1023", ring_seconds=9.0))
    first, second = call(legs=legs).parts
    assert (first.reason, first.stretches) == (
        "线路记录:由1017接听,是录音登记的人",
        (Span(start=0.0, end=28.0),),
    )
    assert (second.kind, second.staff, second.ring_seconds) == ("put-through", "1023", 9.0)
    assert second.stretches == (Span(start=28.0, end=50.0),)


def test_who_is_put_down_as_the_recordings_staff_later_has_the_first_part():
    """The legs named whom the recording named; whom somebody corrects it to takes that part over, and no other."""
    legs = (person(0, 15, "1017"), person(28, 50, "1023"))
    service = call(legs=legs)
    known = replace(PHONE, legs=legs)
    owners = [[staff_of(replace(known, staff=staff), service, n) for n in (0, 1)] for staff in ("1017", "1018", None)]
    assert owners == [["1017", "1023"], ["1018", "1023"], [None, "1023"]]
    other = call(legs=legs, staff="1018")
    assert staff_of(replace(known, staff="1018"), other, 0) == "1017"


def test_a_service_that_a_colleague_had_alone_is_not_the_firsts():
    """The second service of a call begins after the transfer."""
    legs = (person(0, 15, "1017"), person(28, 50, "1023"))
    late = Encounter(start=30.0, end=50.0, transcript=Transcript(segments=CALL[3:], duration=50.0))
    (part,) = with_parts(late, replace(PHONE, legs=legs)).parts
    assert (part.kind, part.staff, part.start, part.end) == ("first", "1023", 30.0, 50.0)
    early = Encounter(start=0.0, end=14.0, transcript=Transcript(segments=CALL[:3], duration=50.0))
    assert with_parts(early, replace(PHONE, legs=legs)).parts == ()


def test_whom_the_roster_does_not_name_is_nobody():
    legs = (person(0, 15, "1017"), Leg(kind="person", start=28, end=50, who="8023"))
    second = call(legs=legs).parts[1]
    assert (second.staff, second.reason) == (None, "线路记录:由8023接听")


def test_while_two_are_on_the_line_nobody_knows_who_spoke():
    parts = call(legs=(person(0, 50, "1017"), person(12, 34, "1023"))).parts
    assert [(part.kind, part.stretches) for part in parts] == [
        ("first", (Span(start=0.0, end=12.0), Span(start=34.0, end=50.0))),
        ("doubtful", (Span(start=12.0, end=34.0),)),
    ]


@pytest.mark.parametrize(("first_ends", "total"), [(20, 80.0), (50, None)])
def test_where_the_beginning_is_in_doubt_the_first_who_is_sure_counts(first_ends, total):
    service = call(legs=(person(0, first_ends, "1017"), person(0, 50, "1023")))
    sure = [share.part for share in shares_of(service)]
    own = {n: replace(service, score=Score(total=80.0, passed=True)) for n in sure}
    whole = served.rejoined(service, own)
    assert (service.parts[0].kind, sure) == ("doubtful", [1] if total else [])
    assert (whole.score and whole.score.total) == total


def test_one_person_with_several_legs_is_one():
    assert call(legs=(person(0, 15, "1017"), person(28, 50, "1017"))).parts == ()


def test_another_voice_on_the_staffs_side_is_another_person():
    voices = dict(zip((0, 10, 30, 40), ("S1", "S1", "S2", "S2"), strict=True))
    heard = tuple(replace(s, speaker=voices.get(int(s.start))) for s in CALL)
    first, second = call(heard).parts
    assert (second.kind, second.start, second.reasons[-1].code) == ("joined", 30.0, "other-voice")
    shares = shares_of(call(heard))
    assert [[s.text for s in share.encounter.transcript.segments] for share in shares] == [
        ["您好,这里是社保窗口,请讲。", "我想问过户。", "请您稍等。"],
        ["说,什么事。", "我想问过户。", "不知道,再见。"],
    ]
    assert [share.closes for share in shares] == [False, True]
    assert first.kind == "first"


def test_one_voice_speaks_against_a_transfer():
    """What begins like somebody else is the same voice; only a name of their own leaves a doubt."""
    passed = [replace(s, speaker="S1") if s.role == "staff" else s for s in CALL]
    passed[2] = replace(passed[2], text="我帮您转接,请稍等。")
    passed[3] = replace(passed[3], text="喂,什么事?")
    assert call(passed).parts == ()
    passed[3] = replace(passed[3], text="您好,这里是税务窗口。")
    assert kinds(call(passed)) == ["first", "doubtful"]


def reports_of(*names):
    found = [pipeline.audit_transcript(PLAYS / f"{name}.play", rulebook.load()) for name in names]
    named = [replace(audit, recording=replace(audit.recording, staff="1017")) for audit in found]
    policy = rulebook.load().policy
    return {report.staff: report for report in build(named, ReportSettings.of(policy))}


def test_reports_count_each_part_for_its_person():
    reports = reports_of("passed-on-to-a-rude-one")
    first, second = reports["1017"], reports[None]
    assert (first.figures.encounters, first.figures.score.mean, first.moments) == (1, 100.0, ())
    assert (second.figures.encounters, second.figures.score.mean) == (1, 65.0)
    assert {moment.rule for moment in second.moments} >= {"forbidden.ask-others", "forbidden.dont-know"}


def test_the_report_of_each_says_who_served_when_and_by_what_it_is_known():
    """Without a word of the call: what the first one said is not for the next one's report."""
    first, second = (reports_of("passed-on-to-a-rude-one")[staff] for staff in ("1017", None))
    told = [
        [(part.who, part.how, part.known_by, part.own) for part in report.encounters[0].parts]
        for report in (first, second)
    ]
    other = "第2位工作人员(身份不明)"
    assert told == [
        [("1017", "", ("录音登记",), own), (other, "电话转接后", ("说的话",), not own)] for own in (True, False)
    ]
    page = re.sub(r"<[^>]*>|\s+", " ", staff_page(first, About(), Others()))
    assert re.search(r"00:00–00:20 +1017 +（本报告） +依据录音登记", page)
    assert re.search(r"00:20–00:32 +第2位工作人员\(身份不明\) +电话转接后 +依据说的话", page)
    assert "落户由公安窗口办理" not in page


def test_legs_and_voices_are_told_as_what_a_part_is_known_by():
    audit = pipeline.audit_transcript(PLAYS / "offered-and-declined.play", rulebook.load())

    def sources(service, **known):
        whole = replace(audit, recording=replace(PHONE, **known), encounters=(service,))
        return [known_by(whole, service, n) for n in range(len(service.parts))]

    legs = (person(0, 15, "1017"), person(28, 50, "1023"))
    assert sources(call(legs=legs), legs=legs) == [("录音登记", "线路记录"), ("线路记录",)]
    voices = dict(zip((0, 10, 30, 40), ("S1", "S1", "S2", "S2"), strict=True))
    heard = call(tuple(replace(s, speaker=voices.get(int(s.start))) for s in CALL))
    assert sources(heard) == [("录音登记",), ("声音",)]
    assert sources(heard, staff=None) == [(), ("声音",)]


def test_a_decision_about_a_part_changes_the_score_of_that_part_only():
    audit = pipeline.audit_transcript(PLAYS / "passed-on-to-a-rude-one.play", rulebook.load())
    (charge,) = [f for f in audit.encounters[0].findings if f.rule == "forbidden.ask-others" and f.points]
    overruled: tuple[Verdict, Review] = (
        "pass",
        Review(machine="fail", reason="不是推诿", at=datetime(2026, 3, 2, tzinfo=UTC)),
    )
    decided = HumanFindings(verdicts={key_of(charge): overruled})
    (service,) = with_decisions(audit, decided, rulebook.load().policy).encounters
    first, second = service.parts
    totals = [part.score and part.score.total for part in (first, second, service)]
    assert (charge.part, totals) == (1, [100.0, 80.0, 100.0])


def test_parts_travel_through_json():
    audit = pipeline.audit_transcript(PLAYS / "passed-on-twice.play", rulebook.load())
    told = json.loads(formats.dump(audit))["encounters"][0]
    assert [part["kind"] for part in told["parts"]] == ["first", "put-through", "put-through"]
    assert {finding["part"] for finding in told["findings"]} == {0, 1, 2}
    assert told["parts"][1]["reason"].startswith("说了“落户由公安窗口办理")


def test_the_command_line_shows_who_served_when():
    audit = pipeline.audit_transcript(PLAYS / "colleague-steps-in-at-the-counter.play", rulebook.load())
    console = Console(record=True, width=200)
    show(audit, console)
    told = console.export_text()
    assert "00:15–00:30 第2位工作人员(身份不明) 接着服务" in told
    assert "未登记人员 100 分" in told and "第2位工作人员(身份不明) 80 分" in told
