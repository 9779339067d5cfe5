"""One probability that words are those that were said, from the confidence in them and two decodings of the place."""

from __future__ import annotations

from math import exp, log

from speechaudit.policy import Count, StrictModel

_LEAST = 0.01  # of a share whose log odds are weighed


class Surety(StrictModel):
    """How probable it is that written words are just those that were said: a logistic regression (Platt, 1999).

    It weighs the recogniser's mean confidence and the score of the second listen, both as log odds, and `agreement`,
    the share of the characters that came again when the place was written down once more. It was fitted with so many
    stretches.
    """

    intercept: float
    confidence: float
    agreement: float
    score: float
    stretches: Count

    def of(self, *, confidence: float, agreement: float, score: float) -> float:
        """Return the probability, 0 to 1; all three figures are 0 to 1."""
        figures = weighed(confidence=confidence, agreement=agreement, score=score)
        return _share(self.intercept + sum(getattr(self, name) * value for name, value in figures.items()))


def weighed(*, confidence: float, agreement: float, score: float) -> dict[str, float]:
    """Return the figures as a `Surety` weighs them."""
    return {"confidence": _log_odds(confidence), "agreement": agreement, "score": _log_odds(score)}


def _log_odds(share: float) -> float:
    bounded = min(1 - _LEAST, max(_LEAST, share))
    return log(bounded / (1 - bounded))


def _share(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))
