"""One recording: listen, follow the words, see what was found and why, and the score as its sum."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request, Response

from service.api import listening, recordings
from service.api.schemas import Number, RecordingOut
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import ConflictError, ForbiddenError, NotFoundError, ServiceError
from service.web import spoken
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()
Asked = Annotated[int | None, Query(ge=1, le=100_000)]


@pages.get("/recordings/{recording_id}", Permission.RECORDINGS_READ)
def show(
    request: Request,
    services: Wired,
    who: Visitor,
    recording_id: Number,
    service: Asked = None,
    stretch: Asked = None,
) -> Response:
    """The whole page; a script takes the parts out of it that it wants."""
    row = recordings.get_recording(services, who, recording_id)
    shown = _judged(services, who, recording_id, service, stretch)
    sound, missing = _sound(services, who, row)
    return page(request, "recording.html", row=row, sound=sound, missing=missing, spoken=spoken, **shown)


def _judged(
    services: Services, who: Identity, recording_id: int, service: int | None, stretch: int | None
) -> dict[str, Any]:
    """What there is of the audit that counts; nothing as long as there is none."""
    try:
        audit = recordings.audit_of(services, who, recording_id, lambda whole: spoken.part_of(whole, service, stretch))
    except NotFoundError:
        return {"audit": None}
    found = spoken.services_of(audit, recordings.list_findings_of(services, who, recording_id))
    number, part = spoken.chosen(audit, service, stretch)
    return {
        "audit": audit,
        "services": found,
        "chosen": found[number - 1] if number else None,
        "stretch": part,
        "stretches": spoken.stretches(audit.duration),
        "lines": spoken.lines_of(audit, part),
        "index": spoken.index(found),
        "history": listening.list_changes(services, who, recording_id),
    }


def _sound(services: Services, who: Identity, row: RecordingOut) -> tuple[str, ServiceError | None]:
    """`ready`, `making` or `none`, and what is wrong."""
    try:
        listening.playable(services, who, row.id)
    except ConflictError as problem:
        return "making", problem
    except (NotFoundError, ForbiddenError) as problem:
        return "none", problem
    return "ready", None
