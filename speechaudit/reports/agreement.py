"""How far two reviewers agree who looked at the same findings without knowing of each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from speechaudit.model import Verdict
from speechaudit.reports.intervals import Z_95, Interval, wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """`agreed` of `n` pairs, the share with its interval, and Cohen's kappa with its interval.

    `kappa` is None without a pair, and where both reviewers always said the same one thing: chance explains that too.
    Its `kappa_interval` is None for fewer than two pairs.
    """

    n: int
    agreed: int
    share: float | None
    interval: Interval | None
    kappa: float | None
    kappa_interval: Interval | None


def agreement(pairs: Sequence[tuple[Verdict, Verdict]]) -> Agreement:
    """Return how far the first and the second verdicts of all pairs agree."""
    n, agreed = len(pairs), sum(first == second for first, second in pairs)
    kappa = _kappa(pairs)
    return Agreement(
        n=n,
        agreed=agreed,
        share=agreed / n if n else None,
        interval=wilson_interval(agreed, n),
        kappa=kappa,
        kappa_interval=None if kappa is None else _interval(pairs, kappa),
    )


def _kappa(pairs: Sequence[tuple[Verdict, Verdict]]) -> float | None:
    if len({verdict for pair in pairs for verdict in pair}) < 2:
        return None
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(*zip(*pairs, strict=True)))


def _interval(pairs: Sequence[tuple[Verdict, Verdict]], kappa: float) -> Interval | None:
    """Return kappa ± z·s, cut off at -1 and 1, with the large-sample variance.

    Source: Fleiss, Cohen and Everitt (1969), "Large sample standard errors of kappa and weighted kappa",
    Psychological Bulletin 72.
    """
    n = len(pairs)
    if n < 2:
        return None
    kinds = sorted({verdict for pair in pairs for verdict in pair})
    cell = {(a, b): sum(pair == (a, b) for pair in pairs) / n for a in kinds for b in kinds}
    first = {a: sum(cell[a, b] for b in kinds) for a in kinds}
    second = {b: sum(cell[a, b] for a in kinds) for b in kinds}
    chance = sum(first[a] * second[a] for a in kinds)
    same = sum(cell[a, a] * (1 - (first[a] + second[a]) * (1 - kappa)) ** 2 for a in kinds)
    other = sum(cell[a, b] * (second[a] + first[b]) ** 2 for a in kinds for b in kinds if a != b)
    variance = (same + (1 - kappa) ** 2 * other - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    half = Z_95 * math.sqrt(max(0.0, variance))
    return Interval(low=max(-1.0, kappa - half), high=min(1.0, kappa + half))
