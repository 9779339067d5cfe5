"""One translation of what pydantic finds wrong, for files, settings and requests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from speechaudit.validation import field_of, meaning


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("应为偶数")
    return value


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(default="x", min_length=1, max_length=3, pattern="^[a-z]*$")
    share: float = Field(default=0.5, ge=0, le=1.5)
    count: int = Field(default=2, gt=0, lt=10)
    even: Annotated[int, AfterValidator(_even)] = 2
    ready: bool = True
    day: date = date(2026, 1, 31)
    moment: datetime | None = None
    aware: AwareDatetime | None = None
    level: Literal["minor", "major", "critical"] = "minor"
    parts: tuple[int, ...] = Field(default=(1,), min_length=1, max_length=2)
    words: dict[str, str] = {}


@pytest.mark.parametrize(
    ("data", "field", "told"),
    [
        ('{"nmae": "x"}', "nmae", "没有这一项,可能拼错了"),
        ('{"name": 1}', "name", "应为文字"),
        ('{"name": ""}', "name", "至少 1 个字符"),
        ('{"name": "abcd"}', "name", "至多 3 个字符"),
        ('{"name": "A"}', "name", "含有不允许的字符"),
        ('{"share": "x"}', "share", "应为数字"),
        ('{"share": -1}', "share", "应不小于 0"),
        ('{"share": 2}', "share", "应不大于 1.5"),
        ('{"count": 1.5}', "count", "应为整数"),
        ('{"count": 0}', "count", "应大于 0"),
        ('{"count": 10}', "count", "应小于 10"),
        ('{"even": 3}', "even", "应为偶数"),
        ('{"ready": "yes"}', "ready", "应为 true 或 false"),
        ('{"day": "gestern"}', "day", "应为日期,例如 2026-01-31"),
        ('{"moment": "x"}', "moment", "应为 ISO 8601 时间"),
        ('{"aware": "2026-03-02T09:00:00"}', "aware", "应写明时区,例如 +08:00"),
        ('{"level": "x"}', "level", "取值不在允许的范围内:应为 'minor', 'major' 或 'critical'"),
        ('{"parts": [1, "x"]}', "parts.1", "应为整数"),
        ('{"parts": []}', "parts", "至少 1 项"),
        ('{"parts": 1}', "parts", "应为列表"),
        ('{"words": 1}', "words", "应为对象"),
        ("[]", "全文", "应为对象"),
        ("{", "全文", "不是正确的 JSON"),
    ],
)
def test_complaints_are_told_in_chinese(data: str, field: str, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Wanted.model_validate_json(data)
    (error,) = refused.value.errors()
    assert (field_of(error["loc"]), meaning(error)) == (field, told)


def test_the_value_is_told_only_where_it_is_asked_for() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(int).validate_python("四")
    (error,) = refused.value.errors()
    assert (meaning(error), meaning(error, with_value=True)) == ("应为整数", "应为整数,实为 '四'")
