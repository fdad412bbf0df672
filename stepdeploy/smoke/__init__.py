"""Smoke cases: executions of a version that has just been published, before the alias may serve it. docs/releases.md."""

from stepdeploy.smoke.cases import Case, cases_of
from stepdeploy.smoke.run import Outcome, run_cases, verdict

__all__ = ["Case", "Outcome", "cases_of", "run_cases", "verdict"]
