"""What was heard in a recording, kept beside its audits so that new rules judge it without sound."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AliasChoices, Field, TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.audits.tables import HearingRow
from service.store.base import now
from service.store.recordings import RecordingRow
from speechaudit.model import MadeBy, Transcript
from speechaudit.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptRecord:
    """A transcript with roles and how it came about: all that is needed to judge."""

    transcript: Transcript
    made_by: MadeBy
    # Older ones have sentences, under another name.
    limits: Annotated[tuple[Reason, ...], Field(validation_alias=AliasChoices("limits", "remarks"))] = ()


_HEARD: TypeAdapter[TranscriptRecord] = TypeAdapter(TranscriptRecord)


def save_transcript(session: Session, recording_id: int, heard: TranscriptRecord) -> None:
    """Keep what was heard, in place of what was heard before. Words that had grown too old are due again."""
    session.execute(update(RecordingRow).where(RecordingRow.id == recording_id).values(transcript_deleted_at=None))
    content = zlib.compress(_HEARD.dump_json(heard))
    session.merge(
        HearingRow(recording_id=recording_id, heard_at=now(), seconds=heard.transcript.duration, content=content)
    )


def transcript_digest(session: Session, recording_id: int) -> str | None:
    """Return the SHA-256 of what is kept of a hearing, not decoded; None if nobody listened yet."""
    row = session.get(HearingRow, recording_id)
    return hashlib.sha256(row.content).hexdigest() if row else None


def find_transcript(session: Session, recording_id: int) -> TranscriptRecord | None:
    """Return what was heard in a recording; None if nobody listened yet."""
    row = session.get(HearingRow, recording_id)
    return _HEARD.validate_json(zlib.decompress(row.content)) if row else None


def seconds_heard(session: Session, recording_ids: Sequence[int]) -> Mapping[int, float]:
    """Return how long these recordings are, of which something was heard."""
    wanted = select(HearingRow.recording_id, HearingRow.seconds).where(HearingRow.recording_id.in_(recording_ids))
    return {recording_id: seconds for recording_id, seconds in session.execute(wanted)}  # noqa: C416


def transcript(session: Session, recording_id: int) -> TranscriptRecord:
    """Return what was heard in a recording. Raises NotFoundError if nobody listened yet."""
    if (kept := find_transcript(session, recording_id)) is None:
        raise NotFoundError(f"录音 {recording_id}", "还没有转写", "请先处理这个录音")
    return kept
