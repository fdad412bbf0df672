"""Runs function code in subprocesses."""
