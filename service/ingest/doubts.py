"""Why a call has no place: told to whoever sends it in a request, or kept beside what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from service.errors import ConflictError, RequestError

Registered = Literal["staff", "window", "extension"]
_KINDS: Final[dict[Registered, tuple[str, str]]] = {
    "staff": ("工号", "staff"),
    "window": ("窗口", "windows"),
    "extension": ("分机", "extensions"),
}
_PAGES: Final[dict[Registered, str]] = {"staff": "人员", "window": "窗口", "extension": "分机"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing that is unknown or cannot be true; `problem`, `refused` and `cure` are Chinese.

    `open`: it is merely unknown, and a request may leave it so; what a recorder brings waits for a person. `field` is
    what of a request it is about, `refused` what a request is told instead of `problem`, `routes` the requests that
    cure it. `mend` is what whoever looks after a recorder does about it, where that is not `cure`.
    """

    problem: str
    field: str = "metadata"
    refused: str = ""
    cure: str = "请改正后重新发送"
    mend: str = ""
    routes: tuple[str, ...] = ()
    open: bool = False

    def refusal(self) -> RequestError:
        """Return what a request is refused with for this doubt."""
        return RequestError(self.field, self.refused or self.problem, self.cure, routes=self.routes)


class Doubted(Exception):
    """A doubt on its way to where they gather."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt.problem)
        self.doubt = doubt


def unregistered(field: Registered, name: str) -> Doubt:
    """Return the doubt that nobody knows this 工号, window or extension."""
    kind, route = _KINDS[field]
    return Doubt(
        problem=f"{kind} {name}:没有登记",
        field=field,
        refused=f"没有登记{kind}“{name}”",
        cure=f"请检查{kind};没有登记的,请先登记(网页的“设置”里的“{_PAGES[field]}”)",
        routes=(f"PUT /api/v1/{route}/{name}", f"POST /api/v1/imports/{route}"),
    )


def ambiguous(problem: ConflictError) -> Doubt:
    """Return the doubt that several windows have this name."""
    told = f"{problem.where}:{problem.problem}"
    return Doubt(problem=told, field="window", refused=problem.problem, cure=problem.cure)


def contradicted(window: str, extension: str, rings_at: str) -> Doubt:
    """Return the doubt that the window that is named is not where the extension rings."""
    return Doubt(
        problem=f"说是窗口 {window},分机 {extension} 却属于窗口 {rings_at}",
        field="extension",
        cure="请改正或去掉其中一项",
        mend="请改正分机属于哪个窗口,或去掉固定的窗口(window)",
        routes=("GET /api/v1/extensions",),
    )


def nowhere(staff: str | None, places: int) -> Doubt:
    """Return the doubt that nothing tells the window: nor the roster, which has this person at so many places."""
    if staff:
        problem = f"排班:工号 {staff} 当时在 {places} 个窗口,不知道是哪个"
        return Doubt(problem=problem, field="window", mend="请补排班,或登记分机", open=True)
    problem = "不知道是哪个窗口:没有窗口,也没有登记的分机"
    mend = "请登记分机属于哪个窗口;固定在一个窗口的设备,写明固定的窗口(window)"
    return Doubt(problem=problem, field="window", mend=mend, open=True)


def nobody(window: str, people: Sequence[str]) -> Doubt:
    """Return the doubt that the roster names nobody, or several."""
    those = f"有 {len(people)} 人({'、'.join(people)})" if people else "没有人"
    mend = "请补全或改正排班;不知道的由人听了补全"
    return Doubt(problem=f"排班:当时窗口 {window} {those}", field="staff", mend=mend, open=True)


def future(began: datetime) -> Doubt:
    """Return the doubt that the clock of the recorder is fast."""
    return Doubt(
        problem=f"开始时间在将来:{began.isoformat()},请检查录音设备的时钟和时区",
        field="started_at",
        refused=f"在将来:{began.isoformat()}",
        cure="请校准录音设备的时钟,或去掉这一项",
        mend="请校准设备的时钟;时区不同的,写明设备的时区(timezone)",
    )
