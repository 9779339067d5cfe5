"""Audits how staff of service windows speak."""

__version__ = "0.1.0"
