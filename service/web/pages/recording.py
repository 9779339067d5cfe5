"""One recording: listen, follow the words, see what was found and why, and the score as its sum."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from service.api import listening, recordings
from service.api.schemas import Number, RecordingOut
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import ConflictError, ForbiddenError, NotFoundError, ServiceError
from service.web import spoken
from service.web.guard import Pages, Visitor
from service.web.pages import facts
from service.web.rendering import page, part

pages = Pages()
_MOST_LOOKS: Final = 75  # five minutes
Looks = Annotated[int, Query(ge=1, le=_MOST_LOOKS)]
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
    """Show the whole page; a script takes the parts out of it that it wants."""
    row = recordings.get_recording(services, who, recording_id)
    shown = _judged(services, who, recording_id, service, stretch)
    sound, missing = _sound(services, who, row)
    looks = 0 if row.status == "failed" else _MOST_LOOKS
    if Permission.RECORDINGS_MANAGE in who.permissions:
        shown |= facts.known(services, row)
    return page(request, "recording.html", row=row, sound=sound, missing=missing, looks=looks, spoken=spoken, **shown)


# What a page asks by itself: it keeps no session alive, shows nothing that was said, and ends.
@pages.get("/recordings/{recording_id}/progress", Permission.RECORDINGS_READ, noted=False)
def follow(request: Request, services: Wired, who: Visitor, recording_id: Number) -> Response:
    """Show how far it is; reload the whole page once it is done."""
    row = recordings.get_recording(services, who, recording_id)
    if row.status in {"queued", "running"}:
        return part(request, "part_state.html", row=row)
    return Response(headers={"HX-Refresh": "true"})


@pages.get("/recordings/{recording_id}/listening/progress", Permission.RECORDINGS_READ, noted=False)
def await_sound(request: Request, services: Wired, who: Visitor, recording_id: Number, looks: Looks) -> Response:
    """Show whether there is sound now; the player once there is."""
    row = recordings.get_recording(services, who, recording_id)
    sound = "ready" if listening.is_made(services, who, recording_id) else "making"
    return part(request, "part_making.html", row=row, sound=sound, looks=looks - 1)


def _judged(
    services: Services, who: Identity, recording_id: int, service: int | None, stretch: int | None
) -> dict[str, Any]:
    """Return what there is of the audit that counts; `audit` alone, None, as long as there is none."""
    try:
        audit = recordings.audit_in_part(
            services,
            who,
            recording_id,
            wanted=lambda outline: spoken.needed(outline, service, stretch),
            cut=lambda whole: spoken.part_of(whole, service, stretch),
        )
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
    """Return `ready`, `making` or `none`, and what is wrong."""
    try:
        listening.playable(services, who, row.id)
    except ConflictError as problem:
        return "making", problem
    except (NotFoundError, ForbiddenError) as problem:
        return "none", problem
    return "ready", None
