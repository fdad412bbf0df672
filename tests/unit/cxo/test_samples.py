"""The sample sites that come along: every one must reach the completeness that the pipeline asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cxo_extraction import extract

SAMPLES = Path(__file__).parents[3] / "samples"
EXPECTED = {
    "www.apple.com": {"CEO": ["Tim Cook"], "CFO": ["Kevan Parekh"], "CTO": [], "COO": ["Jeff Williams"]},
    "www.nvidia.com": {"CEO": ["Jensen Huang"], "CFO": ["Colette Kress"], "CTO": ["Michael Kagan"], "COO": []},
    "www.tesla.com": {"CEO": ["Elon Musk"], "CFO": ["Vaibhav Taneja"], "CTO": [], "COO": []},
}
NAMES = {"www.apple.com": "Apple Inc.", "www.nvidia.com": "NVIDIA Corporation", "www.tesla.com": "Tesla, Inc."}
PEOPLE = {"www.apple.com": (10, 8), "www.nvidia.com": (7, 0), "www.tesla.com": (3, 8)}


@pytest.mark.parametrize("host", EXPECTED)
def test_a_sample_site(host: str, site: Callable[[dict[str, Any]], Any]) -> None:
    pages: dict[str, Any] = {}
    for path in (SAMPLES / host).rglob("*"):
        if path.is_file():
            relative = path.relative_to(SAMPLES / host).as_posix().removesuffix("index.html")
            pages[f"https://{host}/{relative}"] = path.read_text(encoding="utf-8")
    document = extract({"company_name": NAMES[host], "website_url": f"https://{host}"}, site(pages))
    assert document.roles == EXPECTED[host]
    assert document.completeness() >= 95
    assert (len(document.of("executive")), len(document.of("board"))) == PEOPLE[host]
    assert document.of("other") == []
