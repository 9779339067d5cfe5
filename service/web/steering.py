"""What steers the centre, as `/settings` lists it: a page, what it is for, and how it stands just now.

A new page of this kind adds one line to `STEERING`, with a function that tells how it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service.api import centre, notices, people
from service.api.access import Need, Open
from service.auth.permissions import Permission
from service.web.pages import keys, log, notified, recorders, retention, rosters, voices, webhooks
from service.web.standing import Stands
from service.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """A page that steers the centre, shown under `group` to who has the permission; `stands` tells how it is now."""

    group: str
    path: str
    title: str
    told: str
    need: Need
    stands: Callable[[Visit], Stands]


def _counted(total: int, active: int, unit: str) -> Stands:
    if not total:
        return Stands(text="还没有登记", kind="wait")
    return Stands(text=f"{active} {unit}" + (f"，停用 {total - active} {unit[0]}" if total > active else ""))


def _windows(visit: Visit) -> Stands:
    found = centre.list_windows(visit.services)
    return _counted(len(found), sum(each.active for each in found), "个在用")


def _staff(visit: Visit) -> Stands:
    found = centre.list_staff(visit.services)
    return _counted(len(found), sum(each.active for each in found), "位在岗")


def _extensions(visit: Visit) -> Stands:
    found = centre.list_extensions(visit.services)
    return Stands(text=f"{len(found)} 部" if found else "没有登记")


def _rosters(visit: Visit) -> Stands:
    count = len(rosters.of_today(visit))
    return Stands(text=f"今天 {count} 条" if count else "今天没有排班")


def _users(visit: Visit) -> Stands:
    found = people.list_users(visit.services)
    active = sum(each.active for each in found)
    due = sum(each.active and each.must_change for each in found)
    return Stands(text=f"{active} 位启用" + (f"，{due} 位待本人换密码" if due else ""), kind="wait" if due else "soft")


def _own_notices(visit: Visit) -> Stands:
    mine = len(notices.list_channels(*visit.asked))
    return Stands(text=f"另有 {mine} 种" if mine else "只在网页上")


STEERING: Final[tuple[Steered, ...]] = (
    Steered(
        group="人和地方",
        path="/settings/centre/staff",
        title="人员",
        told="工号和姓名；录音按工号归到人。",
        need=Permission.CENTRE_READ,
        stands=_staff,
    ),
    Steered(
        group="人和地方",
        path="/settings/centre/windows",
        title="窗口",
        told="代码和名称；得分按窗口统计，窗口负责人只看自己的。",
        need=Permission.CENTRE_READ,
        stands=_windows,
    ),
    Steered(
        group="人和地方",
        path="/settings/extensions",
        title="分机",
        told="哪部电话在哪个窗口响铃；电话录音按分机归到窗口。",
        need=Permission.CENTRE_READ,
        stands=_extensions,
    ),
    Steered(
        group="人和地方",
        path="/settings/rosters",
        title="排班",
        told="谁什么时候坐在哪个窗口；没有写明工号的录音按排班归到人。",
        need=Permission.CENTRE_READ,
        stands=_rosters,
    ),
    Steered(
        group="谁能看什么",
        path="/users",
        title="用户和角色",
        told="谁能登录、看到什么；重设密码，停用离职的。",
        need=Permission.USERS,
        stands=_users,
    ),
    Steered(
        group="谁能看什么",
        path="/settings/keys",
        title="密钥",
        told="录音设备和别的程序用来接入；各有权限和期限，可随时撤销。",
        need=Permission.KEYS,
        stands=keys.stands,
    ),
    Steered(
        group="谁能看什么",
        path="/log",
        title="操作记录",
        told="谁看了、听了、改了、导出了谁的什么；核对记录有没有被改动。",
        need=Permission.LOG_READ,
        stands=log.stands,
    ),
    Steered(
        group="个人信息",
        path="/retention",
        title="保存期限",
        told="声音、转写、结果保存多久，接下来删除哪些，哪些因申诉暂不删除。",
        need=Permission.LOG_READ,
        stands=retention.stands,
    ),
    Steered(
        group="个人信息",
        path="/voices",
        title="声纹",
        told="谁登记了声纹，谁同意过哪一份说明；撤回同意即删除。",
        need=Permission.PERSONAL_READ,
        stands=voices.stands,
    ),
    Steered(
        group="录音从哪里来",
        path="/recorders",
        title="录音设备",
        told="监视的文件夹和设备的推送：先看样本，再设置；最近收到和故障。",
        need=Permission.RECORDERS,
        stands=recorders.stands,
    ),
    Steered(
        group="往外通知",
        path="/settings/webhooks",
        title="推送",
        told="把事件推送给别的系统；试推，看推送记录，暂停。",
        need=Permission.WEBHOOKS,
        stands=webhooks.stands,
    ),
    Steered(
        group="往外通知",
        path="/settings/notices",
        title="通知",
        told="哪件事通知谁，多少人另外选了邮件和群机器人；邮件能不能发。",
        need=Permission.USERS,
        stands=notified.stands,
    ),
    Steered(
        group="往外通知",
        path="/inbox",
        title="我的通知",
        told="本人除网页以外还在哪里得到通知：邮件、企业微信、钉钉。",
        need=Open.SIGNED_IN,
        stands=_own_notices,
    ),
)


def seen_by(visit: Visit) -> tuple[tuple[str, tuple[tuple[Steered, Stands], ...]], ...]:
    """Return what this person may steer or look at with how it stands, by group, in the order of the table."""
    mine = [each for each in STEERING if isinstance(each.need, Open) or each.need in visit.who.permissions]
    groups = dict.fromkeys(each.group for each in mine)
    return tuple((group, tuple((each, each.stands(visit)) for each in mine if each.group == group)) for group in groups)
