"""Progress is told while a large document is parsed, so that only what stands still is ended."""

from __future__ import annotations

import itertools
import time

import pytest
from common import progress
from common.errors import ProgressStalled
from inline_builder import Report
from sec_extraction import markup
from sec_extraction.companyfacts import read_companyfacts
from sec_extraction.inline import read_facts
from sec_extraction.lines import read_lines
from sec_extraction.reading import read_document

PROSE = "We make boxes of wood and paper, sell them to shops in many countries, and buy the wood from some others. "


def large(megabytes: float) -> str:
    """An inline report with that much of text, tables and facts."""
    report = Report().face().number("Revenues", "100", label="Revenues").text("EntityRegistrantName", "X CORP")
    block = f"<p><span style='font-weight:400'>{PROSE}</span></p><table><tr><td>a</td><td>1,234</td></tr></table>"
    report.cover += [block * 100] * round(megabytes * 1_000_000 / len(block) / 100)
    return report.html()


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The CPU time of each tick, in seconds."""
    found: list[float] = []
    monkeypatch.setattr(progress, "tick", lambda: found.append(time.process_time()))
    return found


def test_a_large_report_tells_of_its_progress(ticks: list[float]) -> None:
    document = large(1.5)
    started = time.process_time()
    assert read_document(document, "u").fields["revenue"].value == 100_000_000
    moments = [started, *ticks, time.process_time()]
    assert max(later - earlier for earlier, later in itertools.pairwise(moments)) < 5.0
    assert len(ticks) > 20


@pytest.mark.parametrize("read", [read_facts, read_lines, lambda text: read_document(text, "u")])
def test_each_reader_tells(ticks: list[float], read: object) -> None:
    assert callable(read)
    read(large(1))
    assert len(ticks) >= 4


def test_a_broken_document_and_a_plain_text_tell_too(ticks: list[float]) -> None:
    markup.scan("<p>" * 10_000, lambda name, attributes: None, lambda name: None, lambda text: None)
    assert len(ticks) >= 4
    before = len(ticks)
    read_lines(f"{PROSE}\n" * 20_000)
    assert len(ticks) - before >= 4


def test_facts_of_many_tags_tell(ticks: list[float]) -> None:
    rows = [{"start": "2024-01-01", "end": "2024-12-31", "val": 1, "accn": "a", "form": "10-K", "fy": 2024, "fp": "FY"}]
    tags = {f"Tag{number}": {"units": {"USD": rows}} for number in range(50)}
    read_companyfacts({"cik": 1, "facts": {"us-gaap": tags}}, "u")
    assert len(ticks) >= 50


def test_a_reading_longer_than_the_deadline_is_not_ended_while_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is told by ticks here: each takes a twentieth of the deadline, all together many times of it."""
    clock = iter(range(10**9))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock) * 3.0)
    with progress.deadline(60):
        assert read_document(large(1.5), "u").fields["revenue"].value == 100_000_000
        assert next(clock) * 3.0 > 60


def test_a_reading_that_stands_still_is_ended() -> None:
    def stuck(name: str, attributes: dict[str, str]) -> None:
        time.sleep(5)

    with pytest.raises(ProgressStalled), progress.deadline(0.05):
        markup.scan("<p>", stuck, lambda name: None, lambda text: None)
