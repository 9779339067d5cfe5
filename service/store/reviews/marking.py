"""What a person heard and the program missed becomes a finding like the others: charged, shown, open to appeal."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import ConflictError, ForbiddenError, RequestError
from service.store import audits
from service.store.audits import FindingRow
from service.store.base import now
from service.store.recordings import RecordingRow
from service.store.reviews import cases
from speechaudit.model import Encounter, Evidence, Finding, Review, Segment, Span
from speechaudit.reasons import because
from speechaudit.reviews import Statement, fingerprint, is_silent
from speechaudit.served import owner_at


def mark(session: Session, recording: RecordingRow, span: Span, rule_id: str, said: Statement) -> FindingRow:
    """The finding that a person marked by this rule on the words in `span`.

    Raises ForbiddenError for one's own service, NotFoundError without an audit, RequestError where nothing was said or
    no such rule is in force, ConflictError where the program found something by this rule: that is to be reviewed.
    """
    session.scalar(select(RecordingRow.id).where(RecordingRow.id == recording.id).with_for_update())
    row = audits.current(session, recording.id)
    number, encounter = _place(audits.counting(session, row).encounters, span)
    part, _ = owner_at(encounter.parts, (span.start + span.end) / 2)
    if said.staff_id is not None and said.staff_id == audits.staff_id_in(session, recording, encounter, part):
        raise ForbiddenError(f"录音 {recording.id}", "是本人的服务", "请由他人标记")
    before = _silent(encounter, rule_id, part)
    found = _finding(before, encounter, span, said)
    cases.mark(session, recording.id, row, found, said)
    mine = FindingRow.audit_id == row.id, FindingRow.encounter == number, FindingRow.key == fingerprint(found)
    return session.scalars(select(FindingRow).where(*mine)).one()


def _place(encounters: tuple[Encounter, ...], span: Span) -> tuple[int, Encounter]:
    middle = (span.start + span.end) / 2
    for number, encounter in enumerate(encounters):
        if middle in encounter:
            return number, encounter
    raise RequestError("start", "不在任何一次服务之内", "请在转写中选择一句话")


def _silent(encounter: Encounter, rule_id: str, part: int) -> Finding:
    found = next((f for f in encounter.findings if (f.rule, f.part) == (rule_id, part)), None)
    if found is None:
        raise RequestError("rule", f"这次稽核没有用到规则 {rule_id}", "请选择列出的规则,或先按现行规则复评")
    if not is_silent(found):
        raise ConflictError(f"规则 {rule_id}", "在这次服务中已有判定", "请直接复核那个判定")
    return found


def _finding(before: Finding, encounter: Encounter, span: Span, said: Statement) -> Finding:
    words = _words(encounter, span)
    evidence = Evidence(
        start=span.start,
        end=span.end,
        role=words[0].role,
        quote=" ".join(each.text for each in words),
        reasons=(because("marked-by-person"),),
        match="person",
    )
    review = Review(machine=before.verdict, reason=said.reason, at=now())
    return replace(before, verdict="fail", evidence=(evidence,), review=review)


def _words(encounter: Encounter, span: Span) -> list[Segment]:
    """The sentences that lie in it for the most part. Raises RequestError if there is none."""
    segments = encounter.transcript.segments
    said = [each for each in segments if each.overlap(span) > 0.5 * min(each.duration, span.duration)]
    if not said or span.start >= span.end:
        raise RequestError("start", "这段时间没有说话", "请在转写中选择一句话")
    return said
