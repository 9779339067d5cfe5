"""What the label model learns from, as a file for administrators."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.responses import StreamingResponse

from service import learning
from service.api.access import router
from service.api.rules import book_of
from service.api.services import Wired
from speechaudit.learning import SUFFIX, dump, meanings

routes = router("复核与申诉")
NAME = f"reviews{SUFFIX}"


@routes.get("/reviews/lines", summary="复核过的话", response_class=StreamingResponse)
def get_lines(services: Wired) -> StreamingResponse:
    """供标签模型学习:人认定违反或不违反的每一句话一行 JSON,号码、住址、姓名已遮盖,说话的人只有代号。"""
    known = meanings(book_of(services))

    def written() -> Iterator[str]:
        for line in learning.lines(services.database, known):
            yield f"{dump(line)}\n"

    told = {"Content-Disposition": f'attachment; filename="{NAME}"'}
    return StreamingResponse(written(), media_type="application/jsonl", headers=told)
