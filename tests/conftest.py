"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# Dictionaries load on first use: one slow first example says nothing about the code.
settings.register_profile("speechaudit", deadline=None)
settings.load_profile("speechaudit")
