"""录音设备: where recordings come from and how each fares; a sample is looked at line by line before one is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import recorders as api
from service.api.recorders import RecorderIn, RecorderOut, SourceName
from service.auth.permissions import Permission
from service.errors import NotFoundError, ServiceError
from service.intake.checking import CheckedSample
from service.sources import WITH_LOG, Kind
from service.web import choices, messages, sampling
from service.web.forms import REFUSED, Form, Sent
from service.web.guard import Pages
from service.web.rendering import page
from service.web.standing import Stands
from service.web.visit import Visit, Visiting

pages = Pages()
KINDS: Final[Mapping[Kind, str]] = {
    "box": "录音盒、录音仪",
    "name": "只有文件名",
    "sidecar": "旁边有说明文件",
    "asterisk": "Asterisk、FreePBX、Issabel",
    "freeswitch": "FreeSWITCH、FusionPBX",
    "tencent": "腾讯云联络中心",
}
_ABOUT: Final[Mapping[Kind, str]] = {
    "box": "设备写录音和一张通话记录的表(CSV、XLS、XLSX),或者自己推送。",
    "name": "没有通话记录,时间、分机都写在录音的文件名里。",
    "sidecar": "每个录音旁边有一个同名的 JSON、XML 或 CSV 文件。",
    "asterisk": "交换机写 Master.csv,录音文件名里有通话编号。",
    "freeswitch": "交换机写 Master.csv,或每次通话一个 XML、JSON 文件。",
    "tencent": "推送的通话记录存成 JSON 文件,录音由您的工具下载。",
}
# A name in a form is elsewhere that of a user.
_CALLED: Final = {"name": "名称", "kind": "种类", "names": "文件名的写法", "log": "通话记录", "folder": "文件夹"}
_CALLED_TOO: Final = {"timezone": "设备的时区", "prefix": "分机前缀", "fields": "列的含义", "来源": "设置"}


@pages.get("/recorders", Permission.RECORDERS)
def show_list(visit: Visiting) -> Response:
    """List all of them with what came and what is wrong, and the kinds of which one more may be."""
    found = [(each, standing(each)) for each in api.list_recorders(visit.services)]
    return page(visit.request, "recorders.html", found=found, kinds=KINDS, about=_ABOUT, roots=_roots(visit))


@pages.get("/recorders/new/{kind}", Permission.RECORDERS, noted=False)
def ask(visit: Visiting, kind: Kind) -> Response:
    """Show what to give of a new one of this kind."""
    return _form(visit, kind, Form())


@pages.post("/recorders/new/{kind}", Permission.RECORDERS)
def add(visit: Visiting, kind: Kind, form: Sent) -> Response:
    """Look at the sample, or set the recorder."""
    return _taken(visit, kind, form, None)


@pages.get("/recorders/{name}", Permission.RECORDERS)
def show(visit: Visiting, name: SourceName) -> Response:
    """Show how one is set; a sample can be looked at with it."""
    known = _known(visit, name)
    return _form(visit, known.source["kind"], Form(), known)


@pages.post("/recorders/{name}", Permission.RECORDERS)
def change(visit: Visiting, name: SourceName, form: Sent) -> Response:
    """Look at a sample, or set it anew, switch it off or on, or forget it."""
    known = _known(visit, name)
    if form["step"] == "delete":
        try:
            api.delete_recorder(visit.services, name)
        except REFUSED as problem:
            return _form(visit, known.source["kind"], form, known, problem=problem)
        return _on("recorder-deleted")
    return _taken(visit, known.source["kind"], form, known)


def _known(visit: Visit, name: str) -> RecorderOut:
    found = next((each for each in api.list_recorders(visit.services) if each.name == name), None)
    if found is None:
        raise NotFoundError(f"来源 {name}", "不存在", "请从列表进入")
    return found


def _taken(visit: Visit, kind: Kind, form: Form, known: RecorderOut | None) -> Response:
    """Answer with what the sample tells, or keep what was set. What a sample is looked at with need not be whole."""
    found = None
    try:
        given = sampling.described(kind, form)
        if form["step"] == "look":
            found = sampling.looked(visit, given, form)
            return _form(visit, kind, form, known, found=found)
        active = form["step"] != "off"
        api.put_recorder(*visit.asked, _name(form, known), given.model_copy(update={"active": active}))
    except REFUSED as problem:
        return _form(visit, kind, form, known, problem=problem)
    return _on("recorder-kept" if active else "recorder-off")


def _name(form: Form, known: RecorderOut | None) -> str:
    return known.name if known else form["name"]


def _on(message: messages.Message) -> Response:
    response = RedirectResponse("/recorders", 303)
    messages.say(response, message)
    return response


def standing(known: RecorderOut) -> Stands:
    """Return how a recorder stands."""
    if not known.active:
        return Stands(text="停用")
    if known.problem:
        return Stands(text="收不了", kind="fail")
    if known.silent:
        return Stands(text="两小时没有新的", kind="fail")
    if known.waiting:
        return Stands(text=f"{known.waiting} 个待补全", kind="wait")
    return Stands(text="正常", kind="pass") if known.last else Stands(text="还没有收到", kind="wait")


def stands(visit: Visit) -> Stands:
    """Return how the recorders stand altogether."""
    found = [each for each in api.list_recorders(visit.services) if each.active]
    wrong = [each.name for each in found if each.problem or each.silent]
    if wrong:
        return Stands(text=f"{len(found)} 个来源，{len(wrong)} 个收不到", kind="fail")
    return Stands(text=f"{len(found)} 个来源" if found else "没有来源")


def _roots(visit: Visit) -> tuple[str, ...]:
    return tuple(map(str, visit.services.settings.intake_folders))


def _form(
    visit: Visit,
    kind: Kind,
    form: Form,
    known: RecorderOut | None = None,
    *,
    problem: ServiceError | None = None,
    found: CheckedSample | None = None,
) -> Response:
    sent = bool(form["step"])
    fields: Mapping[str, str] = dict(zip(form.all("title"), form.all("meant"), strict=False)) if sent else {}
    if known and not sent:
        fields = known.source.get("fields", {})
    if problem is not None:
        problem.where = (_CALLED | _CALLED_TOO).get(problem.where, problem.where)
    told: dict[str, Any] = {
        "kind": kind,
        "title": KINDS[kind],
        "about": _ABOUT[kind],
        "known": known,
        "fixed": known is not None and known.where == "settings",
        "typed": sampling.as_typed(known) if known and not sent else sampling.typed(form),
        "columns": sampling.columns({title: meant for title, meant in fields.items() if title}, found),
        "facts": sampling.FACTS,
        "choices": sampling.CHOICES,
        "with_log": kind in WITH_LOG,
        "usual": RecorderIn.model_fields,
        "found": found,
        "may_keep": known is not None or found is not None or form["step"] == "keep",
        "problem": problem,
        "roots": _roots(visit),
        "windows": choices.places(visit.services, active=True)["windows"],
    }
    return page(visit.request, "recorder.html", status=422 if problem else 200, **told)
