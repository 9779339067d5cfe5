"""更正: what is known of a recording is put right; what is done again for it is said before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import recordings
from service.api.recordings import CorrectionIn
from service.api.schemas import Number, RecordingOut
from service.auth.permissions import Permission
from service.errors import ServiceError
from service.ingest.correcting import Again, Foreseen
from service.services import Services
from service.web import choices, messages
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
FIELDS: Final = ("setting", "direction", "staff_channel", "ring_seconds", "ended_by", "staff", "window")
_SAID: Final[Mapping[Again, messages.Message]] = {
    "": "corrected",
    "hearing": "corrected-hearing",
    "judging": "corrected-judging",
}


@pages.post("/recordings/{recording_id}/facts", Permission.RECORDINGS_MANAGE)
def correct(visit: Visiting, recording_id: Number, form: Sent) -> Response:
    """Show first what would be changed and done again; do it where that was seen and is sent again as `sure`."""
    row = recordings.get_recording(*visit.asked, recording_id)
    try:
        told = _told(form, row)
        seen = recordings.foresee_correction(*visit.asked, recording_id, told)
        if form["sure"] or not seen.changes:
            return _done(visit, recording_id, told, seen)
    except REFUSED as problem:
        return _shown(visit, row, form, problem=problem)
    return _shown(visit, row, form, seen=seen)


def known(services: Services, row: RecordingOut, form: Form | None = None) -> dict[str, Any]:
    """Return the form's values, kept or as they were typed, with the names to choose from."""
    kept = _kept(row)
    typed = {name: form[name] if form and name in form.sent else kept[name] for name in FIELDS}
    return {"typed": typed, **choices.places(services)}


def _kept(row: RecordingOut) -> dict[str, str]:
    """Return the values as the fields of the form take them; what is unknown is empty."""
    ring = "" if row.ring_seconds is None else f"{row.ring_seconds:g}"
    places = {"staff": row.staff.number if row.staff else "", "window": row.window.code if row.window else ""}
    told = {name: getattr(row, name) for name in ("setting", "direction", "staff_channel", "ended_by")}
    return {name: "" if value is None else str(value) for name, value in told.items()} | {"ring_seconds": ring} | places


def _told(form: Form, row: RecordingOut) -> CorrectionIn:
    """Return what is sent and differs from what is kept: the rest others may change meanwhile. Raises RequestError."""
    kept = _kept(row)
    sent = {name: form[name] or None for name in FIELDS if name in form.sent and form[name] != kept[name]}
    return read_told(CorrectionIn, sent)


def _done(visit: Visit, recording_id: int, told: CorrectionIn, seen: Foreseen) -> Response:
    if seen.changes:
        recordings.correct_recording(*visit.asked, recording_id, told)
    response = RedirectResponse(f"/recordings/{recording_id}", 303)
    messages.say(response, _SAID[seen.again] if seen.changes else "nothing-changed")
    return response


def _shown(
    visit: Visit,
    row: RecordingOut,
    form: Form,
    *,
    seen: Foreseen | None = None,
    problem: ServiceError | None = None,
) -> Response:
    values = {"row": row, "seen": seen, "problem": problem} | known(visit.services, row, form)
    return page(visit.request, "facts.html", status=422 if problem else 200, **values)
