"""The pages join the application of the API."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from service.api import acts
from service.web import assets, failing, navigation, steering
from service.web.guard import Pages
from service.web.pages import (
    case,
    cases,
    centre,
    compare,
    extensions,
    facts,
    first,
    home,
    inbox,
    issued,
    keys,
    laboratory,
    log,
    mark,
    notified,
    password,
    pending,
    pending_several,
    profiles,
    reaudits,
    recorders,
    recording,
    recordings,
    registered,
    reports,
    retention,
    review,
    rosters,
    rules,
    settings,
    signin,
    start,
    today,
    upload,
    users,
    voices,
    webhooks,
)

PAGES: Final[tuple[Pages, ...]] = (
    home.pages,
    today.pages,
    compare.pages,
    signin.pages,
    password.pages,
    first.pages,
    start.pages,
    centre.pages,
    settings.pages,
    registered.pages,
    extensions.pages,
    rosters.pages,
    keys.pages,
    webhooks.pages,
    notified.pages,
    log.pages,
    retention.pages,
    recorders.pages,
    voices.pages,
    users.pages,
    recordings.pages,
    upload.pages,
    pending_several.pages,  # before its address could be taken for that of one of them
    pending.pages,
    recording.pages,
    facts.pages,
    mark.pages,
    review.pages,
    cases.pages,
    reports.pages,
    issued.pages,
    case.pages,
    profiles.pages,  # before their addresses could be taken for those of rules
    laboratory.pages,  # before its address could be taken for that of a rule
    rules.pages,
    reaudits.pages,
    inbox.pages,
)


def install(app: FastAPI) -> FastAPI:
    """Add the pages to the application of the API, and return it."""
    acts.entitle({each.path: each.title for each in navigation.ENTRIES})
    acts.entitle({each.path: each.title for each in steering.STEERING})
    app.include_router(assets.routes)
    for each in PAGES:
        app.include_router(each.routes)
    failing.install(app)
    app.add_middleware(GZipMiddleware, compresslevel=6)
    return app
