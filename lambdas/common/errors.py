"""Errors of the pipeline's Lambdas. A class name is the error name that the state machine sees (and catches)."""

from __future__ import annotations


class PipelineError(Exception):
    """Base. The message says what happened and where; it never holds a key or a token."""


class InvalidInput(PipelineError):
    """The request cannot be used: empty or over-long name, website not http(s), malformed symbol."""


class UnsafeUrl(PipelineError):
    """A URL leads, or redirects, or resolves, to an address that must not be reached."""


class CompanyNotFound(PipelineError):
    """EDGAR knows no company of that name or symbol."""


class AmbiguousCompany(PipelineError):
    """Several companies fit the name; the message lists them."""


class NoAnnualReport(PipelineError):
    """The company files no 10-K (foreign issuer, person, shell)."""


class PageNotFound(PipelineError):
    """Nothing is at an address (404, 410, S3's 403 for a missing key). A caller turns it into an error of its own."""


class LeadershipPageNotFound(PipelineError):
    """No page of the site looks like a leadership page."""


class SearchNeeded(PipelineError):
    """No link of the site leads to a leadership page, and a search (Serper is configured) may find one."""


class DocumentTooLarge(PipelineError):
    """A document is over the size limit, packed or unpacked."""


class UnexpectedContent(PipelineError):
    """The content type or the content is not what the address should give."""


class UpstreamThrottled(PipelineError):
    """The other side asked to slow down (429, or EDGAR's request-rate page).

    retry_after: the seconds that it asks us to wait; None where it does not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UpstreamUnavailable(PipelineError):
    """No answer, a timeout, or a 5xx."""


class UpstreamBlocked(PipelineError):
    """The other side refuses us (403, undeclared automated tool)."""


class InsufficientDataQuality(PipelineError):
    """The quality score is too low; the message names the fields in doubt."""


class DatabaseError(PipelineError):
    """DynamoDB refused or failed."""


class StorageError(PipelineError):
    """S3 refused or failed."""


class ConfigurationError(PipelineError):
    """A setting or a secret is missing or unusable."""


class ServiceUnavailable(PipelineError):
    """An API that is needed is not called now: its circuit breaker is open."""


class ApiBudgetExhausted(PipelineError):
    """The next free call of an API is further away than an execution may wait."""


class ProgressStalled(PipelineError):
    """An extraction made no progress for as long as it may; it was ended from inside."""
