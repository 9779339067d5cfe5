"""One recording: what was said and found, to the person who may see it, with or without scripts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select, update

from service.listening import COPY
from service.store import audits, recordings
from service.store.accounts import UserSession
from service.store.audits import TranscriptRecord
from service.store.base import now
from service.store.logbook import LogEntry
from service.web import spoken
from speechaudit.model import (
    Aside,
    Audit,
    Clause,
    Deduction,
    DimensionScore,
    Evidence,
    Mark,
    Part,
    Score,
    Segment,
    Span,
    Transcript,
    Word,
)
from speechaudit.reasons import because
from tests.service.service_kit import MADE_BY, POLICY, audit_of, finding
from tests.service.web_kit import Web, read, text_of

NUMBER = "320106199003071234"
CLAUSE = Clause(document="d", title="服务规范", clause="1", section="第三条", quote="不得推诿")


def segment(start: float, text: str, role: Any = "staff", **more: Any) -> Segment:
    words = tuple(
        Word(start=start + n * 0.25, end=start + (n + 1) * 0.25, text=each, confidence=0.3 if each == "呃" else 0.9)
        for n, each in enumerate(text)
    )
    return Segment(start=start, end=start + len(text) * 0.25, text=text, words=words, role=role, **more)


def long_call() -> Audit:
    """Two services of 25 minutes in all, with a violation in each, a hold and a private talk."""
    audit = audit_of("不知道")
    (first,) = audit.encounters
    said = (segment(1.5, "您好呃"), segment(20.0, f"号码{NUMBER}", "citizen"), segment(30.0, "请按一", "unknown"))
    why = (because("said-forbidden", quote="不归我管", title="推诿"),)
    proof = Evidence(
        start=21.25, end=23.5, role="staff", quote=f"不归我管{NUMBER}", reasons=why, match="exact", heard=0.94
    )
    found = finding(
        "forbidden.brush-off",
        "fail",
        points=5.0,
        evidence=(proof,),
        clauses=(CLAUSE,),
        message="请帮助联系",
        title="推诿",
    )
    score = Score(
        total=95.0,
        passed=True,
        by_dimension=(DimensionScore(name="d", title="服务忌语", full=100, deducted=5, score=95),),
        deductions=(Deduction(rule="forbidden.brush-off", title="推诿", dimension="d", points=5),),
    )
    one = replace(
        first,
        start=0.0,
        end=700.0,
        transcript=Transcript(segments=(*said, segment(650.0, "再见")), duration=1500.0),
        marks=(Mark(kind="hold", start=25.0, end=29.0, quote=""),),
        findings=(found, finding("words.hello", "pass", "您好", title="问候")),
        score=score,
    )
    other = replace(
        one, start=1300.0, end=1500.0, transcript=Transcript(segments=(segment(1310.0, "下一位"),), duration=1500.0)
    )
    talk = Aside(
        start=900.0,
        end=910.0,
        transcript=Transcript(segments=(segment(900.0, "吃饭了吗"),), duration=1500.0),
        reasons=(),
    )
    return replace(audit, encounters=(one, other), asides=(talk,), duration=1500.0)


@pytest.fixture
def filled(web: Web) -> Web:
    """Recording 1 of staff 1017 at A01, audited; its sound is kept as a copy that nobody plays here."""
    web.upload(b"sound", "a.wav", staff="1017", window="A01")
    audit = long_call()
    whole = Transcript(segments=tuple(s for e in audit.encounters for s in e.transcript.segments), duration=1500.0)
    with web.db.write() as session:
        audits.save_transcript(session, 1, TranscriptRecord(transcript=whole, made_by=MADE_BY))
        audits.save(session, 1, audit, run="r", policy=POLICY)
        sha256 = recordings.get(session, 1).sha256
    with web.services.audio.scratch() as base:
        base.write_bytes(b"copy")
        web.services.audio.place(base, sha256 + COPY)
    return web


def page_of(web: Web, role: str, query: str = "") -> Any:
    answer = web.browser(role).get(f"/recordings/1{query}")
    assert answer.status_code == 200, answer.text
    return answer


def test_it_says_what_was_found_and_why(filled: Web) -> None:
    text = text_of(page_of(filled, "inspector"))
    for told in (
        "违反 推诿 −5 分",
        f"不归我管{NUMBER}",
        "字面相符,听清把握 94%".replace(",", "，"),
        "建议 请帮助联系",
        "《服务规范》第三条：「不得推诿」",
        "服务忌语推诿 −5",
        "合计",
        "95.0",
    ):
        assert told in text
    assert re.search(r"说了.不归我管", text)


def test_words_have_their_seconds_and_doubts(filled: Web) -> None:
    answer = page_of(filled, "inspector").text
    assert '<span data-s="1.75">好</span>' in answer
    assert '<span class="unsure" data-s="2" title="听清把握 30%">呃</span>' in answer
    assert "让对方等候，4 秒" in answer
    assert "18 秒没有说话" in text_of(page_of(filled, "inspector"))
    assert "身份未定" in answer


def test_a_long_recording_shows_ten_minutes_and_one_service(filled: Web) -> None:
    first, second, third = (text_of(page_of(filled, "inspector", f"?stretch={n}")) for n in (1, 2, 3))
    assert ("您好" in first, "再见" in first, "吃饭了吗" in first) == (True, False, False)
    assert ("再见" in second, "吃饭了吗" in second) == (True, True)
    assert "下一位" in third
    other = page_of(filled, "inspector", "?service=2")
    assert "第 2 次服务的判定" in text_of(other)
    assert "下一位" in text_of(other)
    assert "第 3 段，共 3 段" in text_of(page_of(filled, "inspector", "?stretch=99"))
    assert page_of(filled, "inspector", "?service=99").status_code == 200


def test_the_script_gets_every_violation_and_where_it_is(filled: Web) -> None:
    answer = page_of(filled, "inspector").text
    found = re.search(r'data-index="([^"]*)"', answer)
    assert found
    entries = json.loads(unescape(found.group(1)))
    assert [(each["s"], each["e"], each["v"], each["n"]) for each in entries] == [
        (21.25, 23.5, "fail", n) for n in (1, 2)
    ]
    assert f'id="finding-{entries[0]["id"]}"' in answer


def parted() -> Audit:
    """A call of 1017 that 1018 took over and was charged in, behind an announcement and with a doubt between."""
    audit = long_call()
    one = audit.encounters[0]
    assert one.score
    spans = [Span(start=0.0, end=20.0), Span(start=20.0, end=22.0), Span(start=22.0, end=700.0)]
    legs = because("leg-as-known", who="3201"), because("two-on-the-line"), because("leg-tells", who="3202")
    parts = (
        Part(
            kind="first",
            start=0,
            end=20,
            stretches=tuple(spans[:1]),
            reasons=legs[:1],
            score=replace(one.score, total=100.0),
        ),
        Part(kind="doubtful", start=20, end=22, stretches=tuple(spans[1:2]), reasons=legs[1:2]),
        Part(
            kind="put-through",
            start=22,
            end=700,
            stretches=tuple(spans[2:]),
            reasons=legs[2:],
            staff="1018",
            score=one.score,
        ),
    )
    charge, hello = one.findings
    said = (replace(segment(0.5, "通话将被录音"), role="machine"), *one.transcript.segments)
    words = replace(one.transcript, segments=said)
    findings = (hello, replace(charge, part=2))
    return replace(audit, encounters=(replace(one, parts=parts, findings=findings, transcript=words),), asides=())


def test_who_served_when_is_shown_with_what_was_found_about_each(filled: Web) -> None:
    with filled.db.write() as session:
        audits.save(session, 1, parted(), run="parts", policy=POLICY)
    text = text_of(page_of(filled, "inspector"))
    for told in (
        "1017 工号1017 100.0 合格",
        "▶ 00:00–00:20 线路记录:由3201接听,是录音登记的人",
        "不能确定是谁 ▶ 00:20–00:22 线路上同时有两位工作人员,不能确定是谁说的 不评分，也不算任何人的。",
        "1018 95.0 合格 ▶ 00:22–11:40 电话转接后 线路记录:由3202接听 违反 推诿 −5 分",
        "1018的得分 95.0",
        "自动播报",
        "由 1018 服务",
    ):
        assert told in text, told
    own = text_of(page_of(filled, "staff"))
    assert ("违反 推诿" in own, "同事的判定不在这里显示。" in own, "1018的得分" in own) == (False, True, False)


@pytest.mark.parametrize(("role", "sees"), [("admin", True), ("inspector", True), ("lead", False), ("staff", False)])
def test_numbers_are_masked_as_in_the_api(filled: Web, role: str, sees: bool) -> None:
    answer = page_of(filled, role)
    words = "".join(read(answer).text)
    assert (NUMBER in re.sub(r"\s", "", words)) == sees
    assert (NUMBER in answer.text) == sees


def test_what_one_may_not_see_is_not_there(filled: Web) -> None:
    filled.upload(b"other", "b.wav", staff="1018", window="A02")
    for role in ("staff", "lead"):
        assert filled.browser(role).get("/recordings/2").status_code == 404
    assert filled.browser("inspector").get("/recordings/99").status_code == 404


def test_sound_that_is_not_there_yet_is_made_and_said(filled: Web) -> None:
    answer = page_of(filled, "staff")  # needs the form with tones
    assert "正在准备可以播放的声音" in text_of(answer)
    assert "<audio" not in answer.text
    assert filled.queue.copies == [1]
    assert '<audio id="audio" controls' in page_of(filled, "inspector").text


def test_a_recording_that_waits_or_failed_says_so(web: Web) -> None:
    web.upload(b"sound", "a.wav", staff="1017", window="A01")
    waiting = page_of(web, "inspector")
    assert "排队" in text_of(waiting)
    assert 'hx-get="/recordings/1/progress"' in waiting.text
    with web.db.write() as session:
        recordings.fail(session, 1, because("older-text", text="录音:解不出声音"))
    assert "解不出声音" in text_of(page_of(web, "staff"))


def test_what_a_page_asks_by_itself_is_not_noted_and_ends(filled: Web) -> None:
    browser = filled.browser("staff")
    with filled.db.read() as session:
        before = session.scalar(select(func.count()).select_from(LogEntry))
    assert browser.get("/recordings/1/progress").headers["hx-refresh"] == "true"
    looking = browser.get("/recordings/1/listening/progress?looks=2")
    assert "looks=1" in looking.text
    ended = browser.get("/recordings/1/listening/progress?looks=1")
    assert ("hx-get" in ended.text, "还没有做好" in text_of(ended)) == (False, True)
    there = filled.browser("inspector").get("/recordings/1/listening/progress?looks=1")
    assert 'hx-get="/recordings/1" hx-trigger="load"' in there.text
    assert filled.queue.copies == []
    with filled.db.read() as session:
        assert session.scalar(select(func.count()).select_from(LogEntry)) == before


def test_a_page_that_is_left_open_keeps_no_session_alive(filled: Web) -> None:
    browser = filled.browser("staff")
    long_ago = now() - timedelta(minutes=5)
    for way, kept in (("/progress", False), ("/listening/progress?looks=1", False), ("", True)):
        with filled.db.write() as session:
            session.execute(update(UserSession).values(seen_at=long_ago))
        browser.get(f"/recordings/1{way}")
        with filled.db.read() as session:
            seen = session.scalars(select(UserSession.seen_at)).one()
            assert seen is not None
            assert (seen > long_ago) == kept


def test_a_failed_recording_is_not_waited_for(web: Web) -> None:
    web.upload(b"sound", "a.wav", staff="1017", window="A01")
    with web.db.write() as session:
        recordings.fail(session, 1, because("older-text", text="录音:解不出声音"))
    answer = page_of(web, "inspector")
    assert ("hx-get" in answer.text, "还没有做好" in text_of(answer)) == (False, True)


def test_history_tells_what_changed(filled: Web) -> None:
    audit = long_call()
    milder = replace(audit.encounters[0], findings=audit.encounters[0].findings[1:])
    with filled.db.write() as session:
        audits.save(session, 1, replace(audit, encounters=(milder, audit.encounters[1])), run="r2", policy=POLICY)
    text = text_of(page_of(filled, "inspector"))
    assert "历次稽核（2）" in text
    assert "不再有：推诿" in text


def test_what_caps_the_score_is_called_by_its_title(filled: Web) -> None:
    audit = long_call()
    assert audit.encounters[0].score
    capped = replace(audit.encounters[0].score, vetoed_by=("forbidden.brush-off",))
    whole = replace(audit, encounters=(replace(audit.encounters[0], score=capped), audit.encounters[1]))
    with filled.db.write() as session:
        audits.save(session, 1, whole, run="r2", policy=POLICY)
    text = text_of(page_of(filled, "inspector"))
    assert "合计" in text and "一票否决，封顶后" in text and "一票否决：推诿。" in text


def test_only_what_is_shown_is_taken_out_of_a_long_recording() -> None:
    whole = long_call()
    part = spoken.part_of(whole, 2, 3)
    assert part.encounters[1] == whole.encounters[1]
    first = part.encounters[0]
    assert (first.transcript.segments, first.marks, part.asides) == ((), (), ())
    assert first.score == whole.encounters[0].score
    assert [(e.start, e.quote, e.reasons) for f in first.findings for e in f.evidence] == [
        (e.start, "", ()) for f in whole.encounters[0].findings for e in f.evidence
    ]
    assert spoken.part_of(whole, 1, 2).encounters[0] == whole.encounters[0]
    assert spoken.lines_of(part, 3)[0].pause == pytest.approx(110.0)  # since the stretch began


def test_a_moment_belongs_to_one_stretch() -> None:
    assert [spoken.stretch_at(at, 1500.0) for at in (-1.0, 0.0, 599.99, 600.0, 1499.0, 9999.0)] == [1, 1, 1, 2, 3, 3]
    assert (spoken.stretches(0.0), spoken.stretches(600.0), spoken.stretches(600.1)) == (1, 1, 2)
