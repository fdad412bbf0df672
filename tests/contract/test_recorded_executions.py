"""The interpreter against what AWS did: recorded executions, replayed. See replay.py and scripts/score_interpreter."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.contract.replay import RECORDINGS, recordings, replay, scorer

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recorded executions at {RECORDINGS}")

ITEM_READER_TIMING = "assign_reference_variables--reference_in_map_state-MAP_STATE_REFERENCE_IN_ITEM_SELECTOR"
"""Here AWS linked MapStateExited to MapRunStarted, in its twins to MapRunSucceeded: a race of its own."""


async def replay_all(folder: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(row, await replay(row)) for row in recordings(folder)]


@pytest.mark.parametrize("folder", ["executions", "final_only"])
def test_each_recording_ends_as_on_aws(folder: str) -> None:
    compare = scorer().compare
    pairs = asyncio.run(replay_all(folder))
    assert pairs
    different = {row["id"]: verdict for row, result in pairs if False in (verdict := compare(row, result)).values()}
    assert different == {}


def test_histories_have_the_recorded_events_and_links() -> None:
    checked = 0
    for row, result in asyncio.run(replay_all("executions")):
        states = row["expected"]["states"]
        if any(state.get("id") is None for state in states):
            continue
        checked += 1
        assert result["events"] == row["expected"]["events"], row["id"]
        if row["id"] != ITEM_READER_TIMING:
            links = [(state["id"], state["previousEventId"]) for state in result["states"]]
            assert links == [(state["id"], state["previousEventId"]) for state in states], row["id"]
    assert checked


def test_tasks_get_the_recorded_parameters() -> None:
    same = scorer().same
    checked = 0
    for row, result in asyncio.run(replay_all("executions")):
        pointers = {
            id(attempt): f"/tasks/{index}/results/{position}/scheduled/"
            for index, task in enumerate(row["tasks"])
            for position, attempt in enumerate(task["results"])
        }
        for attempt, call in result["calls"]:
            name = "parameters" if "parameters" in attempt["scheduled"] else "input"
            expected = attempt["scheduled"][name]
            parameters = call.parameters if "RedriveCount" in str(expected) else without_redrive_count(call.parameters)
            pointer = pointers[id(attempt)] + name
            assert same(expected, parameters, pointer, set(row["placeholders"])), row["id"]
            checked += 1
    assert checked


def without_redrive_count(value: Any) -> Any:
    """Recordings older than redrives (November 2023) have no RedriveCount in the context object."""
    if isinstance(value, dict):
        return {name: without_redrive_count(item) for name, item in value.items() if name != "RedriveCount"}
    return [without_redrive_count(item) for item in value] if isinstance(value, list) else value
