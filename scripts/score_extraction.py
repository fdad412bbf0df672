"""Scores the extractors on a folder of recorded documents with true values. Run by scripts/score_extraction.

The folder is served on loopback at the addresses of the real hosts, and the handlers of both extractors are run in this
process with the code that is deployed (their folders and the layer's); DynamoDB and S3 are moto's. A record whose filing
is not the newest is extracted by its accession number. One that EDGAR's recorded lists do not hold gets a row in them:
what such a row says is a hint to the extractor and never counts as found. A record that has only companyfacts is read
from those, by the handler where the recorded list leads there, else by the handler's reader alone ("by" says which).

  right     the true value, or nothing where the truth says that there is nothing
  wrong     another value than the true one
  missing   nothing, where there is a value
  invented  a value, where the truth says that there is none

Calls: requests to EDGAR and to the website that were made; calls of Nova Pro and searches of Serper that the run would
have taken (none is made). Exit codes: 0, 1 below the floor, 2 for a wrong command line or no truth.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import score_functions
from score_functions import Outcome
from score_hosts import Hosts
from score_marks import MARKS, Marks
from score_people import PeopleScore
from score_sec import SecScore
from score_truth import LEADERSHIP, SEC, Record, read_truth

SEC_RIGHT, NAMES_PRECISION, NAMES_RECALL = 0.98, 0.97, 0.95
WORST_SHOWN = 25


@dataclass
class Score:
    """All that was found out. rows: one a record, for people to read and for --json."""

    sec: SecScore
    people: PeopleScore
    problems: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    def below(self) -> list[str]:
        """Which floors are missed, in words; what there were no records of misses none."""
        fields, lists, roles = self.sec.of_fields, self.sec.of_lists, self.people.roles
        held = {
            f"SEC less than {SEC_RIGHT:.0%} right": fields.share_right >= SEC_RIGHT,
            "SEC values wrong": fields.total("wrong") + lists.total("wrong") == 0,
            "SEC values invented": fields.total("invented") + lists.total("invented") == 0,
            f"names' precision below {NAMES_PRECISION}": self.people.names.precision >= NAMES_PRECISION,
            f"names' recall below {NAMES_RECALL}": self.people.names.recall >= NAMES_RECALL,
            "roles wrong or invented": roles.total("wrong") + roles.total("invented") == 0,
        }
        return [floor for floor, holds in held.items() if not holds]

    def summary(self) -> str:
        """One line."""
        fields, roles, below = self.sec.of_fields, self.people.roles, self.below()
        parts = []
        if fields.values:
            bad = ", ".join(f"{fields.total(mark)} {mark}" for mark in MARKS[1:])
            parts.append(f"SEC {fields.total('right')}/{fields.values} right ({bad})")
        if self.people.names.true or self.people.names.found:
            names = self.people.names
            parts.append(f"people: names P {names.precision:.3f} R {names.recall:.3f}")
            parts.append(f"titles P {self.people.titles.precision:.3f} R {self.people.titles.recall:.3f}")
            bad = ", ".join(f"{roles.total(mark)} {mark}" for mark in MARKS[1:])
            parts.append(f"roles {roles.total('right')}/{roles.values} right ({bad})")
        paid = {name: sum(row["calls"][name] for row in self.rows) for name in ("nova", "serper")}
        parts.append(f"calls wanted: Nova {paid['nova']}, Serper {paid['serper']}")
        parts.append("BELOW THE FLOOR: " + ", ".join(below) if below else "floor held")
        return "; ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """As --json prints it."""
        shares = {
            name: {"precision": share.precision, "recall": share.recall} | vars(share)
            for name, share in (
                ("names", self.people.names),
                ("titles", self.people.titles),
                ("groups", self.people.groups),
            )
        }
        return {
            "sec": _as_dict(self.sec.of_fields),
            "newest_filing": _as_dict(self.sec.of_lists),
            "people": shares | {"roles": _as_dict(self.people.roles), "cases": self.people.cases},
            "found_from_home": self.people.homes,
            "bios": self.people.bios,
            "records": self.rows,
            "problems": self.problems,
            "not_scored": sorted(self.sec.unscored),
            "seconds": round(self.seconds, 2),
            "cpu_seconds": round(self.cpu, 2),
            "below_floor": self.below(),
            "summary": self.summary(),
        }


def score(data: Path, truth: list[Path]) -> Score:
    """Score a folder. Raises OSError when a file of the truth cannot be read."""
    records, problems = read_truth(truth)
    started, cpu = time.monotonic(), time.process_time()
    with Hosts(data, records) as hosts, score_functions.running(hosts.address) as functions:
        result = Score(SecScore(functions, hosts), PeopleScore(functions, hosts), problems)
        for record in records:
            result.rows.append(_scored(result, record))
    result.seconds, result.cpu = time.monotonic() - started, time.process_time() - cpu
    return result


def _scored(result: Score, record: Record) -> dict[str, Any]:
    """Score one record; the row that tells of it. A defect of ours or of the record's never ends the run."""
    try:
        if record.kind == LEADERSHIP:
            outcome, by = result.people.page(record), "handler"
        else:
            read = result.sec.report(record) if record.kind == SEC else result.sec.newest(record)
            outcome, by = read.outcome, read.by
    except Exception as error:
        result.problems.append(f"{record.label}: {type(error).__name__}: {error}")
        outcome, by = Outcome(None, f"{type(error).__name__}: {error}"), "failed"
        result.sec.lost(record)
    return {
        "record": record.label,
        "kind": record.kind,
        "by": by,
        "calls": {name: int(getattr(outcome, name)) for name in ("edgar", "website", "nova", "serper")},
        "seconds": round(outcome.seconds, 2),
        "error": outcome.error,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with the documents")
    parser.add_argument("--truth", type=Path, action="append", metavar="FILE", help="true values (may be repeated)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the tables")
    arguments = parser.parse_args()
    truth = arguments.truth or [arguments.data / "truth.jsonl"]
    for path in (arguments.data, *truth):
        if not path.exists():
            parser.error(f"there is no {path}")
    result = score(arguments.data, truth)
    if not result.rows:
        print("no record could be read: " + "; ".join(result.problems or ["the truth is empty"]), file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(result.to_dict(), ensure_ascii=False))
    else:
        show(result)
    return 1 if result.below() else 0


def show(result: Score) -> None:
    """Print the tables, the worst cases, and the summary as the last line."""
    for row in result.rows:
        calls = ", ".join(f"{name} {count}" for name, count in row["calls"].items())
        print(f"{row['kind']:11s} {row['record'][:56]:56s} {row['seconds']:6.2f} s  calls: {calls}; by: {row['by']}")
        if row["error"]:
            print(f"{'':12s}{row['error'][:160]}")
    _table("SEC, by field", result.sec.of_fields)
    _table("newest filing, by field", result.sec.of_lists)
    people = result.people
    if people.names.true or people.names.found:
        print(f"\npeople\n  names   {people.names}\n  titles  {people.titles}\n  groups  {people.groups}")
        print(f"  biographies that begin as they should: {people.bios[0]} of {people.bios[1]}")
        print(f"  leadership page found from the home page: {people.homes[0]} of {people.homes[1]}")
        _table("roles", people.roles)
    cases = [*result.sec.of_fields.worst(), *result.sec.of_lists.worst(), *people.roles.worst(), *people.cases]
    for title, lines in (("worst cases", cases), ("problems", result.problems)):
        if lines:
            print(f"\n{title}")
            print("\n".join(f"  {line[:230]}" for line in lines[:WORST_SHOWN]))
            if len(lines) > WORST_SHOWN:
                print(f"  and {len(lines) - WORST_SHOWN} more (--json has all)")
    if result.sec.unscored:
        print(f"\nnot fields of an extraction, not scored: {', '.join(sorted(result.sec.unscored))}")
    print(f"\n{len(result.rows)} records in {result.seconds:.1f} s, {result.cpu:.1f} s of CPU")
    print(result.summary())


def _table(title: str, marks: Marks) -> None:
    if not marks.values:
        return
    print(f"\n{title:24s} {'right':>6s} {'wrong':>6s} {'missing':>8s} {'invented':>9s}")
    rows = [*marks.counts.items(), ("all", {mark: marks.total(mark) for mark in MARKS})]
    for name, counts in rows:
        print(f"  {name:22s} {counts['right']:6d} {counts['wrong']:6d} {counts['missing']:8d} {counts['invented']:9d}")


def _as_dict(marks: Marks) -> dict[str, Any]:
    return {
        "by_name": dict(marks.counts),
        "all": {mark: marks.total(mark) for mark in MARKS},
        "cases": marks.worst(),
    }


if __name__ == "__main__":
    sys.exit(main())
