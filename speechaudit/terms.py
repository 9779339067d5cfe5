"""What the values of the model are called in Chinese: once, for reports, pages and the catalogue of rules."""

from __future__ import annotations

from typing import Final

from speechaudit.model import Level, Role, Setting

LEVELS: Final[dict[Level, str]] = {"minor": "轻微", "major": "较重", "critical": "严重"}
ROLES: Final[dict[Role, str]] = {"staff": "工作人员", "citizen": "群众", "machine": "自动播报", "unknown": "身份未定"}
# Not 窗口, which is the place where somebody works and mostly stands beside it.
SETTINGS: Final[dict[Setting, str]] = {"phone": "电话", "counter": "柜台"}
# The stages whose seconds stand in `MadeBy.timings`, in their order.
STAGES: Final[dict[str, str]] = {
    "decode": "解码",
    "speech": "找人声",
    "words": "识别文字",
    "voices": "分说话人",
    "roles": "定身份和标签",
    "second_listen": "再听一遍",
    "rules": "判定",
}
