"""Kinds of unfair verdicts in other instances than those that were reported, on text and on sound."""
