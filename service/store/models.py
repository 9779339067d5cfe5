"""All tables under one roof, so that migrations see every one of them."""

from __future__ import annotations

from service.store.base import Base
from service.store.intake import Pending
from service.store.logbook import LogEntry
from service.store.outbound import Batch, BatchItem, Delivery, Webhook, Worker
from service.store.people import ApiKey, Extension, Roster, Staff, User, UserSession, UserWindow, Window
from service.store.results import AuditRow, EncounterRow, FindingRow, HearingRow, Recording, TranscriptText
from service.store.reviewing import Case, CaseEvent

__all__ = [
    "ApiKey",
    "AuditRow",
    "Base",
    "Batch",
    "BatchItem",
    "Case",
    "CaseEvent",
    "Delivery",
    "EncounterRow",
    "Extension",
    "FindingRow",
    "HearingRow",
    "LogEntry",
    "Pending",
    "Recording",
    "Roster",
    "Staff",
    "TranscriptText",
    "User",
    "UserSession",
    "UserWindow",
    "Webhook",
    "Window",
    "Worker",
]
