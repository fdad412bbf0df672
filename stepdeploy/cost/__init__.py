"""What executions cost: counted from their histories and the log lines of their functions, at prices of a file.

SHARED modules hold the counting: standard library, and each other, and nothing else. The function that records bills
(lambdas/record_cost) ships a copy of them, since code in lambdas/ imports nothing of the tool; scripts/copy_costing makes
it, and a test fails where it differs. The others are the tool's own: prices files, the table of releases, the command.
"""

SHARED = ("bill", "history", "lines", "reading", "record", "reports")
"""Modules that lambdas/record_cost/costing has, too."""
