"""Staff, windows, extensions and rosters from a table: all rows or none, and every wrong row is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from service.api import previewing, registry
from service.api.access import router
from service.api.previewing import Outcome
from service.api.registry import Kind, Rows
from service.api.schemas import Out
from service.api.services import Services, Wired
from service.api.tables import read_table
from service.errors import RequestError

routes = router("中心")
_MOST_TOLD: Final = 200
_HOW: Final = "例如 curl -F file=@staff.csv,或把文件内容直接作为请求的内容"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "工号,姓名,在岗\n1017,甲,是\n"},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "CSV、XLSX 或 XLS"}},
                }
            },
        },
    }
}
_EXAMPLES: Final[Mapping[Kind, tuple[tuple[str, ...], ...]]] = {
    "staff": (("工号", "姓名", "在岗"), ("0017", "张明", "是"), ("1018", "李红", "否")),
    "windows": (("代码", "名称", "在用"), ("A01", "社保综合窗口", "是"), ("A02", "不动产窗口", "是")),
    "extensions": (("分机", "窗口"), ("8021", "A01"), ("8022", "A02")),
    "rosters": (
        ("窗口", "工号", "开始", "结束"),
        ("A01", "0017", "2026-03-02 08:30", "2026-03-02 12:00"),
        ("A02", "1018", "2026-03-02 08:30", "2026-03-02 12:00"),
    ),
}


class ImportOut(Out):
    """How many rows were taken."""

    rows: Annotated[int, Field(description="导入的行数")]


async def _content(request: Request) -> bytes:
    """Return the table, sent as the whole body or as the only file of a form. Raises RequestError."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
            if len(files) != 1:
                raise RequestError("file", "表单里没有文件", _HOW)
            return await files[0].read()
    except HTTPException as problem:
        if problem.status_code != 400:
            raise
        raise RequestError("请求", f"不是只有一个文件的表单({problem.detail})", _HOW) from problem


@routes.post("/imports/{kind}", summary="导入 CSV 或 XLSX", openapi_extra=_BODY)
def import_table(services: Wired, kind: Kind, content: Annotated[bytes, Depends(_content)]) -> ImportOut:
    """导入人员(工号、姓名)、窗口(代码、名称)、分机(分机、窗口)或排班(窗口、工号、开始、结束)。

    表格作为表单里的文件(`-F file=@staff.csv`)或直接作为请求的内容。已登记的按新内容更改。
    有任何一行不对,则全部不导入,并逐行说明。
    """
    rows = tuple(read_table(content))
    take(services, kind, rows)
    return ImportOut(rows=len(rows))


class PreviewChangeOut(Out):
    """A cell that would be another."""

    title: str
    before: str
    after: str


class PreviewRowOut(Out):
    """What would become of a row."""

    number: Annotated[int, Field(description="表格里的第几行,标题行是 1")]
    outcome: Annotated[Outcome, Field(description="wrong 有误,changed 更改,new 新登记,same 相同")]
    cells: Annotated[list[str], Field(description="各格读成了什么,次序同 titles")]
    changes: list[PreviewChangeOut]
    wrong: list[str]
    cure: str
    note: Annotated[str, Field(description="不妨碍导入、但要留意的")]


class PreviewOut(Out):
    """All rows counted, and the first 300 of them, what asks for attention first."""

    titles: list[str]
    counts: dict[Outcome, int]
    rows: list[PreviewRowOut]


@routes.post("/imports/{kind}/preview", summary="导入前看会改什么", openapi_extra=_BODY)
def preview_table(services: Wired, kind: Kind, content: Annotated[bytes, Depends(_content)]) -> PreviewOut:
    """同“导入”的表格,逐行说明会新登记、更改什么,哪里有误;什么都不写下。"""
    rows = tuple(read_table(content))
    with services.database.read() as session:
        found = previewing.preview(session, kind, rows, services.settings.zone)
    rows_out = [PreviewRowOut.model_validate(each) for each in found.shown]
    return PreviewOut(titles=list(found.titles), counts=dict(found.counts), rows=rows_out)


@routes.get("/imports/{kind}/example", summary="导入的样表", response_class=Response)
def example_table(kind: Kind) -> Response:
    """一张可以照着填的 CSV(UTF-8,Excel 可直接打开);列的含义见 docs/api.md。"""
    table = io.StringIO()
    csv.writer(table).writerows(_EXAMPLES[kind])
    headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
    return Response(table.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


def take(services: Services, kind: Kind, rows: Rows) -> None:
    """Take all rows in. Raises RequestValidationError for those that are wrong; then none is taken.

    Nobody waits for a long table: only what is right and known by then is written, in one short transaction.
    """
    with services.database.read() as session:
        found, wrong = registry.checked(session, kind, rows, services.settings.zone)
    if wrong:
        raise RequestValidationError(wrong[:_MOST_TOLD])
    with services.database.write() as session:
        registry.keep(session, kind, found)
