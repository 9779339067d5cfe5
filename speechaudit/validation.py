"""What pydantic finds wrong with a file, a setting or a request, told in Chinese: the one address for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MEANINGS: Final[Mapping[str, str]] = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项,可能拼错了",
    "unexpected_keyword_argument": "没有这一项,可能拼错了",
    "json_invalid": "不是正确的 JSON",
    "literal_error": "取值不在允许的范围内:应为 {expected}",
    "enum": "取值不在允许的范围内:应为 {expected}",
    "greater_than_equal": "应不小于 {ge}",
    "greater_than": "应大于 {gt}",
    "less_than_equal": "应不大于 {le}",
    "less_than": "应小于 {lt}",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "string_pattern_mismatch": "含有不允许的字符",
    "string_unicode": "含有不能用的字符",
    "value_error": "{error}",
    "timezone_aware": "应写明时区,例如 +08:00",
}
_WANTED: Final[Mapping[str, str]] = {
    "string": "文字",
    "float": "数字",
    "finite": "数字",
    "int": "整数",
    "bool": " true 或 false",
    "date": "日期,例如 2026-01-31",
    "datetime": " ISO 8601 时间",
    "dict": "对象",
    "list": "列表",
    "tuple": "列表",
    "model": "对象",
    "dataclass": "对象",
    "url": "网址",
}


def field_of(location: tuple[int | str, ...]) -> str:
    """Return the name of a field as people write it, such as `calls.0.at`; 全文 for the whole."""
    return ".".join(map(str, location)) or "全文"


def meaning(error: Mapping[str, Any], *, with_value: bool = False) -> str:
    """Return what one error of pydantic's `errors()` means, such as 应不大于 200, without the name of the field.

    `with_value` adds the value that was found where the kind is wrong; leave it out where others may read it.
    """
    kind = str(error["type"])
    if text := _MEANINGS.get(kind):
        return text.format(**{name: _plain(value) for name, value in error.get("ctx", {}).items()}).replace(
            " or ", " 或 "
        )
    if (wanted := _WANTED.get(kind.split("_", maxsplit=1)[0])) is None:
        return f"不正确:{error['msg']}"
    return f"应为{wanted},实为 {error['input']!r}" if with_value else f"应为{wanted}"


def _plain(value: object) -> str:
    """Return a limit as people write it: 200 and not 200.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
