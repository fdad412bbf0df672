"""Which Python runs a function."""

from __future__ import annotations

from stepdeploy.local.functions.runner.interpreters import OURS, shown_version


def test_the_log_says_when_another_python_than_the_runtimes_runs_a_function() -> None:
    other = "python3.14" if OURS != "python3.14" else "python3.13"
    assert shown_version(OURS) == f"{OURS.replace('python', 'python:')}.embedded"
    assert shown_version(other).endswith(f"(run by {OURS})")
