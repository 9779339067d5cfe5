"""What may be done, and which role may do it. Keys get their permissions one by one, under the same names (scopes)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from service.store.accounts import UserRole


class Permission(StrEnum):
    """The values are also the scopes of API keys."""

    RECORDINGS_READ = "recordings:read"
    RECORDINGS_WRITE = "recordings:write"
    RECORDINGS_MANAGE = "recordings:manage"
    RECORDINGS_DELETE = "recordings:delete"
    PERSONAL_READ = "personal:read"
    REPORTS_STAFF = "reports:staff"
    REPORTS_WINDOWS = "reports:windows"
    REPORTS_CENTRE = "reports:centre"
    CENTRE_READ = "centre:read"
    CENTRE_WRITE = "centre:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    REVIEWS = "reviews"
    APPEALS = "appeals"
    COMMENTS = "comments"
    REAUDITS = "reaudits"
    LEARNING = "learning:read"
    WEBHOOKS = "webhooks"
    RECORDERS = "recorders"
    USERS = "users"
    KEYS = "keys"
    LOG_READ = "log:read"
    METRICS = "metrics:read"


MEANINGS: Mapping[Permission, str] = {
    Permission.RECORDINGS_READ: "查看录音、稽核结果和判定",
    Permission.RECORDINGS_WRITE: "上传录音",
    Permission.RECORDINGS_MANAGE: "重试失败的录音,更正已知的信息,补全待处理",
    Permission.RECORDINGS_DELETE: "删除录音",
    Permission.PERSONAL_READ: "看到未遮盖的证件号、电话、卡号和住址",
    Permission.REPORTS_STAFF: "查看人员报告",
    Permission.REPORTS_WINDOWS: "查看窗口报告",
    Permission.REPORTS_CENTRE: "查看中心报告",
    Permission.CENTRE_READ: "查看人员、窗口、分机和排班",
    Permission.CENTRE_WRITE: "登记人员、窗口、分机和排班",
    Permission.RULES_READ: "查看和试用规则",
    Permission.RULES_WRITE: "起草、试算和更改规则",
    Permission.REVIEWS: "复核判定,裁定申诉",
    Permission.APPEALS: "对自己的判定申诉",
    Permission.COMMENTS: "对看得到的复核和申诉补充意见",
    Permission.REAUDITS: "规则变更后复评",
    Permission.LEARNING: "取出复核过的话,供标签模型学习",
    Permission.WEBHOOKS: "设置推送",
    Permission.RECORDERS: "设置录音设备",
    Permission.USERS: "管理用户",
    Permission.KEYS: "管理密钥",
    Permission.LOG_READ: "查看、导出和核对操作记录，查看保存期限",
    Permission.METRICS: "读取运行指标",
}
ROLE_NAMES: Mapping[UserRole, str] = {
    "admin": "管理员",
    "inspector": "督查",
    "lead": "窗口负责人",
    "staff": "工作人员",
}
_ALL = frozenset({
    Permission.RECORDINGS_READ,
    Permission.REPORTS_STAFF,
    Permission.RULES_READ,
    Permission.COMMENTS,
})  # fmt: skip
_LEAD = _ALL | {Permission.REPORTS_WINDOWS, Permission.CENTRE_READ}
_INSPECTOR = _LEAD | {
    Permission.RECORDINGS_WRITE,
    Permission.RECORDINGS_MANAGE,
    Permission.REPORTS_CENTRE,
    Permission.REAUDITS,
    Permission.REVIEWS,
    Permission.PERSONAL_READ,
    Permission.LOG_READ,
}
OF_ROLE: Mapping[UserRole, frozenset[Permission]] = {
    "admin": frozenset(Permission) - {Permission.APPEALS},
    "inspector": _INSPECTOR,
    "lead": _LEAD,
    "staff": _ALL | {Permission.APPEALS},
}
# A key that could make users or keys could give itself everything, one that sets recorders makes the service read
# folders; and only people review and contest.
SCOPES = frozenset(Permission) - {
    Permission.USERS,
    Permission.KEYS,
    Permission.RECORDERS,
    Permission.REVIEWS,
    Permission.APPEALS,
    Permission.COMMENTS,
}
