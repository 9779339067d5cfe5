"""The label model learns from its reviewers: what people decided becomes labelled lines, and its head is fitted again.

- `lines`: what is learned from · `delivered`: the lines that came with the program · `exchange`: lines as a file
- `reviewed`: audits with people's verdicts in, lines out · `names`: people's names out of them
- `supply`: where lines come from
- `fitting`: the head and the n-grams moved by the lines · `limits`: the thresholds after that
- `comparison`: before and after on lines that nobody learned from, and when a model is refused
- `run`: all of it
"""

from speechaudit.learning.comparison import ModelComparison, PairedShare
from speechaudit.learning.exchange import SUFFIX, dump
from speechaudit.learning.lines import LabelledLine
from speechaudit.learning.reviewed import Meanings, meanings, reviewed
from speechaudit.learning.run import Learned, learn
from speechaudit.learning.supply import Supply, from_files, offered

__all__ = [
    "SUFFIX",
    "LabelledLine",
    "Learned",
    "Meanings",
    "ModelComparison",
    "PairedShare",
    "Supply",
    "dump",
    "from_files",
    "learn",
    "meanings",
    "offered",
    "reviewed",
]
