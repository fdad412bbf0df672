"""Biographies of a heavy site, read by several workers side by side: each reads one of the extraction's `bio_batches`.

What a worker found is the execution's partial object `cxo-bios-<index>` (common/partial.py), for the merger to join
with the extraction by name:

    {"bios": [{"name": "Jane Doe", "bio": "Jane Doe has led …", "url": "https://…/leadership/jane-doe"}, …]}

`name` is exactly the name of an executive in the extraction; people without a biography on their page are left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from common import progress
from common.errors import InvalidInput
from common.fetch import Fetcher
from common.handler import success
from common.jobs import Job
from common.partial import load_partial, save_partial
from cxo_extraction.extract import open_site
from cxo_extraction.lines import PageLines, read_lines
from cxo_extraction.profiles import BATCH, Profiles, biography

MAX_INDEX = 999


class Batch(NamedTuple):
    """The addresses of one worker, and the number of its batch."""

    urls: list[str]
    number: int


def batch_of(event: dict[str, Any]) -> Batch:
    """The batch of an event. Raises InvalidInput."""
    urls, index = event.get("urls"), event.get("index")
    if not isinstance(urls, list) or not 1 <= len(urls) <= BATCH or not all(isinstance(url, str) for url in urls):
        raise InvalidInput(f"urls must be 1 to {BATCH} addresses")
    # Step Functions may hand a whole number on as 3.0.
    if isinstance(index, bool) or not isinstance(index, (int, float)) or not 0 <= index <= MAX_INDEX or index % 1:
        raise InvalidInput(f"index must be a whole number from 0 to {MAX_INDEX}")
    return Batch(urls, int(index))


def read_batch(job: Job, batch: Batch, fetcher: Fetcher, seconds: float) -> dict[str, Any]:
    """Read the pages of one batch within `seconds`, save the biographies on them, and say how many there are.

    A page that cannot be read is left out and named in `skipped`. Raises its error when that is true of all pages;
    InvalidInput when this execution has no extraction; StorageError, ConfigurationError.
    """
    started = time.monotonic()
    names = _executives(job)
    site = open_site(str(job.request.get("website_url")), fetcher, budget=len(batch.urls), deadline=seconds)
    bios = []
    try:
        for url in batch.urls:
            page = site.html(url)
            found = _biography(names, url, read_lines(page.text)) if page is not None else None
            if found is not None:
                bios.append(found)
            progress.tick()
    finally:
        fetcher.close()
    if site.failures and not bios:
        raise site.failures[0]
    save_partial(f"cxo-bios-{batch.number}", job.company_id, job.execution_id, {"bios": bios})
    return success(
        company_id=job.company_id,
        index=batch.number,
        bios=len(bios),
        skipped=site.skipped,
        api_calls={"website": site.calls},
        durations_ms={"bios": round((time.monotonic() - started) * 1000)},
    )


def _executives(job: Job) -> list[str]:
    """The names of the executives that this execution's extraction found. Raises InvalidInput."""
    document = load_partial("cxo", job.company_id, job.execution_id)
    people = document.get("executives") if document else None
    if not isinstance(people, list):
        raise InvalidInput(f"{job.execution_id} has no extraction of {job.company_id}")
    return [str(person["name"]) for person in people if isinstance(person, dict) and person.get("name")]


def _biography(names: Iterable[str], url: str, page: PageLines) -> dict[str, str] | None:
    """The biography on a page, of whom its address names."""
    profiles = Profiles.of_addresses([url])
    name = next((name for name in names if profiles.link(name)), None)
    bio = biography(name, page) if name else ""
    return {"name": name, "bio": bio, "url": url} if name and bio else None
