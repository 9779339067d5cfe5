"""How the parts of rules are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from service.store.trials import TrialState
from speechaudit.rules.catalogue import STATUSES

__all__ = ["CHANGES", "FIELDS", "KINDS", "PARTS", "STATUSES", "TRIALS", "VALUES"]
KINDS: Final[Mapping[str, str]] = {
    "forbidden": "不许说",
    "required": "必须说",
    "situation": "到了时候才该说",
    "sequence": "按次序说几样",
    "reply": "有问必答",
    "wait": "等候要说明",
    "measure": "数值的上下限",
}
PARTS: Final[Mapping[str, str]] = {
    "match": "说了",
    "no_match": "没有说",
    "unclear": "存疑，请人判断",
    "silent": "不适用",
    "known_miss": "现在还听不出来",
    "known_false_alarm": "现在还会误判",
}
CHANGES: Final[Mapping[str, str]] = {"appeared": "新出现", "vanished": "消失", "changed": "变化"}
TRIALS: Final[Mapping[TrialState, str]] = {
    "running": "正在试算",
    "done": "试算完了",
    "cancelled": "已取消",
    "failed": "没有做完",
    "interrupted": "中断了",
}
FIELDS: Final[Mapping[str, str]] = {
    "title": "名称",
    "status": "状态",
    "message": "建议",
    "level": "等级",
    "setting": "场景",
    "maximum": "上限",
    "minimum": "下限",
    "ordered": "论次序",
    "optional": "可有可无",
    "phrases": "短语",
    "except": "例外",
    "perhaps": "请人判断的短语",
    "sounds_like": "读音相同也算",
    "when": "情形",
    "slots": "各样",
}
VALUES: Final[Mapping[object, str]] = {True: "是", False: "否", None: "（没有写）"}
