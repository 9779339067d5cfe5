"""`python -m service.api.page` writes docs/api.md: every route, what it needs and who may."""

from __future__ import annotations

import sys
from pathlib import Path

from service.api.access import GuardedRoute, Need, Open
from service.api.application import served
from service.auth.permissions import MEANINGS, OF_ROLE, ROLE_NAMES, SCOPES, Permission
from service.store.accounts import UserRole

_HEAD = """# 接口

地址在 `/api/v1` 之下,完整的描述(参数、应答、示例)在 `/api/v1/openapi.json`。

- 机器用密钥:`Authorization: Bearer sa_…`,由 `speechaudit key add 名称 --scope 权限` 新建,只存散列,可设期限,可撤销。
- 浏览器用登录后的 cookie;写操作须在 `X-CSRF-Token` 中附上登录时得到的 `csrf`。
- 错误都是 `application/problem+json`:`title`、`detail`(哪里、什么问题)、`cure`(如何解决)。
- 列表按时间从新到旧,一页最多 200 项;`next` 是下一页的 `cursor`。
  难得同时满足的筛选,一页可能不满甚至是空的;有 `next` 就还没有完。
- 判定、身份和失败都有原因的代码:判定和失败列表里的 `reason`、`failure_code`,稽核结果里的 `reasons`(见 formats.md);
  `GET /api/v1/findings?reason=代码` 按原因筛选,`GET /api/v1/findings/reasons` 按原因计数;失败的原因另有英文
  (`failure_english`)。句子给人看,措辞会改;代码不改。
- **窗口负责人**只看得到自己窗口的录音、判定和报告,**工作人员**只看得到自己的;看不到的一律当作不存在(404)。

本页由 `python -m service.api.page` 生成。

## 地址与权限

"""
_IMPORTS = """
## 导入的表格

`POST /api/v1/imports/{kind}` 读 CSV(UTF-8、UTF-16、GBK)、XLSX 和 XLS:`curl -F file=@staff.csv`,或把文件直接作为内容。
先看会改什么,什么都不写下:`POST /api/v1/imports/{kind}/preview`,表格同上。
可以照着填的样表:`GET /api/v1/imports/{kind}/example`。第一行是标题;列的次序不限。

| `kind` | 列 |
|---|---|
| `staff` 人员 | 工号、姓名,可加 在岗(是/否) |
| `windows` 窗口 | 代码、名称,可加 在用(是/否) |
| `extensions` 分机 | 分机、窗口(代码,或只有一个窗口用的名称) |
| `rosters` 排班 | 窗口、工号(或 人员)、开始、结束;时间如 2026/3/2 8:30,按设置的时区 |

- 读到的是单元格里看得到的:数字 1 显示成 0001,工号就是 0001。全角字母和数字按半角理解。
- 不猜:科学计数法(1.02E+03)、同一工号出现两次、与另一个只差开头的零或大小写、两列说同一项的,连同行号退回并说明怎么改。
- 有一行不对就全部不导入。长表先全部核对,再在一个很短的事务里写入,别人不用等。
"""
_ROLES: tuple[UserRole, ...] = ("admin", "inspector", "lead", "staff")
_OPEN = {Open.PUBLIC: "公开", Open.HALF: "已登录(密码待换的也可)", Open.SIGNED_IN: "已登录"}


def page() -> str:
    """Return the whole page as Markdown."""
    return _HEAD + _routes() + _IMPORTS + "\n## 权限\n\n" + _permissions()


def _routes() -> str:
    columns = ["方法", "地址", "说明", "权限", *(ROLE_NAMES[role] for role in _ROLES)]
    return _line(columns) + _line(["---"] * len(columns)) + "".join(_row(route) for route in served())


def _row(route: GuardedRoute) -> str:
    (method,) = route.methods or {""}
    marks = ["✓" if _may(role, route.need) else "" for role in _ROLES]
    need = _OPEN[route.need] if isinstance(route.need, Open) else f"`{route.need}`"
    return _line([method, f"`{route.path}`", route.summary or "", need, *marks])


def _may(role: UserRole, need: Need) -> bool:
    return isinstance(need, Open) or need in OF_ROLE[role]


def _permissions() -> str:
    head = _line(["权限", "可以", "能给密钥"]) + _line(["---"] * 3)
    return head + "".join(_line([f"`{p}`", MEANINGS[p], "✓" if p in SCOPES else ""]) for p in Permission)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/api.md")
    target.write_text(page(), encoding="utf-8")
