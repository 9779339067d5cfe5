"""What a person heard and the program missed becomes a finding like the others: charged, shown, open to appeal."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import ConflictError, ForbiddenError, RequestError
from service.store import audits
from service.store.audits import FindingRow
from service.store.base import now
from service.store.recordings import RecordingRow
from service.store.reviews import cases
from speechaudit.fingerprints import key_of
from speechaudit.model import Audit, Encounter, Evidence, Finding, Review, Segment, Span
from speechaudit.reasons import because
from speechaudit.reviews import Statement, is_silent
from speechaudit.served import owner_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A span in one service: that service with its number, the part whose staff spoke, what was said for the most."""

    number: int
    encounter: Encounter
    part: int
    said: tuple[Segment, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The verdicts about who speaks there, silent ones too."""
        return tuple(each for each in self.encounter.findings if each.part == self.part)


def mark(session: Session, recording: RecordingRow, span: Span, rule_id: str, said: Statement) -> FindingRow:
    """Enter what a person marked by this rule on the words in `span`, and return its finding.

    Raises ForbiddenError for one's own service, NotFoundError without an audit, RequestError where nothing was said or
    no such rule is in force, ConflictError where the program found something by this rule: that is to be reviewed.
    """
    session.scalar(select(RecordingRow.id).where(RecordingRow.id == recording.id).with_for_update())
    row = audits.current(session, recording.id)
    chosen = choice(audits.counting(session, row), span)
    if chosen is None:
        raise RequestError("start", "不在任何一次服务之内", "请在转写中选择一句话")
    encounter, part = chosen.encounter, chosen.part
    if said.staff_id is not None and said.staff_id == audits.staff_id_in(session, recording, encounter, part):
        raise ForbiddenError(f"录音 {recording.id}", "是本人的服务", "请由他人标记")
    found = _finding(_silent(chosen, rule_id), chosen, span, said)
    cases.mark(session, recording.id, row, found, said)
    mine = FindingRow.audit_id == row.id, FindingRow.encounter == chosen.number, FindingRow.key == key_of(found)
    return session.scalars(select(FindingRow).where(*mine)).one()


def choice(audit: Audit, span: Span) -> Choice | None:
    """Return what can be marked in `span`; None where no service is."""
    middle = (span.start + span.end) / 2
    for number, encounter in enumerate(audit.encounters):
        if middle in encounter:
            part, _ = owner_at(encounter.parts, middle)
            segments = encounter.transcript.segments
            said = tuple(s for s in segments if s.overlap(span) > 0.5 * min(s.duration, span.duration))
            return Choice(number=number, encounter=encounter, part=part, said=said)
    return None


def _silent(chosen: Choice, rule_id: str) -> Finding:
    found = next((each for each in chosen.findings if each.rule == rule_id), None)
    if found is None:
        raise RequestError("rule", f"这次稽核没有用到规则 {rule_id}", "请选择列出的规则,或先按现行规则复评")
    if not is_silent(found):
        raise ConflictError(f"规则 {rule_id}", "在这次服务中已有判定", "请直接复核那个判定")
    return found


def _finding(before: Finding, chosen: Choice, span: Span, said: Statement) -> Finding:
    if not chosen.said or span.start >= span.end:
        raise RequestError("start", "这段时间没有说话", "请在转写中选择一句话")
    evidence = Evidence(
        start=span.start,
        end=span.end,
        role=chosen.said[0].role,
        quote=" ".join(each.text for each in chosen.said),
        reasons=(because("marked-by-person"),),
        match="person",
    )
    review = Review(machine=before.verdict, reason=said.reason, at=now())
    return replace(before, verdict="fail", evidence=(evidence,), review=review)
