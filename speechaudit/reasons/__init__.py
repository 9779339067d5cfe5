"""Why: a code with its values, from the place that knows it to the place that shows it. Sentences are made there."""

from speechaudit.reasons.codes import Code
from speechaudit.reasons.reason import (
    Reason,
    Value,
    because,
    cause_of,
    failure_of,
    in_chinese,
    in_english,
    outline,
)

__all__ = [
    "Code",
    "Reason",
    "Value",
    "because",
    "cause_of",
    "failure_of",
    "in_chinese",
    "in_english",
    "outline",
]
