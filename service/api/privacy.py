"""What somebody gets of personal numbers and addresses: all with the permission, else masked text and a tone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from service.api.schemas import FindingOut, RecordingOut
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import ForbiddenError
from service.issuing.drafting import AS_IT_IS, MASKED, ShownTo
from service.store import audits
from service.store.audits import FindingRow
from service.store.recordings import RecordingRow
from speechaudit.model import Audit, Span, Transcript
from speechaudit.privacy import masked_audit, masked_name, masked_quote, masked_text, masked_transcript, personal_spans
from speechaudit.served import own_parts

# Players ask for a recording in many pieces: what is covered is looked up once for each transcript. Times only.
_MOST_SPANS: Final = 1000
_spans: dict[str, tuple[Span, ...]] = {}


def sees_all(who: Identity) -> bool:
    """Return whether nothing is to be hidden from this person."""
    return Permission.PERSONAL_READ in who.permissions


def audit_for(who: Identity, audit: Audit) -> Audit:
    """Return the audit as this person may read it: for staff only their own parts; masked where need be."""
    return masked_for(who, own_parts(audit) if who.role == "staff" else audit)


def masked_for(who: Identity, audit: Audit) -> Audit:
    """Return the whole audit, masked if need be, for who is then shown only what is theirs in it."""
    return audit if sees_all(who) else masked_audit(audit)


def transcript_for(who: Identity, transcript: Transcript) -> Transcript:
    """Return the transcript as this person may read it."""
    return transcript if sees_all(who) else masked_transcript(transcript)


def text_for(who: Identity, text: str) -> str:
    """Return words as this person may read them."""
    return text if sees_all(who) else masked_text(text)


def quote_for(who: Identity, text: str) -> str:
    """Return words cut out of a transcript as this person may read them: a number may go on beyond their edges.

    A key that may not read recordings gets none, whatever else it asks for.
    """
    if Permission.RECORDINGS_READ not in who.permissions:
        return ""
    return text if sees_all(who) else masked_quote(text)


def name_for(who: Identity, name: str) -> str:
    """Return a file's name, or a moment, as this person may read it: recorders write citizens' numbers into names."""
    return name if sees_all(who) else masked_name(name)


def shown_for(who: Identity) -> ShownTo:
    """Return how reports are shown to this person."""
    return AS_IT_IS if sees_all(who) else MASKED


def finding_for(who: Identity, row: FindingRow) -> FindingOut:
    """Return the finding as this person may read it."""
    shown = FindingOut.model_validate(row)
    return shown.model_copy(update={"quote": quote_for(who, shown.quote)})


def recording_for(who: Identity, row: RecordingRow) -> RecordingOut:
    """Return the recording as this person may read it."""
    shown = RecordingOut.model_validate(row)
    return shown.model_copy(
        update={
            "file_name": name_for(who, shown.file_name),
            "extras": {name: text_for(who, value) for name, value in shown.extras.items()},
            "failure": shown.failure and text_for(who, shown.failure),
            "failure_english": shown.failure_english and text_for(who, shown.failure_english),
        }
    )


def beeps_for(session: Session, who: Identity, recording_id: int, asked: bool) -> Sequence[Span]:
    """Return where a tone covers the sound for this person: where it is personal, or only because they asked.

    Raises ForbiddenError where nobody knows what is personal, because there is no transcript (any more).
    """
    if sees_all(who) and not asked:
        return ()
    if (digest := audits.transcript_digest(session, recording_id)) is None:
        raise ForbiddenError("声音", "没有转写,不知道哪里是个人信息", "请督查或管理员代为收听")
    if (known := _spans.get(digest)) is None:
        known = personal_spans(audits.transcript(session, recording_id).transcript)
        if len(_spans) >= _MOST_SPANS:
            _spans.clear()
        _spans[digest] = known
    return known


def require_all(session: Session, who: Identity, row: RecordingRow) -> None:
    """Check that the whole sound of a recording gives nothing personal away. Raises ForbiddenError otherwise."""
    if not sees_all(who) and beeps_for(session, who, row.id, asked=True):
        clip = f"GET /api/v1/recordings/{row.id}/clip?start=0&end=600"
        raise ForbiddenError(f"录音 {row.id}", "其中说到了个人信息", "请听遮盖后的片段", routes=(clip,))
