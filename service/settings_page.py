"""`python -m service.settings_page` writes docs/settings.md from the settings model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from service.settings import CONFIG, PREFIX, Settings

_HEAD = f"""# 设置

每项设置可写成环境变量({PREFIX} 加大写的名称),也可写进一个 TOML 文件(小写的名称);两处都写的,以环境变量为准。
TOML 文件是当前文件夹里的 `speechaudit.toml`,或环境变量 `{CONFIG}` 指明的文件。
写错的名称或值在启动时被拒绝,并说明如何改正。

本页由 `python -m service.settings_page` 生成。

| 名称 | 环境变量 | 类型 | 默认 | 说明 |
|---|---|---|---|---|
"""
_KINDS: dict[str, str] = {
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": "true 或 false",
    "array": "列表",
}


def page() -> str:
    """Return the whole page as Markdown."""
    schema = Settings.model_json_schema()["properties"]
    return _HEAD + "".join(_row(name, field, schema[name]) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo, schema: dict[str, Any]) -> str:
    default = "" if field.default in {None, ()} else f"`{_plain(field.default)}`"
    return f"| `{name}` | `{PREFIX}{name.upper()}` | {_kind(schema)} | {default} | {field.description} |\n"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(schema: dict[str, Any]) -> str:
    main = next((s for s in schema.get("anyOf", ()) if s["type"] != "null"), schema)
    if "enum" in main:
        return "、".join(main["enum"])
    kind = "路径" if main.get("format") == "path" else _KINDS[main["type"]]
    return kind + _range(main)


def _range(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and high is None:
        return ""
    return f",{low} 到 {high}" if high is not None else f",不小于 {low}"


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/settings.md")
    target.write_text(page(), encoding="utf-8")
