"""The figures of services as rows: the same as from the whole audits, whatever people decide, for old audits too."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from service.counting import Counting
from service.errors import RequestError
from service.issuing.drafting import AS_IT_IS, MASKED, Drafting, ShownTo
from service.settings import Settings
from service.store import Database, Filters, audits, lists
from service.store.audits import AuditRow, TallyRow, packing, tallies
from service.store.centre import Staff
from speechaudit.model import Audit, Clause, Part, PartKind, Score, Span
from speechaudit.reasons import because
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.figures import StaffFigures, StaffOutline
from speechaudit.reports.outline import outlined
from speechaudit.reports.overview import overview
from speechaudit.reports.tally import summarise
from tests.service import court
from tests.service.api_kit import Api
from tests.service.service_kit import audit_of, audited, finding

ZONE = ZoneInfo("Asia/Shanghai")
SETTINGS = ReportSettings(pass_mark=80.0, minimum_encounters=2, worst=3)


def told(reports: Sequence[StaffFigures]) -> dict[str, Any]:
    """What an overview says, without what it shows of single services."""
    view = overview(reports, SETTINGS)
    lines = [(each.staff, each.figures, each.doubts, len(each.recordings)) for each in (*view.ranked, *view.few)]
    rows = [replace(row, happened="", parts=(), measures={}) for each in reports for row in each.encounters]
    return {"all": view.figures, "doubts": view.unclear, "cautions": view.cautions, "lines": lines, "rows": rows}


def both(db: Database, **filters: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The overview from rows, and from whole audits."""
    with db.read() as session:
        known = Filters(**filters)
        quick = summarise(lists.tallied(session, known, ZONE), SETTINGS)
        whole = build(lists.current_audits(session, known, ZONE), SETTINGS)
        return told(quick), told(whole)


def passed_on(first: Audit) -> Audit:
    """A service that 1017 began and 1018 took over; between them nobody knows who it was."""
    (encounter,) = first.encounters
    ends: tuple[tuple[PartKind, float, str | None], ...] = (
        ("first", 0.0, None),
        ("doubtful", 4.0, None),
        ("put-through", 6.0, "1018"),
    )
    parts = tuple(
        Part(
            start=start,
            end=start + 2,
            stretches=(Span(start=start, end=start + 2),),
            kind=kind,
            reasons=(),
            staff=staff,
            score=encounter.score,
        )
        for kind, start, staff in ends
    )
    findings = (*encounter.findings, replace(court.DOUBTFUL, part=2))
    return replace(first, encounters=(replace(encounter, parts=parts, findings=findings),))


@pytest.fixture
def heard(db: Database, tmp_path: Any) -> Api:
    """Two services of 1017, one of nobody, one that was heard too badly."""
    api = court.fill(Api(db, tmp_path))
    unheard = audit_of("您好", findings=(finding("words.hello", "fail", "您好", points=3.0),))
    (encounter,) = unheard.encounters
    badly = Score(total=None, passed=None, reasons=(because("badly-heard"),))
    with db.write() as session:
        audited(session, 2, passed_on(court.judged(court.FORBIDDEN)), staff_id=1, window_id=2)
        audited(session, 3, audit_of("您好", findings=(court.GREETED, court.DOUBTFUL)))
        audited(session, 4, replace(unheard, encounters=(replace(encounter, score=badly),)), staff_id=2, window_id=2)
    return api


def test_they_say_what_the_audits_say(heard: Api) -> None:
    quick, whole = both(heard.db)
    assert quick == whole
    assert [line[0] for line in quick["lines"]] == ["1017", "1018", None]
    assert quick["doubts"] == 4
    narrow, wide = both(heard.db, window_ids=(2,))
    assert narrow == wide
    assert len(narrow["rows"]) == 3


def test_a_part_in_which_nothing_was_found_is_its_persons_all_the_same(heard: Api) -> None:
    """A colleague who took over and made no fault is found, has a row in the report, and counts in the figures."""
    taken_over = passed_on(court.judged(court.FORBIDDEN))
    (service,) = taken_over.encounters
    mine = tuple(found for found in service.findings if not found.part)
    with heard.db.write() as session:
        added = audited(session, 5, replace(taken_over, encounters=(replace(service, findings=mine),)), staff_id=1)
        (theirs,) = session.scalars(select(Staff.id).where(Staff.number == "1018"))
        found = lists.recordings(session, Filters(staff_ids=(theirs,))).items
    assert added in [row.id for row in found]
    quick, whole = both(heard.db, staff_ids=(theirs,))
    assert quick == whole
    assert {staff: recordings for staff, _, _, recordings in quick["lines"]}["1018"] == 3  # one of them their own


def test_they_follow_what_people_decide(heard: Api) -> None:
    before, _ = both(heard.db)
    charge = f"/findings/{court.number(heard)}/review"
    court.ask(heard, "POST", charge, "inspector", 200, verdict="pass", reason="不是对群众说的")
    after, whole = both(heard.db)
    assert after == whole != before
    court.ask(heard, "DELETE", charge, "inspector")
    assert both(heard.db)[0]["all"].score == before["all"].score


def test_audits_from_before_are_counted_in_the_background(heard: Api) -> None:
    before, _ = both(heard.db)
    with heard.db.write() as session:
        session.execute(delete(TallyRow))
        session.execute(update(AuditRow).values(tallied=False))
    assert both(heard.db)[0] == before
    counting = Counting(heard.db)
    assert [counting.run(), counting.run()] == [4, 0]
    with heard.db.read() as session:
        assert session.query(TallyRow).count() == 5
    assert both(heard.db)[0] == before


def test_what_was_decided_meanwhile_is_not_undone(heard: Api) -> None:
    with heard.db.write() as session:
        tallies.keep_late(session, audits.current(session, 1).id, ())  # it has its figures
        tallies.keep_late(session, 999, ())  # it is gone
    quick, whole = both(heard.db)
    assert quick == whole


def outlines(heard: Api, number: str, shown: ShownTo) -> tuple[StaffOutline | None, StaffOutline | None]:
    """What the paper of one person says, from figures with the moments it shows, and from whole audits."""
    drafting = Drafting(Settings(data=Path("unused")), heard.db, lambda: SETTINGS)
    with heard.db.read() as session:
        (staff,) = session.scalars(select(Staff.id).where(Staff.number == number))
        known = Filters(staff_ids=(staff,))
        whole = build([shown.audit(each) for each in lists.current_audits(session, known, ZONE)], SETTINGS)
    report = next((each for each in whole if each.staff == number), None)
    quick = drafting.outline(known, number, shown)
    return plain(quick) if quick else None, plain(outlined(report)) if report else None


def plain(told: StaffOutline) -> StaffOutline:
    """The same without what only an annex shows of single services and recordings."""
    rows = tuple(replace(row, happened="", parts=(), measures={}) for row in told.encounters)
    return replace(told, encounters=rows, recordings=tuple(replace(r, remarks=(), timings={}) for r in told.recordings))


@pytest.mark.parametrize("shown", [AS_IT_IS, MASKED], ids=["as it is", "masked"])
def test_the_paper_of_one_person_says_what_the_audits_say(heard: Api, shown: ShownTo) -> None:
    said = "我的电话是13800138000"
    charges = [finding(f"words.rule-{n % 3}", "fail", f"{said}{n}", points=float(n % 4)) for n in range(6)]
    dropped = finding("words.thanks", "pass", said, kind="required")
    with heard.db.write() as session:
        audited(session, 6, court.judged(*charges, court.DOUBTFUL, dropped), staff_id=1, window_id=2)
        audited(session, 7, court.judged(court.FORBIDDEN, court.GREETED, dropped), staff_id=1, file_name=f"{said}.wav")
    for number in ("1017", "1018"):
        quick, whole = outlines(heard, number, shown)
        assert quick == whole
    quick, _ = outlines(heard, "1017", shown)
    assert quick and (len(quick.worst), quick.charges) == (3, 9)
    assert (said in {each.text for credit in quick.credits for each in credit.quotes}) == (shown is AS_IT_IS)
    charge = f"/findings/{court.number(heard)}/review"
    court.ask(heard, "POST", charge, "inspector", 200, verdict="pass", reason="不是对群众说的")
    quick, whole = outlines(heard, "1017", shown)
    assert quick == whole


def test_what_reports_of_one_person_need_of_older_audits_follows_in_the_background(heard: Api) -> None:
    before, _ = outlines(heard, "1017", AS_IT_IS)
    with heard.db.write() as session:
        session.execute(update(TallyRow).values(told=None))
    older, whole = outlines(heard, "1017", AS_IT_IS)
    assert older == whole == before
    counting = Counting(heard.db)
    assert [counting.run(), counting.run()] == [4, 0]
    with heard.db.read() as session:
        assert not session.scalars(select(TallyRow.id).where(TallyRow.told.is_(None))).all()
    assert outlines(heard, "1017", AS_IT_IS)[0] == before


def test_read_in_steps_it_is_the_same_and_the_most_is_only_for_whoever_asks(
    heard: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with heard.db.read() as session:
        whole = lists.tallied(session, Filters(), ZONE)
        monkeypatch.setattr(import_module("service.store.lists.tallied"), "_STEP", 1)
        assert len(whole) > 2 and lists.tallied(session, Filters(), ZONE, most=None) == whole
        assert lists.tallied(session, Filters(), ZONE, most=len(whole)) == whole
        with pytest.raises(RequestError, match=f"有 {len(whole)} 个录音"):
            lists.tallied(session, Filters(), ZONE, most=len(whole) - 1)


def test_audits_share_the_clauses_that_they_quote() -> None:
    clause = Clause(document="d", title="规范", clause="1", section="一", quote="不得推诿")
    found = replace(finding("forbidden.brush-off", "fail", "这不归我管"), clauses=(clause,))
    stored = [packing.packed(audit_of(text, findings=(found,))) for text in ("您好", "你好")]
    first, second = (packing.whole(each) for each in stored)
    assert first == packing._AUDIT.validate_json(zlib.decompress(stored[0])) != second
    (kept,), (same,) = (each.encounters[0].findings[0].clauses for each in (first, second))
    assert kept == clause
    assert kept is same
