"""Where one service ends and the next begins, what is no service at all, and what happened within one."""

from speechaudit.encounters.split import Division, split, surrounding_spans

__all__ = ["Division", "split", "surrounding_spans"]
