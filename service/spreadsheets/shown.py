"""Cells of a workbook as people see them: 1 in the format 0000 is 0001, and a time without seconds has none."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Final

# Of a format the part for positive numbers, without conditions, colours, gaps and fillings; what is quoted is literal.
_DECORATION: Final = re.compile(r"\[[^\]]*\]|_.|\*.")
_LITERAL: Final = re.compile(r'"([^"]*)"|\\(.)')
_DATE: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(上午|下午)? ?(\d{1,2})[:时](\d{2})(?:[:分](\d{2}))?[秒分]?)?"
)
_PADDED: Final = re.compile(r"[-/ A-DF-Za-df-z]*0[-/ 0]*")
_LONGEST_FORMAT: Final = 255  # characters, as Excel has it: each nought of a longer one would be written for each cell
# Beyond so many digits Excel and its files no longer hold a whole number exactly.
_EXACT: Final = 10**15


def shown(value: object, number_format: str) -> str:
    """Return the text of a cell with this value and number format."""
    if value is None:
        return ""
    number_format = number_format if len(number_format) <= _LONGEST_FORMAT else "General"
    if isinstance(value, datetime | time):
        return _moment(value, number_format)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, number_format)
    return plain(str(value))


def plain(text: str) -> str:
    """Return a text without blanks around it, and 2026/3/2 8:30 as ISO 8601 writes it, as exactly as it stood there."""
    text = text.strip()
    if (found := _DATE.fullmatch(text)) is None:
        return text
    year, month, day, half, hour, minute, second = found.groups()
    if half and int(hour) <= 12:
        hour = str(int(hour) % 12 + (12 if half == "下午" else 0))
    clock = f"T{int(hour):02}:{minute}" + (f":{second}" if second else "") if hour else ""
    return f"{year}-{int(month):02}-{int(day):02}{clock}"


def _moment(value: datetime | time, number_format: str) -> str:
    """Return a moment as text; seconds of nought that nobody sees are left out: it may have been written without."""
    seen = number_format.lower()
    if isinstance(value, datetime) and "h" not in seen and value.time() == time():
        return value.date().isoformat()
    value = value.replace(microsecond=0)
    whole = value.second or "s" in seen or "h" not in seen
    return value.isoformat(timespec="seconds" if whole else "minutes")


def _number(value: float, number_format: str) -> str:
    positive = _DECORATION.sub("", number_format.partition(";")[0])
    pattern = _LITERAL.sub("", positive)
    if "E" in pattern.upper() and "GENERAL" not in pattern.upper():
        return f"{value:.2E}"
    if not float(value).is_integer():
        return str(value)
    if abs(value) >= _EXACT:
        return f"{value:.5E}"
    return _padded(str(int(value)), positive) if _PADDED.fullmatch(pattern) and value >= 0 else str(int(value))


def _padded(digits: str, pattern: str) -> str:
    """Return the digits in the places of the noughts, from the right; what is left over stands before."""
    literal = _LITERAL.sub(lambda found: "".join(f"\0{char}" for char in found[1] or found[2] or ""), pattern)
    parts = re.findall(r"\0.|.", literal, re.DOTALL)
    places = sum(part == "0" for part in parts)
    digits = digits.zfill(places)
    extra, rest = digits[: len(digits) - places], iter(digits[len(digits) - places :])
    told = [next(rest) if part == "0" else part.removeprefix("\0") for part in parts]
    first = parts.index("0")
    return "".join([*told[:first], extra, *told[first:]]).strip()
