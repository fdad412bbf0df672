"""Where a company's leadership page may be, by one web search restricted to the company's own site."""

from __future__ import annotations

from urllib.parse import urlsplit

from common import serper
from common.api_use import Usage, guarded
from common.errors import InvalidInput, LeadershipPageNotFound
from common.jobs import Job
from cxo_extraction.links import normal_url, registrable, same_site

MAX_HITS = 10
# Pages that are tried, best first.
MAX_STARTS = 3


def leadership_pages(job: Job, usage: Usage) -> list[str]:
    """The best hits on the company's site. They are addresses from outside: the fetcher checks each before it reads.

    usage: the search is added to it. Raises LeadershipPageNotFound when no hit is on the site, InvalidInput,
    ServiceUnavailable, UpstreamThrottled, UpstreamBlocked, UpstreamUnavailable, UnexpectedContent, ConfigurationError.
    """
    site = normal_url(str(job.request.get("website_url") or "").strip(), "")
    if not site:
        raise InvalidInput("website_url must be an http(s) address")
    query = f"site:{registrable(urlsplit(site).hostname or '')} {job.request['company_name']} leadership executive team"
    with guarded("serper", job.execution_id):
        usage.serper += 1
        hits = serper.search(query[:300], count=MAX_HITS)
    found = dict.fromkeys(url for hit in hits if (url := normal_url(site, hit.link)) and same_site(site, url))
    if not found:
        raise LeadershipPageNotFound(f"neither the links of {site} nor a search lead to a page that lists leaders")
    return list(found)[:MAX_STARTS]
