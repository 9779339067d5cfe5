"""First steps: what a fresh installation still lacks, with the way to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from service.api import centre, people, recordings
from service.api.selection import Listing
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.store import workers
from service.store.recordings import Status
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()
_PARTS: Final = {
    "webhooks": "推送和通知",
    "reminders": "提醒",
    "intake": "收取录音",
    "sweep": "接手中断的任务",
    "retention": "保存期限",
    "cleanup": "清理",
    "counting": "整理得分",
    "sums": "汇总得分",
    "finished-jobs": "清理做完的任务",
}
_STATES: Final = {"failing": "上一次失败", "stuck": "卡住了", "stopped": "没有运行"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do once; `way` is the page where it is done, empty where it is done elsewhere."""

    title: str
    detail: str
    done: bool
    way: str = ""
    action: str = ""


@pages.get("/start", Permission.CENTRE_WRITE, noted=False)
def show(request: Request, services: Wired, who: Visitor) -> Response:
    """Show what is done and what is missing."""
    return page(request, "start.html", steps=steps(services, who))


def steps(services: Services, who: Identity) -> tuple[Step, ...]:
    """Return all first steps in the order in which they are done."""
    return (
        Step(title="管理员", detail=f"{who.name} 已登录。", done=True),
        _windows(services),
        _staff(services),
        _users(services),
        _worker(services),
        _background(services),
        _recording(services, who),
        _audit(services, who),
    )


def _windows(services: Services) -> Step:
    count = len(centre.list_windows(services))
    detail = f"已登记 {count} 个窗口。" if count else "录音按窗口统计;窗口负责人只看自己的窗口。"
    way, action = "/centre/windows?back=/start", "再登记窗口" if count else "登记窗口"
    return Step(title="窗口", detail=detail, done=count > 0, way=way, action=action)


def _staff(services: Services) -> Step:
    count = len(centre.list_staff(services))
    detail = f"已登记 {count} 位工作人员。" if count else "录音按工号归到人;可以从人事表里复制两列。"
    way, action = "/centre/staff?back=/start", "再登记人员" if count else "登记人员"
    return Step(title="人员", detail=detail, done=count > 0, way=way, action=action)


def _users(services: Services) -> Step:
    count = len(people.list_users(services))
    told = "督查、窗口负责人和工作人员各用各的用户名,各看各的;密码由系统生成,本人首次登录更换。"
    detail = f"有 {count} 位用户。" if count > 1 else told
    return Step(
        title="用户", detail=detail, done=count > 1, way="/users", action="管理用户" if count > 1 else "新增用户"
    )


def _worker(services: Services) -> Step:
    with services.database.read() as session:
        alive = len(workers.alive(session, services.settings.dead_after_seconds))
    cure = "请在装有识别模型的机器上运行 speechaudit worker,或重新启动服务后稍候。"
    detail = f"{alive} 个 worker 在等待录音。" if alive else f"没有 worker,上传的录音会一直排队。{cure}"
    return Step(title="处理录音的程序", detail=detail, done=alive > 0)


def _background(services: Services) -> Step:
    """Return the step about what runs beside the requests here, and beside the jobs of the workers."""
    with services.database.read() as session:
        alive = workers.alive(session, services.settings.dead_after_seconds)
    wrong = [f"{_part(each.name)}{_STATES[each.state]}" for each in services.parts if each.state != "ok"]
    for worker in alive:
        wrong += [
            f"{_part(name)}{_STATES[state]}({worker.id})" for name, state in worker.parts.items() if state != "ok"
        ]
    detail = (
        f"{'、'.join(wrong)}。原因见服务的日志,恢复后会自己继续。" if wrong else "推送、提醒、收取录音、清理都正常。"
    )
    return Step(title="后台", detail=detail, done=not wrong)


def _part(name: str) -> str:
    kind, _, source = name.partition(" ")
    return f"“{_PARTS.get(kind, kind)}{f' {source}' if source else ''}”"


def _recording(services: Services, who: Identity) -> Step:
    there = bool(recordings.list_recordings(services, who, Listing(limit=1)).items)
    detail = "已收到录音。" if there else "选一段电话或柜台的录音,先看看结果。"
    way, action = "/upload", "再上传录音" if there else "上传录音"
    return Step(title="第一段录音", detail=detail, done=there, way=way, action=action)


def _audit(services: Services, who: Identity) -> Step:
    def newest(status: Status) -> int | None:
        found = recordings.list_recordings(services, who, Listing(limit=1, status=status)).items
        return found[0].id if found else None

    title = "第一次稽核"
    if done := newest("done"):
        return Step(title=title, detail="已有结果。", done=True, way=f"/recordings/{done}", action="看结果")
    if failed := newest("failed"):
        told = "录音没有处理成功,原因见录音的页面。"
        return Step(title=title, detail=told, done=False, way=f"/recordings/{failed}", action="看原因")
    if queued := newest("running") or newest("queued"):
        told = "正在处理;一小时的录音在没有显卡的机器上约需十几分钟。"
        return Step(title=title, detail=told, done=False, way=f"/recordings/{queued}", action="看进度")
    return Step(title=title, detail="上传第一段录音后自动开始。", done=False)
