"""Replays the executions recorded on AWS and prints how many the interpreter gets right, and which it gets wrong."""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.contract.replay import RECORDINGS, recordings, replay, scorer


async def score(folder: str) -> None:
    """Prints the counts of a folder and its differences."""
    compare = scorer().compare
    counts = {"final": 0, "cause": 0, "states": 0, "events": 0, "ids": 0}
    rows = recordings(folder)
    for row in rows:
        result = await replay(row)
        verdict = compare(row, result) | traces(row, result)
        for name in counts:
            counts[name] += verdict[name] is not False
        missed = [name for name in counts if verdict[name] is False]
        if missed:
            print(f"- {row['id']}: {', '.join(missed)}")
            if "--details" in sys.argv:
                details(row, result, missed)
    print(f"{folder}: {len(rows)} replayed, " + ", ".join(f"{name} {count}" for name, count in counts.items()))


def traces(row: dict, result: dict) -> dict:
    """Whether the events' types are the recorded ones in order, and the states' event ids (None: not recorded)."""
    expected = row["expected"]
    if not expected.get("events"):
        return {"events": None, "ids": None}
    states = expected["states"] or []
    if any(state.get("id") is None for state in states):
        return {"events": None, "ids": None}
    ids = [(state["id"], state["previousEventId"]) for state in states]
    return {
        "events": expected["events"] == result["events"],
        "ids": ids == [(state["id"], state["previousEventId"]) for state in result["states"]],
    }


def details(row: dict, result: dict, missed: list[str]) -> None:
    """Prints both sides of a difference."""
    for name in ("status", "output", "error", "cause"):
        if row["expected"][name] != result[name]:
            print(
                f"    {name}: AWS {json.dumps(row['expected'][name])[:300]}\n    {' ' * len(name)}  us  {json.dumps(result[name])[:300]}"
            )
    if "states" in missed:
        print(
            f"    states: AWS {json.dumps(row['expected']['states'])[:1500]}\n            us  {json.dumps(result['states'])[:1500]}"
        )
    if "events" in missed or "ids" in missed:
        print(f"    AWS {row['expected']['events']}\n    us  {result['events']}")


def main() -> None:
    """Scores both folders."""
    if not RECORDINGS.is_dir():
        sys.exit(f"No recordings at {RECORDINGS}")
    for folder in ("executions", "final_only"):
        asyncio.run(score(folder))


if __name__ == "__main__":
    main()
