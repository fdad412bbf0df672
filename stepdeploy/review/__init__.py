"""Architecture reviews: scores of a state machine with its settings, from rules with published weights. docs/review.md.

`review(value)` takes a parsed definition and returns a `Review`; `stepdeploy.review.fixes` writes what is safe to write.
No AWS, no files: what is known besides the definition comes as `Facts`.
"""

from stepdeploy.review.facts import Alarm, Facts, FunctionFacts
from stepdeploy.review.model import AXES, Deduction, Review, Score
from stepdeploy.review.score import review

__all__ = ["AXES", "Alarm", "Deduction", "Facts", "FunctionFacts", "Review", "Score", "review"]
