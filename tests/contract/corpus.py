"""Checks the labelled definitions: would AWS accept each, and do we?"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from stepdeploy.asl import Finding, check

CORPUS = Path(__file__).resolve().parents[2] / "../shared/asl-corpus"


@dataclass(frozen=True)
class Verdict:
    """What we say of a labelled definition. label: valid, invalid or dataflow.."""

    file: str
    label: str
    why: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def flagged(self) -> bool:
        """Whether we refuse it; of a dataflow case, whether we say anything about its data.

        An error about its data is no refusal: AWS takes such a definition, and the execution fails.
        """
        if self.label == "dataflow":
            return any(finding.layer == "data" for finding in self.findings)
        return any(finding.severity == "error" and finding.layer != "data" for finding in self.findings)

    @property
    def data_errors(self) -> list[Finding]:
        """The errors about its data."""
        return [finding for finding in self.findings if finding.severity == "error" and finding.layer == "data"]


def judged() -> list[Verdict]:
    """A verdict for each line of labels.jsonl."""
    lines = (CORPUS / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [_judge(json.loads(line)) for line in lines]


def median_milliseconds(verdicts: list[Verdict]) -> float:
    """The median time of a check, in milliseconds of CPU time."""
    return statistics.median(verdict.seconds for verdict in verdicts) * 1000


def _judge(label: dict[str, str]) -> Verdict:
    text = (CORPUS / label["file"]).read_text(encoding="utf-8")
    machine_type = label.get("machine_type") or "STANDARD"
    started = time.process_time()
    findings = check(text, machine_type=machine_type, name=label["file"])
    seconds = time.process_time() - started
    return Verdict(label["file"], label["label"], label.get("why") or "", tuple(findings), seconds)
