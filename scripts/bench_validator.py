"""Checks the labelled definitions and prints the corpus' table with our row. --details lists what is judged wrong.

The other rows are those that come with the corpus; they are not measured here. Run by scripts/bench_validator.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.contract.corpus import CORPUS, Verdict, judged, median_milliseconds

OTHERS = """\
| asl-validator 4.0.0 (npm) | 97/126 | 25/408 | 0/9 | 69 |
| amazon-states-language-service 1.16.1 (npm) | 84/126 | 1/408 | 0/9 | 0.2 |
| statelint (git; refuses all JSONata) | 111/126 | 125/408 | 8/9 | 0.1 |
| cfn-lint 1.58.0, rule E3601 | 50/126 | 17/408 | 0/9 | 14 |
| moto 5.2.5's parser | 70/126 | 23/408 | 0/9 | 26 |"""


def row(verdicts: list[Verdict]) -> str:
    """Our row of the table."""
    counts = []
    for label in ("invalid", "valid", "dataflow"):
        of_label = [verdict for verdict in verdicts if verdict.label == label]
        counts.append(f"{sum(verdict.flagged for verdict in of_label)}/{len(of_label)}")
    return f"| stepdeploy validate | {' | '.join(counts)} | {median_milliseconds(verdicts):.1f} |"


def main() -> None:
    """Prints the table."""
    if not CORPUS.is_dir():
        sys.exit(f"No labelled definitions at {CORPUS}")
    verdicts = judged()
    print("| validator | invalid caught | valid rejected | dataflow caught | ms a definition (median) |")
    print("|---|--:|--:|--:|--:|")
    print(OTHERS)
    print(row(verdicts))
    print("The rows above ours are as recorded with the corpus; ours was measured now.")
    print(f"All {len(verdicts)} in {sum(verdict.seconds for verdict in verdicts):.2f} s of CPU time.")
    if "--details" in sys.argv:
        for verdict in verdicts:
            if verdict.flagged == (verdict.label == "valid"):
                print(f"- {verdict.file}: {verdict.why[:200]}")
                for finding in verdict.findings:
                    print(f"    {finding.rule} {finding.severity} {finding.location}: {finding.message}")
        print("Errors about the data of valid definitions (AWS takes them, and the execution fails):")
        for verdict in verdicts:
            if verdict.label == "valid":
                for finding in verdict.data_errors:
                    print(f"- {verdict.file}: {finding.rule} {finding.location}: {finding.message}")


if __name__ == "__main__":
    main()
