"""Where one service ends and the next begins, what is no service at all, and what happened within one."""

from speechaudit.encounters.parts import speaks_of_passing_on, with_parts
from speechaudit.encounters.shares import PersonalShare, shares_of
from speechaudit.encounters.split import Division, split, surrounding_spans

__all__ = ["Division", "PersonalShare", "shares_of", "speaks_of_passing_on", "split", "surrounding_spans", "with_parts"]
