"""Transcript in, findings out: deterministic, fast, without a model and without audio."""
