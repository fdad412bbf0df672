"""Measures what reading an annual report costs. Run by scripts/bench_extraction.

facts: all facts of an inline report that lies in memory. whole: the SEC extraction from a name to a document, with its
fetches from an EDGAR on loopback, which is another process. Each is CPU time of a process of its own, the least of several:
what else the machine does only adds to it. MB: the most that is held above what was held before, the document included for
`whole`. Reports are made up; `--data` adds the inline ones of a folder, packed by gzip or not, which have the targets of
their size.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import bench_reports

ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1_000_000
# Megabytes of the report: (seconds of its facts, MB of its facts, seconds of the whole). A report has the targets of the
# smallest row that is not below its size.
TARGETS = {4.2: (0.15, 40.0, 1.0), 21.0: (None, None, 5.0)}
# In the workers: what the functions would import from.
FOLDERS = (str(ROOT / "lambdas/nova_sec_extractor"), str(ROOT / "lambdas"))


class Measured(NamedTuple):
    """Seconds (CPU) and megabytes of one thing; found: how many facts, or fields with a value."""

    seconds: float
    megabytes: float
    found: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs of each, of which the best counts (default: 5)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder with reports to measure besides")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the table")
    parser.add_argument("--worker", nargs=2, metavar=("WHAT", "ARGUMENT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(worker(*arguments.worker)))
        return 0
    if not arguments.json:
        print(f"{'report':28s} {'MB':>5s} {'facts':>6s} {'s':>7s} {'MB':>6s} | {'fields':>6s} {'s':>7s} {'MB':>6s}")
    missed = [measure(name, content, arguments.runs, arguments.json) for name, content in reports(arguments.data)]
    if not arguments.json:
        print(f"{len(missed)} reports, {sum(missed)} over a target")
    return 1 if any(missed) else 0


def reports(data: Path | None) -> Iterator[tuple[str, bytes]]:
    """(name, content): two made-up ones, then a folder's."""
    yield "made up, 4 MB", bench_reports.report(4.0)
    yield "made up, 20 MB", bench_reports.report(20.0)
    for path in sorted(data.rglob("*.htm*")) if data else ():
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if b"contextRef" in content:
            yield path.name[:28], content


def measure(name: str, content: bytes, runs: int, as_json: bool) -> bool:
    """Measure and print one report; whether a target is missed."""
    with TemporaryDirectory(prefix="stepdeploy-bench-") as folder, Loopback(content) as address:
        file = Path(folder) / "report.htm"
        file.write_bytes(content)
        facts = best("facts", str(file), runs)
        whole = best("whole", address, runs)
    size = len(content) / MEGABYTE
    targets = next((limits for limit, limits in TARGETS.items() if size <= limit), (None, None, None))
    found = (facts.seconds, facts.megabytes, whole.seconds)
    missed = [value > limit for value, limit in zip(found, targets, strict=True) if limit is not None]
    if as_json:
        row = {"report": name, "megabytes": round(size, 2), "facts": facts._asdict(), "whole": whole._asdict()}
        print(json.dumps(row | {"targets": targets, "missed": any(missed)}), flush=True)
    else:
        wanted = ", ".join(f"{limit:g}" for limit in targets if limit is not None)
        note = f"  MISSED (wanted: {wanted})" if any(missed) else f"  wanted: {wanted}" if wanted else ""
        left = f"{name:28s} {size:5.1f} {facts.found:6d} {facts.seconds:7.3f} {facts.megabytes:6.1f}"
        print(f"{left} | {whole.found:6d} {whole.seconds:7.3f} {whole.megabytes:6.1f}{note}", flush=True)
    return any(missed)


def best(what: str, argument: str, runs: int) -> Measured:
    """The least of several runs, each in a process of its own."""
    found = []
    for _ in range(runs):
        command = [sys.executable, str(Path(__file__)), "--worker", what, argument]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{what} failed:\n{done.stderr[-2000:]}")
        found.append(Measured(*json.loads(done.stdout)))
    return Measured(min(run.seconds for run in found), min(run.megabytes for run in found), found[0].found)


class Loopback:
    """An EDGAR on loopback that has one company with one report, whatever file it is asked for."""

    def __init__(self, content: bytes) -> None:
        answers = bench_reports.answers(content)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kind, body = answers.get(self.path, ("application/xml", b"<Error/>"))
                self.send_response(200 if self.path in answers else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def worker(what: str, argument: str) -> Measured:
    """Measure once, in this process. argument: a file for facts, a host and port for the whole."""
    sys.path[:0] = FOLDERS
    if what == "facts":
        from sec_extraction.inline import read_facts

        content = Path(argument).read_bytes()
        held, started = reset_peak(), time.process_time()
        facts = read_facts(content)
        return Measured(time.process_time() - started, peak() - held, len(facts))
    from common.fetch import Fetcher
    from sec_extraction.extract import extract_with_passages

    fetcher = Fetcher("Bench bench@example.com", allowed_private={argument}, max_bytes=60 * MEGABYTE)
    urls = {"data": f"http://{argument}", "www": f"http://{argument}"}
    held, started = reset_peak(), time.process_time()
    document, _ = extract_with_passages({"company_name": "Bench Corp", "stock_symbol": "BNCH"}, fetcher, urls)
    seconds = time.process_time() - started
    fetcher.close()
    return Measured(seconds, peak() - held, sum(field.value is not None for field in document.fields.values()))


def reset_peak() -> float:
    """Megabytes that this process holds now, from which on `peak` counts (Linux: man 5 proc, clear_refs)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # elsewhere the peak is that since the process began: too much, never too little
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    return _status("VmRSS")


def peak() -> float:
    """The most megabytes that were held since."""
    if Path("/proc/self/status").exists():
        return _status("VmHWM")
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / MEGABYTE


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / MEGABYTE
    raise SystemExit(f"/proc/self/status has no {name}")


if __name__ == "__main__":
    sys.exit(main())
