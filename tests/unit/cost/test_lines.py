"""What log lines tell of executions, and how much a machine logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy.cost.lines import OVERHEAD, Told, machine_bytes, pattern, tell
from tests.unit.cost.histories import History, request_id

ONE, TWO = (
    "arn:aws:states:us-east-1:123456789012:execution:P:one",
    "arn:aws:states:us-east-1:123456789012:execution:P:two",
)


def line(arn: str, number: int, **more: Any) -> str:
    return json.dumps({"execution_id": arn, "request_id": request_id(number), **more})


def test_requests_and_bytes_by_the_execution_that_the_lines_name() -> None:
    mine = [line(ONE, 1), line(ONE, 1, message="é"), line(ONE, 2)]
    others = [line("arn:else", 3), "no JSON", '["execution_id"]', json.dumps({"execution_id": ONE}), "[" * 100_000]
    found = tell([*mine, *others, line(TWO, 4)], [ONE, TWO])
    assert set(found) == {ONE, TWO}
    assert found[ONE].requests == {request_id(1), request_id(2)}
    assert found[ONE].bytes == sum(len(text.encode()) + OVERHEAD for text in mine)


def test_what_an_invocation_asked_of_aws_is_summed() -> None:
    used = [{"dynamodb_write_units": 2.0, "s3_writes": 1}, {"dynamodb_write_units": 1.5}, {}]
    texts = [line(ONE, number, aws_use=item) for number, item in enumerate(used)]
    told = tell([*texts, line(ONE, 9)], [ONE])[ONE]
    assert told.used == {"dynamodb_write_units": 3.5, "s3_writes": 1}
    assert (len(told.requests), len(told.counted)) == (4, 3)


@pytest.mark.parametrize("used", [7, "x", [1], {"s3_reads": "1"}, {"s3_reads": -1}, {"s3_reads": True}, None])
def test_counters_of_another_form_count_nothing(used: Any) -> None:
    assert not tell([line(ONE, 1, aws_use=used)], [ONE])[ONE].used


def test_functions_are_added_up() -> None:
    told = Told()
    for number in (1, 2):
        told.add(tell([line(ONE, number, aws_use={"s3_reads": 2})], [ONE])[ONE])
    assert (told.requests, told.used["s3_reads"]) == ({request_id(1), request_id(2)}, 4)


def test_the_filter_of_one_execution_is_its_arn() -> None:
    assert pattern([ONE]) == json.dumps(ONE)
    assert pattern([ONE, TWO]) == '"execution_id"'


def test_a_machine_logs_what_its_level_says() -> None:
    history = History()
    history.enter("Task", "Merge", input="x" * 1000)
    history.invoke()
    history.raised(1)
    history.add("ExecutionFailed", error="Broken", cause="y" * 500)

    def size(level: str, data: bool = True) -> int:
        return machine_bytes(history.events, {"level": level, "includeExecutionData": data}, ONE)

    assert (
        size("ALL") > size("ERROR") > size("FATAL") > 500 > size("OFF") == machine_bytes(history.events, {}, ONE) == 0
    )
    assert size("ALL") - size("ALL", data=False) > 1500
