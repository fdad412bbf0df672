"""What a batch's notification says."""

from __future__ import annotations

from typing import Any

from outcomes import Outcome

MAX_SUBJECT = 100
MAX_FAILURES = 20
"""So many failures are told; the summary has all."""


def subject(batch: str, env: str, counted: dict[str, int]) -> str:
    """ASCII, at most 100 characters: what SNS takes (API_Publish.html)."""
    done = f"{counted['SUCCEEDED']} of {sum(counted.values())} succeeded"
    head = f"Batch {batch} ({env})" if env else f"Batch {batch}"
    room = MAX_SUBJECT - len(done) - 2
    return f"{head[:room]}: {done}".encode("ascii", "replace").decode("ascii")


def message(
    event: dict[str, Any],
    found: list[Outcome],
    counted: dict[str, int],
    failure: dict[str, str] | None,
    place: str,
) -> str:
    """Counts, the first failures and where the rest is; lines of text."""
    told = [f"{count} {status.lower().replace('_', ' ')}" for status, count in counted.items() if count]
    text = [f"Batch {event['batch_id']}: {', '.join(told) or 'no company'}."]
    if failure:
        text.append(f"The batch was given up. {failure['error']}: {failure['cause']}")
    failed = [outcome for outcome in found if outcome["status"] not in ("SUCCEEDED", "NOT_RUN")]
    text += [_line(outcome) for outcome in failed[:MAX_FAILURES]]
    if len(failed) > MAX_FAILURES:
        text.append(f"... and {len(failed) - MAX_FAILURES} more.")
    return "\n".join([*text, f"Summary: {place}", f"Execution: {event.get('execution_id', '')}"])


def _line(outcome: Outcome) -> str:
    why = ": ".join(part for part in (outcome["error"], outcome["cause"]) if part)
    return f"- {outcome['company_name'] or outcome['company_id']}: {why or outcome['status']}"
