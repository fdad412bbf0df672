"""The pure judgements of doctor: what is found, what is said, what is to be done."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from stepdeploy.doctor import clock, concurrency, logs_room, own_table, quotas, role_policies, runtimes
from stepdeploy.doctor.model import Check
from stepdeploy.errors import AccessDenied
from stepdeploy.ledger.reading import Ledger, Lock
from tests.conftest import ROOT
from tests.unit.fake_aws import GONE, FakeAws

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def verdict(check: Check | None) -> str:
    assert check is not None
    assert check.verdict == "ok" or check.todo
    return check.verdict


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "ok"), (-29, "ok"), (31, "warning"), (-31, "warning"), (299, "warning"), (300, "problem"), (-9000, "problem")],
)
def test_clock(seconds: float, expected: str) -> None:
    answer = {"ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(NOW, usegmt=True)}}}
    found = clock.check(answer, NOW + timedelta(seconds=seconds))
    assert found.verdict == expected
    if expected != "ok":
        assert f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'}" in found.found
        assert "NTP" in found.todo


def test_an_answer_without_a_date_tells_nothing_of_the_clock() -> None:
    assert clock.check({}, NOW).verdict == "not checked"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("SignatureDoesNotMatch: Signature expired: 20261123T115000Z is now earlier than 20261123T115500Z", True),
        ("InvalidSignatureException: Signature not yet current: 20261123T121000Z is still later than ...", True),
        ("InvalidClientTokenId: The security token included in the request is invalid", False),
    ],
)
def test_a_refusal_because_of_the_time_is_told_from_others(message: str, expected: bool) -> None:
    found = clock.from_refusal(message)
    assert (found is not None and found.verdict == "problem") == expected


@pytest.mark.parametrize(
    ("runtime", "today", "expected", "text"),
    [
        ("python3.13", date(2026, 11, 23), "ok", "until 2029-06-30"),
        ("python3.11", date(2026, 11, 23), "ok", "until 2027-06-30"),
        ("python3.11", date(2027, 1, 10), "warning", "ends on 2027-06-30"),
        ("python3.10", date(2026, 11, 23), "warning", "makes no new function from 2026-11-30 on"),
        ("python3.10", date(2026, 11, 30), "problem", "makes no new function of python3.10"),
        ("python3.10", date(2027, 1, 15), "problem", "takes no update of python3.10"),
        ("python3.9", date(2026, 11, 23), "problem", "does not support python3.9"),
        ("python3.99", date(2026, 11, 23), "not checked", "python3.99"),
    ],
)
def test_runtime(runtime: str, today: date, expected: str, text: str) -> None:
    found = runtimes.judge(runtime, today)
    assert verdict(found) == expected and text in found.found


def test_the_dates_of_every_runtime_that_a_project_may_choose_are_known() -> None:
    schema = json.loads((ROOT / "stepdeploy" / "schemas" / "project.schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]["lambda"]["properties"]["runtime"]["enum"]) <= set(runtimes.RUNTIMES)


@pytest.mark.parametrize(
    ("limit", "unreserved", "wanted", "now", "expected", "text"),
    [
        (1000, 1000, {"a": None}, {}, "ok", "1000 unreserved after a deploy"),
        (1000, 1000, {"a": 500, "b": 400}, {}, "ok", "100 unreserved"),
        (1000, 1000, {"a": 500, "b": 401}, {}, "problem", "which leaves 99"),
        (1000, 150, {"a": 100}, {"a": 100}, "ok", "150 unreserved"),
        (1000, 150, {"a": 151}, {"a": 100}, "problem", "which leaves 99"),
        (1000, 120, {"a": None}, {"a": 30}, "ok", "150 unreserved"),
        (10, 10, {"a": None}, {}, "warning", "10 concurrent executions; 1000 are usual"),
        (10, 10, {"a": 1}, {}, "problem", "which leaves 9"),
    ],
)
def test_concurrency(
    limit: int, unreserved: int, wanted: dict[str, int | None], now: dict[str, int], expected: str, text: str
) -> None:
    found = concurrency.judge(limit, unreserved, wanted, now)
    assert verdict(found) == expected and text in found.found


def test_what_can_be_reserved_is_said() -> None:
    assert "Reserve 900 at most" in concurrency.judge(1000, 1000, {"a": 950}, {}).todo
    assert "Reserve 0 at most" in concurrency.judge(10, 10, {"a": 5}, {}).todo


def test_what_functions_reserve_now_is_read_of_those_that_exist() -> None:
    def get_function(FunctionName: str) -> Any:
        return GONE if FunctionName == "new" else {"Concurrency": {"ReservedConcurrentExecutions": 7}}

    assert concurrency.reserved(FakeAws({"lambda:get_function": get_function}), ["new", "old"]) == {"old": 7}


@pytest.mark.parametrize(("count", "expected"), [(0, "ok"), (799, "ok"), (800, "warning"), (1000, "problem")])
def test_versions(count: int, expected: str) -> None:
    found = quotas.versions("M", count)
    assert verdict(found) == expected and f"{count} of 1000" in found.found


@pytest.mark.parametrize(("count", "expected"), [(79, "ok"), (80, "warning"), (100, "problem")])
def test_aliases(count: int, expected: str) -> None:
    assert verdict(quotas.aliases("M", count)) == expected


@pytest.mark.parametrize(("used", "expected"), [(1, "ok"), (60, "warning"), (74, "problem")])
def test_storage_by_the_limit_that_aws_names(used: int, expected: str) -> None:
    settings = {"AccountLimit": {"TotalCodeSize": 75 * 1024**3}, "AccountUsage": {"TotalCodeSize": used * 1024**3}}
    found = quotas.storage(settings)
    assert verdict(found) == expected and f"{used}.0 GB of 75.0 GB" in found.found


VENDED = ["/aws/vendedlogs/states/M"]
OWN = ["/states/M"]
DELIVERY = "AWSLogDeliveryWrite20150319"
FULL = [(f"p{n}", 100) for n in range(10)]


@pytest.mark.parametrize(
    ("policies", "groups", "expected"),
    [
        ([], VENDED, "ok"),
        (FULL, [], "ok"),
        (FULL, VENDED, "problem"),
        ([*FULL[:9], (DELIVERY, 5100)], VENDED, "ok"),
        (FULL[:9], VENDED, "warning"),
        ([(DELIVERY, 5100)], OWN, "problem"),
        ([(DELIVERY, 1000)], OWN, "ok"),
    ],
    ids=[
        "no policy yet", "nobody logs", "full", "full, but the one that is needed is there", "one left",
        "no room for a group's entry", "room for a group's entry",
    ],
)  # fmt: skip
def test_logs_room(policies: list[tuple[str, int]], groups: list[str], expected: str) -> None:
    assert verdict(logs_room.judge(policies, groups)) == expected


def test_logs_policies_are_read_from_all_pages() -> None:
    pages = [{"resourcePolicies": [{"policyName": f"p{n}", "policyDocument": "{}"}] * 5} for n in range(2)]
    assert logs_room.check(FakeAws({"logs:describe_resource_policies": pages}), VENDED).verdict == "problem"


def test_role_policies() -> None:
    small = {"Statement": [{"Action": "s3:GetObject", "Resource": "*"}]}
    large = {"Statement": [{"Action": "s3:GetObject", "Resource": "x" * 10_300}]}
    assert role_policies.judge({}).verdict == "ok"
    assert role_policies.judge({"A": small}).verdict == "ok"
    assert verdict(role_policies.judge({"A": small, "B": large})) == "problem"
    assert "of B," in role_policies.judge({"A": small, "B": large}).found


def held(expires: float) -> Lock:
    return Lock("ada@host (process 7)", "host", 7, 1000.0, expires, 3, "token")


@pytest.mark.parametrize(
    ("ledger", "expected", "text"),
    [
        (Ledger(), "ok", "the first deploy makes T"),
        (Ledger({"function:f": "F"}), "ok", "T lists 1 resources"),
        (Ledger({"function:f": "F"}, notes=("what was applied cannot be read",)), "warning", "cannot be read"),
        (Ledger({"function:f": "F"}, intended={}), "warning", "a deploy was interrupted"),
        (Ledger({"function:f": "F"}, intended={}, lock=held(2000.0)), "ok", "ada@host (process 7) is deploying since"),
        (Ledger({"function:f": "F"}, lock=held(1400.0)), "warning", "ada@host (process 7) left the deploy lock"),
    ],
)
def test_own_table(ledger: Ledger, expected: str, text: str) -> None:
    found = own_table.judge(ledger, "T", now=1500.0)
    assert verdict(found) == expected and text in found.found


def test_a_table_that_may_not_be_read_is_a_problem() -> None:
    fake = FakeAws({"dynamodb:query": AccessDenied("dynamodb:Query: AccessDeniedException: no")})
    assert verdict(own_table.check(fake, "T", 0.0)) == "problem"
