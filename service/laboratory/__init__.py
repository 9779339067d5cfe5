"""The laboratory of the rules: what a rule as somebody writes it would have found in what was heard already.

- `labels`: labels that another model had told, kept for the next trial · `comparing`: some recordings judged by it
- `helpers`: processes that compare beside this one · `trial`: one trial, and the one that this process runs
"""

from service.laboratory.comparing import Compared, Lexicons, compared
from service.laboratory.labels import TrialLabels
from service.laboratory.trial import Laboratory, RuleTrial

__all__ = ["Compared", "Laboratory", "Lexicons", "RuleTrial", "TrialLabels", "compared"]
