"""All tables under one roof, so that migrations see every one of them."""

from __future__ import annotations

from service.store.accounts import ApiKey, Device, User, UserSession, UserWindow
from service.store.audits import AuditRow, EncounterRow, FindingCode, FindingRow, HearingRow, TallyRow, TallySheet
from service.store.base import Base
from service.store.centre import Extension, Roster, Staff, Window
from service.store.intake import Pending
from service.store.issued import IssuedReport, IssuedWords
from service.store.logbook import LogEntry
from service.store.notices import Notice
from service.store.reaudits import Batch, BatchItem
from service.store.recordings import RecordingRow
from service.store.reviews.tables import Claim, ReviewCase, ReviewEvent, Skip
from service.store.search import TranscriptText
from service.store.sources import StoredSource
from service.store.stale import StaleDay
from service.store.sums import DailyVerdicts, HourlyScores
from service.store.trials import TrialChange, TrialRow
from service.store.voices import VoiceConsent
from service.store.webhooks import Delivery, Webhook
from service.store.workers import Worker

__all__ = [
    "ApiKey",
    "AuditRow",
    "Base",
    "Batch",
    "BatchItem",
    "Claim",
    "DailyVerdicts",
    "Delivery",
    "Device",
    "EncounterRow",
    "Extension",
    "FindingCode",
    "FindingRow",
    "HearingRow",
    "HourlyScores",
    "IssuedReport",
    "IssuedWords",
    "LogEntry",
    "Notice",
    "Pending",
    "RecordingRow",
    "ReviewCase",
    "ReviewEvent",
    "Roster",
    "Skip",
    "Staff",
    "StaleDay",
    "StoredSource",
    "TallyRow",
    "TallySheet",
    "TranscriptText",
    "TrialChange",
    "TrialRow",
    "User",
    "UserSession",
    "UserWindow",
    "VoiceConsent",
    "Webhook",
    "Window",
    "Worker",
]
