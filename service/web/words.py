"""How values are called on the pages; what the reports have a word for is called as there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from service.auth.permissions import ROLE_NAMES
from service.store.recordings import Stage, Status
from speechaudit.model import Direction, Verdict
from speechaudit.reports.words import LEVELS, MATCHES, ROLES, SETTINGS

__all__ = [
    "DIRECTIONS",
    "LEVELS",
    "MATCHES",
    "ROLES",
    "ROLE_NAMES",
    "SETTINGS",
    "STAGES",
    "STATUSES",
    "VERDICTS",
]
DIRECTIONS: Final[Mapping[Direction, str]] = {"in": "呼入", "out": "呼出"}
STATUSES: Final[Mapping[Status, str]] = {"queued": "等待", "running": "处理中", "done": "完成", "failed": "失败"}
STAGES: Final[Mapping[Stage, str]] = {"waiting": "排队", "hearing": "识别", "judging": "判定", "done": "完成"}
VERDICTS: Final[Mapping[Verdict, str]] = {"pass": "符合", "fail": "违反", "unclear": "存疑", "n/a": "不适用"}
