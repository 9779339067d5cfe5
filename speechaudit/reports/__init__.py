"""Audits in, reports per member of staff out: HTML, XLSX, DOCX, PDF and JSON in one folder."""

from speechaudit.reports.about import About
from speechaudit.reports.figures import ReportSettings, StaffReport
from speechaudit.reports.gather import build
from speechaudit.reports.writing import write

__all__ = ["About", "ReportSettings", "StaffReport", "build", "write"]
