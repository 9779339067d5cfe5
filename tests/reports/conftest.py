from __future__ import annotations

import pytest

from speechaudit.model import Audit, Score
from speechaudit.reports import ReportSettings
from tests.sentences import legacy

from .made import SETTINGS, audit, busy_audits, encounter, service


@pytest.fixture(scope="session")
def settings() -> ReportSettings:
    return SETTINGS


@pytest.fixture(scope="session")
def many() -> list[Audit]:
    """工号1017 with 25 encounters, 工号2001 with 3 (one silent), and a recording that names nobody."""
    silent = Score(total=None, passed=None, reasons=legacy("没有听到可判定的话"))
    few = [audit(f"b{index}.wav", "工号2001", service(index)) for index in (1, 2)]
    unheard = audit("silent.wav", "工号2001", encounter(score=silent))
    return [audit("nobody.wav", None, service(0)), *busy_audits(), *few, unheard]
