"""Voices and roles in a recording."""

from speechaudit.speakers.assign import assign_speakers
from speechaudit.speakers.roles import assign_roles

__all__ = ["assign_roles", "assign_speakers"]
