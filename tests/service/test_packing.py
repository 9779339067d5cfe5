"""A long day is kept in pieces: what a page shows of it is the same as out of the whole, whatever people decided."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from functools import partial

import pytest

from service.store import Database, accounts, audits
from service.store.audits import packing
from service.store.reviews import cases
from service.web import spoken
from speechaudit import formats
from speechaudit.model import Audit, Encounter, Evidence, Finding, Mark
from speechaudit.reasons import because
from speechaudit.reviews import Statement
from tests.service import court
from tests.service.service_kit import audited

LENGTH = 100.0
MISSED = 7  # the service in which a person hears what the program did not


def day(services: int = packing.MANY + 3) -> Audit:
    """So many services one after another, each with a charge, a doubt, a greeting and a rule that found nothing."""
    one = court.judged(court.FORBIDDEN, court.DOUBTFUL, court.GREETED, court.SILENT)
    encounters = tuple(_moved(one.encounters[0], number * LENGTH) for number in range(services))
    return replace(one, encounters=encounters, duration=services * LENGTH)


def _moved(encounter: Encounter, by: float) -> Encounter:
    segments = tuple(replace(s, start=s.start + by, end=s.end + by) for s in encounter.transcript.segments)
    findings = tuple(
        replace(f, evidence=tuple(replace(e, start=e.start + by, end=e.end + by) for e in f.evidence))
        for f in encounter.findings
    )
    return replace(
        encounter,
        start=by,
        end=by + LENGTH - 1,
        transcript=replace(encounter.transcript, segments=segments),
        marks=(Mark(kind="hold", start=by + 5, end=by + 9, quote=""),),
        findings=findings,
    )


def missed(number: int) -> Finding:
    """What a person found in a service by the rule that was silent there."""
    at = number * LENGTH + 10
    heard = Evidence(
        start=at, end=at + 1, role="staff", quote="哼", reasons=(because("marked-by-person"),), match="person"
    )
    return replace(court.SILENT, verdict="fail", evidence=(heard,))


@pytest.mark.parametrize("services", [0, 1, packing.MANY - 1, packing.MANY, packing.MANY + 3])
def test_what_was_packed_is_read_whole(services: int) -> None:
    audit = day(services)
    content = packing.packed(audit)
    assert content.startswith(packing.DAY) == (services >= packing.MANY)
    assert packing.whole(content) == audit
    assert packing.services(content, range(services)) == dict(enumerate(audit.encounters))
    assert packing.spoken(content) == tuple(each.transcript for each in audit.encounters)


def test_the_outline_of_a_day_has_times_sums_and_what_was_said_about_and_is_small() -> None:
    audit = day()
    content = packing.packed(audit)
    outline = packing.outline(content)
    for told, each in zip(outline.encounters, audit.encounters, strict=True):
        assert (told.start, told.end, told.transcript.segments) == (each.start, each.end, ())
        assert told.score == (each.score and replace(each.score, by_dimension=(), deductions=()))
        assert [(f.rule, f.verdict) for f in told.findings] == [(f.rule, f.verdict) for f in each.findings[:3]]
        assert [e.start for f in told.findings for e in f.evidence] == [
            e.start for f in each.findings for e in f.evidence
        ]
    assert replace(outline, encounters=()) == replace(audit, encounters=())
    assert len(formats.dump(outline)) < len(formats.dump(audit)) * 0.7


def test_a_day_of_an_older_form_is_raised_whole_and_in_part() -> None:
    told = json.loads(formats.dump(day()))
    told.pop("schema_version")
    older = zlib.compress(json.dumps(told).encode())  # one JSON, as days were kept before they came in pieces
    assert packing.outline(older) == packing.whole(older) == day()
    assert packing.services(older, {3}) == {3: day().encounters[3]}


def test_a_page_gets_the_same_out_of_a_part_as_out_of_the_whole(db: Database) -> None:
    db.migrate()
    with db.write() as session:
        accounts.add_user(session, "one", "hash", "inspector")
        number = audited(session, 1, day())
        row = audits.current(session, number)
        rows = audits.findings_of(session, row.id)
        charged = next(each for each in rows if each.encounter == 5 and each.verdict == "fail")
        cases.review(session, charged, Statement(user_id=1, reason="听错了", verdict="pass"))
        cases.mark(session, number, row, missed(MISSED), Statement(user_id=1, reason="漏了", verdict="fail"))
    with db.read() as session:
        row = audits.current(session, number)
        whole = audits.counting(session, row)
        for service, stretch in ((None, None), (2, None), (6, 1), (14, 3), (1, 2), (MISSED + 1, 2)):
            part = audits.counting_in_part(session, row, partial(spoken.needed, service=service, stretch=stretch))
            shown, full = spoken.part_of(part, service, stretch), spoken.part_of(whole, service, stretch)
            chosen, _ = spoken.chosen(whole, service, stretch)
            assert shown.encounters[chosen - 1] == full.encounters[chosen - 1] == whole.encounters[chosen - 1]
            assert [_told(each) for each in shown.encounters] == [_told(each) for each in full.encounters]
    totals = [each.score.total for each in whole.encounters if each.score]
    assert totals[5] != totals[4] != totals[MISSED] is not None


def _told(encounter: Encounter) -> tuple[object, ...]:
    """What the page shows of a service that was not chosen."""
    said = [(f.rule, f.verdict, [(e.start, e.end) for e in f.evidence]) for f in encounter.findings if f.evidence]
    score = encounter.score
    return encounter.start, encounter.end, score and (score.total, score.passed), said, encounter.transcript.segments
