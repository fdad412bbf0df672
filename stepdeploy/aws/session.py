"""The one place that makes AWS clients and calls.

`Session.call(service, operation, **params)` is all that the rest of the tool sees of boto3. Clients are made when they
are first needed. Throttling and 5xx are retried by botocore (standard mode); "not yet" answers by `settling`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from stepdeploy.aws import settling
from stepdeploy.aws.errors import translate
from stepdeploy.errors import AwsError, StepdeployError

log = logging.getLogger("stepdeploy.aws")

READS = ("get_", "list_", "describe_", "head_", "filter_", "batch_get_", "query", "scan", "validate_", "simulate_")

NOT_TWICE = {"lambda": ("lambda.PublishLayerVersion",)}
"""Calls that do the same once more when they are made again (botocore's names of events). One whose answer was lost may
have taken effect, so it fails; the next plan finds what it made."""


@dataclass(frozen=True)
class Target:
    """Whom to call. endpoint: None = real AWS. profile: of ~/.aws, None = the default chain."""

    region: str
    profile: str | None = None
    endpoint: str | None = None


class Session:
    """Calls AWS and counts. writes: mutating calls made, by "service:operation"; reads: the others.

    read_only=True makes every mutating call raise, so that a dry run is the same planner with such a session.
    """

    def __init__(
        self,
        target: Target,
        *,
        read_only: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.target = target
        self.read_only = read_only
        self.reads: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self._sleep = sleep
        self._clock = clock
        self._clients: dict[str, Any] = {}
        self._boto: Any = None
        self._lock = threading.Lock()
        self._index: Future[dict[str, dict[str, str]]] | None = None

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One API call, with what it has to wait for before and after. Raises AwsError and its kin."""
        if is_read(operation):
            return self._once(service, operation, params)
        if self.read_only:
            raise StepdeployError(f"a read-only session was asked for {service}:{operation}")
        answer = settling.persevere(
            lambda: self._once(service, operation, params),
            lambda error: settling.is_not_yet(service, operation, error),
            sleep=self._sleep,
            clock=self._clock,
        )
        self._wait(service, operation, params, answer)
        return answer

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        """All items under `key` over all pages of a list operation."""
        paginator = self._client(service).get_paginator(operation)
        try:
            for page in paginator.paginate(**params):
                self._count(service, operation)
                yield from page.get(key) or ()
        except Exception as error:
            raise translate(error, _label(service, operation), _where(params)) from error

    def index_tags(self, tags: Mapping[str, str]) -> None:
        """Begin to list all resources that bear `tags`, with all their tags, for `tagged`: one call for a hundred of
        them (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html). It lists no
        IAM roles, and lags behind a change."""
        self._index = Future()
        threading.Thread(target=self._fill_index, args=(self._index, dict(tags)), name="tags", daemon=True).start()

    def _fill_index(self, index: Future[dict[str, dict[str, str]]], tags: Mapping[str, str]) -> None:
        filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
        found: dict[str, dict[str, str]] = {}
        try:
            pages = self.pages(
                "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters,
                ResourcesPerPage=100,
            )  # fmt: skip
            for item in pages:
                arn = item["ResourceARN"].removesuffix(":*")
                found[arn] = {tag["Key"]: tag["Value"] for tag in item["Tags"]}
        except StepdeployError as error:
            # Without the permission, or without an answer, each resource is asked for its own tags.
            log.debug("no index of tags: %s", error)
            found = {}
        index.set_result(found)

    def tagged(self, arn: str) -> Mapping[str, str] | None:
        """A resource's tags from the index, which may lag behind; None where it is not in there, or there is none."""
        return self._index.result().get(arn) if self._index else None

    def prepare(self, services: Sequence[str]) -> None:
        """Make clients that will be needed, one after another: botocore makes them more slowly side by side."""
        for service in services:
            self._client(service)

    def account(self) -> str:
        """The account id that the credentials belong to (sts:GetCallerIdentity)."""
        return str(self.call("sts", "get_caller_identity")["Account"])

    def _once(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        client = self._client(service)
        self._count(service, operation)
        started = self._clock()
        try:
            answer: dict[str, Any] = getattr(client, operation)(**params)
        except Exception as error:
            log.debug("%s failed after %.3f s: %s", _label(service, operation), self._clock() - started, error)
            raise translate(error, _label(service, operation), _where(params)) from error
        log.debug("%s %.3f s %s", _label(service, operation), self._clock() - started, _where(params))
        return answer

    def _wait(self, service: str, operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        deadline, pause = self._clock() + 300, 0.1
        while not settling.settled(self._read, service, operation, params, answer):
            if self._clock() > deadline:
                raise AwsError(f"{_label(service, operation)} did not take effect within 300 s", where=_where(params))
            self._sleep(pause)
            pause = min(pause * 1.6, 3.0)

    def _read(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self._once(service, operation, params)

    def _count(self, service: str, operation: str) -> None:
        counter = self.reads if is_read(operation) else self.writes
        with self._lock:
            counter[f"{service}:{operation}"] += 1

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    def _make_client(self, service: str) -> Any:
        from botocore.config import Config

        target = self.target
        try:
            if self._boto is None:
                self._boto = _embedded() if target.endpoint else _real(target)
            config = Config(
                retries={"mode": "standard", "total_max_attempts": 3 if target.endpoint else 8},
                inject_host_prefix=not target.endpoint,
                max_pool_connections=16,
                user_agent_extra="stepdeploy",
                connect_timeout=10,
                # None: those of the environment. A proxy cannot reach our own loopback address.
                proxies={} if target.endpoint else None,
            )
            client = self._boto.create_client(
                service, region_name=target.region, endpoint_url=target.endpoint, config=config
            )
        except Exception as error:
            raise translate(error, f"{service}:client", "") from error
        for event in NOT_TWICE.get(service, ()):
            client.meta.events.register(f"needs-retry.{event}", _give_up_where_the_answer_was_lost)
        return client


def _real(target: Target) -> Any:
    """boto3's own session underneath, botocore's: clients are all that is needed, and the rest of boto3 (resources,
    transfers) takes a tenth of a command's time to load."""
    from botocore.exceptions import ProfileNotFound
    from botocore.session import Session as Core

    core = Core()
    if target.profile is not None:
        core.set_config_variable("profile", target.profile)
        if target.profile not in core.available_profiles:
            raise ProfileNotFound(profile=target.profile)
    return core


def _embedded() -> Any:
    """The embedded AWS takes any credentials; the user's own are never sent to it, and no profile is read: AWS_PROFILE
    may name one that this machine does not have."""
    from botocore.session import Session as Core

    core = Core({"profile": (None, [], None, None)})
    core.set_credentials("local", "local")
    return core


def _give_up_where_the_answer_was_lost(caught_exception: Exception | None = None, **_: Any) -> None:
    """Asked by botocore before it tries again. Raises the error where the request may have been taken."""
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

    if isinstance(caught_exception, ConnectionClosedError | ReadTimeoutError):
        raise caught_exception


def is_read(operation: str) -> bool:
    """Whether an operation changes nothing."""
    return operation.startswith(READS)


def _label(service: str, operation: str) -> str:
    return f"{service}:{''.join(part.capitalize() for part in operation.split('_'))}"


_NAMES = (
    "FunctionName", "LayerName", "stateMachineArn", "stateMachineAliasArn", "executionArn", "name", "RoleName",
    "logGroupName", "TableName", "Bucket", "TopicArn", "Name", "QueueName", "QueueUrl", "AlarmName",
)  # fmt: skip


def _where(params: Mapping[str, Any]) -> str:
    return next((str(params[name]) for name in _NAMES if name in params), "")
