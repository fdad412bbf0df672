"""Smoke gate and gradual releases on the embedded AWS: real executions, their metrics and alarms decide. Tests run in
order; each gradual deploy is a process of its own, as on a build server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from stepdeploy.app import App
from stepdeploy.shift.evidence import count_metrics
from tests.conftest import ROOT, Tool

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Greeting-local"
ALIAS = f"{MACHINE}:live"
ADA, BOB = '{"name": "Ada"}', '{"name": "Bob"}'
BROKEN = "    if event['name'] == 'Bob':\n        raise RuntimeError('no Bob here')\n"
ALARM = {
    "name": "GreetingFailed", "namespace": "AWS/States", "metric": "ExecutionsFailed", "period_seconds": 10,
    "dimensions": {"StateMachineArn": "${state_machine:greeting.arn}", "Alias": "live"}, "threshold": 1,
    "evaluation_periods": 1, "comparison": "GreaterThanOrEqualToThreshold",
}  # fmt: skip


@pytest.fixture(scope="module")
def greeter(make_tool: Callable[[Path], Tool]) -> Tool:
    tool = make_tool(ROOT / "tests" / "projects" / "greeter")
    project(tool, lambda raw: raw.update(alarms={"failed": ALARM}))
    release(tool, min_executions=2, max_failure_percent=40)
    return tool


def project(tool: Tool, change: Callable[[Any], Any]) -> None:
    path = tool.project / "definitions" / "project.json"
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))


def release(tool: Tool, **settings: Any) -> None:
    project(tool, lambda raw: raw["state_machines"]["greeting"].update(release=settings))


def handler(tool: Tool, text: str, *, broken: bool = False) -> None:
    """A new version of the function: what it says, and whether it fails for Bob."""
    path = tool.project / "lambdas" / "greet" / "handler.py"
    path.write_text(
        f"def lambda_handler(event, context):\n{BROKEN if broken else ''}    return {{'text': '{text} ' + event['name']}}\n"
    )


@pytest.fixture(scope="module")
def client(greeter: Tool) -> Callable[[str], Any]:
    def make(service: str) -> Any:
        return boto3.client(
            service, endpoint_url=greeter.json("local", "up")["endpoint"], region_name="eu-west-1",
            aws_access_key_id="x", aws_secret_access_key="y", config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip

    return make


@pytest.fixture(scope="module")
def states(client: Callable[[str], Any]) -> Any:
    return client("stepfunctions")


@contextmanager
def deploying(tool: Tool, strategy: str) -> Iterator[subprocess.Popen[str]]:
    """`deploy --strategy` as a process of its own; ended if it is still there."""
    command = [sys.executable, str(ROOT / "deploy_stepfunction.py"), "--project", str(tool.project)]
    process = subprocess.Popen(
        [*command, "deploy", "--yes", "--strategy", strategy], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code, and all that it said."""
    out, err = process.communicate(timeout=30)
    return process.returncode, out + err


def routes(states: Any) -> dict[int, int]:
    found = states.describe_state_machine_alias(stateMachineAliasArn=ALIAS)["routingConfiguration"]
    return {int(item["stateMachineVersionArn"].rsplit(":", 1)[1]): item["weight"] for item in found}


def eventually(look: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return found


@cache
def app_of(project: Path) -> App:
    """One for all looks: its clients are made once."""
    return App(project=project)


def shifting(tool: Tool) -> dict[str, Any]:
    """What is under way, {} where nothing is."""
    shift = app_of(tool.project).shifts.status(None)[0]["shift"]
    return shift if shift and shift["outcome"] is None and shift["since"] else {}


def traffic(states: Any, text: str, process: subprocess.Popen[str]) -> None:
    """Start executions through the alias until the process has ended."""
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        states.start_execution(stateMachineArn=ALIAS, input=text)
        time.sleep(0.04)


def newest_record(tool: Tool) -> dict[str, Any]:
    return App(project=tool.project).releases.history("greeting")[0]


# -- smoke gate ------------------------------------------------------------------------------------------------------


def test_a_first_deploy_passes_the_strategy_over_and_runs_the_smoke_cases(greeter: Tool, states: Any) -> None:
    ran = greeter.ok("deploy", "--yes", "--strategy", "canary:50%/2s")
    assert "is new: there is nothing to shift from, so canary:50%/2s is passed over" in ran.out
    assert "smoke case 'greets by name' on version 1 of Greeting-local: passed" in ran.out
    assert routes(states) == {1: 100}
    found = states.list_executions(stateMachineArn=f"{MACHINE}:1")["executions"]
    assert found and all(item["name"].startswith("smoke-") for item in found)


def test_a_version_that_fails_its_smoke_cases_is_not_served(greeter: Tool, states: Any) -> None:
    handler(greeter, "Hallo")
    path = greeter.project / "lambdas" / "greet" / "handler.py"
    path.write_text(path.read_text().replace("return", "raise RuntimeError('broken') #"))
    ran = greeter("deploy", "--yes")
    assert ran.code == 5
    assert "version 2 of Greeting-local failed 1 of 2 smoke cases" in ran.err
    assert (
        "greets by name: status: expected SUCCEEDED, was FAILED: NobodyThere" in ran.err and "(state Nobody)" in ran.err
    )
    assert "execution:Greeting-local:smoke-greets-by-name-" in ran.err and "The alias was not moved" in ran.err
    assert routes(states) == {1: 100}
    again = greeter("smoke", "--version", "2")
    assert again.code == 1 and "✗ greets by name" in again.out and "✓ nobody to greet" in again.out
    assert greeter("deploy", "--yes").code == 5, "a second try runs them again, and publishes nothing"
    assert [row["version"] for row in greeter.json("versions")] == [2, 1]


# -- gradual ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["canary:50%", "canry:50%/2s", "linear:200%/2s"])
def test_a_strategy_that_is_none_is_refused_at_once(greeter: Tool, strategy: str) -> None:
    ran = greeter("deploy", "--yes", "--strategy", strategy)
    assert ran.code == 2 and strategy in ran.err


def test_an_alarm_that_does_not_exist_is_an_error_before_anything_moves(greeter: Tool, states: Any) -> None:
    handler(greeter, "Hi")
    release(greeter, alarms=["failed", {"name": "Misspelt"}])
    ran = greeter("deploy", "--yes", "--strategy", "canary:50%/2s")
    assert ran.code == 2 and "there is no alarm Misspelt" in ran.err and "Nothing has moved" in ran.err
    assert [row["version"] for row in greeter.json("versions")] == [2, 1], "nothing was published"
    release(greeter, min_executions=2, max_failure_percent=40)


def test_a_canary_waits_for_executions_and_then_gets_all_weight(greeter: Tool, states: Any) -> None:
    handler(greeter, "Hi")
    with deploying(greeter, "canary:50%/1s") as process:
        waits = eventually(lambda: (found := shifting(greeter)) and found["next_at"] < time.time() and found)
        assert waits["verdict"] == "wait" and waits["reasons"] == ["0 of 2 executions have ended in this step"]
        assert waits["driver_alive"] and routes(states) == {3: 50, 1: 50}
        refused = greeter("deploy", "--yes")
        assert refused.code == 1 and "a gradual release of version 3" in refused.err
        traffic(states, ADA, process)
        code, said = end(process)
    assert code == 0, said
    assert "version 3 has 50 % (step 1 of 2)" in said and "waits: 0 of 2 executions have ended" in said
    assert routes(states) == {3: 100} and newest_record(greeter)["how"] == "canary"
    shown = greeter.ok("release", "status").out
    assert "nothing under way" in shown and "canary:50%/1s to version 3, served" in shown


def test_the_metrics_of_the_version_count_its_real_executions(greeter: Tool) -> None:
    app = App(project=greeter.project)
    listed = list(app.aws.pages("stepfunctions", "list_executions", "executions", stateMachineArn=f"{MACHINE}:3"))
    failed = sum(item["status"] != "SUCCEEDED" for item in listed)
    start = time.time() - 300
    start -= start % 60

    def measured() -> Any:
        found = count_metrics(app.aws, MACHINE, 3, start, time.time())
        return found if found and found.ended == len(listed) else None

    found = eventually(measured)
    assert (found.started, found.failed) == (len(listed), failed)


def test_an_alarm_moves_all_weight_back_and_refuses_the_next_one(greeter: Tool, states: Any, client: Any) -> None:
    """An alarm of the project on real executions' metrics; the failures do not count by themselves here. It looks at what
    came through the alias, so the smoke case that is expected to fail does not set it off."""
    handler(greeter, "Hej", broken=True)
    release(greeter, alarms=["failed"], min_executions=2, max_failure_percent=100)
    cloudwatch = client("cloudwatch")

    def state() -> str:
        return str(cloudwatch.describe_alarms(AlarmNames=["GreetingFailed-local"])["MetricAlarms"][0]["StateValue"])

    with deploying(greeter, "canary:50%/60s") as process:
        eventually(lambda: shifting(greeter))
        assert state() == "OK"
        traffic(states, BOB, process)
        code, said = end(process)
    assert code == 5 and "the alarm GreetingFailed-local is in ALARM: Threshold Crossed" in said
    assert routes(states) == {3: 100} and state() == "ALARM"
    ran = greeter("deploy", "--yes", "--strategy", "canary:50%/60s")
    assert ran.code == 2 and "the alarm GreetingFailed-local is in ALARM already" in ran.err
    release(greeter, min_executions=2, max_failure_percent=40)


def test_failing_executions_move_all_weight_back(greeter: Tool, states: Any) -> None:
    before = states.describe_state_machine_alias(stateMachineAliasArn=ALIAS)["description"]
    with deploying(greeter, "linear:50%/5s") as process:
        eventually(lambda: shifting(greeter))
        traffic(states, BOB, process)
        code, said = end(process)
    assert code == 5
    assert "version 4 went back, the alias serves 3 again" in said and "executions that ended failed" in said
    assert routes(states) == {3: 100}
    assert states.describe_state_machine_alias(stateMachineAliasArn=ALIAS)["description"] == before
    record = newest_record(greeter)
    assert record["routes"] == {f"{MACHINE}:3": 100} and record["outcome"].startswith("went back: ")


def test_abort_from_another_process(greeter: Tool, states: Any) -> None:
    handler(greeter, "Ahoj")
    with deploying(greeter, "canary:50%/1h") as process:
        assert eventually(lambda: shifting(greeter))["driver_alive"]
        resumed = greeter("release", "resume")
        assert resumed.code == 1 and f"process {process.pid} on" in resumed.err and "drives this" in resumed.err
        ran = greeter.ok("release", "abort")
        assert "greeting: the alias serves 3  went back: aborted by" in ran.out
        code, said = end(process)
    assert code == 5 and "went back, the alias serves 3 again: aborted by" in said
    assert routes(states) == {3: 100} and newest_record(greeter)["how"] == "abort"
    over = greeter("release", "abort")
    assert over.code == 2 and "no gradual release is under way; the last one has ended: went back" in over.err


def test_ctrl_c_leaves_the_weights_and_says_how_to_go_on(greeter: Tool, states: Any) -> None:
    with deploying(greeter, "canary:50%/1h") as process:
        eventually(lambda: shifting(greeter))
        process.send_signal(signal.SIGINT)
        code, said = end(process)
    assert code == 5 and "the alias stays at" in said and "`release resume` goes on with it" in said
    assert sorted(routes(states).values()) == [50, 50]
    assert "nobody drives it" in greeter.ok("release", "status").out
    greeter.ok("release", "abort")
    assert routes(states) == {3: 100}


def test_a_killed_deploy_is_resumed_and_finishes(greeter: Tool, states: Any) -> None:
    with deploying(greeter, "canary:50%/2s") as process:
        number = eventually(lambda: shifting(greeter))["to"]
        process.send_signal(signal.SIGKILL)
        end(process)
    assert not shifting(greeter)["driver_alive"] and routes(states) == {number: 50, 3: 50}
    assert "is gone or silent" in greeter.ok("release", "status").out
    refused = greeter("deploy", "--yes")
    assert refused.code == 1 and "release resume" in refused.err
    for _ in range(24):
        states.start_execution(stateMachineArn=ALIAS, input=ADA)
    ran = greeter.ok("release", "resume")
    assert f"the alias serves {number}  served" in ran.out
    assert routes(states) == {number: 100} and newest_record(greeter)["outcome"] == "served"
    greeter.ok("deploy", "--yes")
    assert greeter("plan", "--detailed-exitcode").code == 0


# -- splits ----------------------------------------------------------------------------------------------------------


def test_a_split_holds_its_weights_and_both_versions_run(greeter: Tool, states: Any) -> None:
    now = max(routes(states))
    ran = greeter.ok("release", "split", f"{now}:50", "3:50")
    assert "holds until told otherwise" in ran.out
    started = [states.start_execution(stateMachineArn=ALIAS, input=ADA)["executionArn"] for _ in range(60)]
    versions = Counter(states.describe_execution(executionArn=arn)["stateMachineVersionArn"] for arn in started)
    assert min(versions[f"{MACHINE}:{number}"] for number in (now, 3)) >= 12, "60 throws of a fair coin"
    shown = greeter.json("release", "status")[0]
    assert [(row["version"], row["weight"]) for row in shown["versions"]] == [(3, 50), (now, 50)]
    assert sum(row["started"] for row in shown["versions"]) == 60
    resumed = greeter("release", "resume")
    assert resumed.code == 2 and "split on purpose" in resumed.err


def test_a_deploy_refuses_a_split_alias_unless_told(greeter: Tool, states: Any) -> None:
    handler(greeter, "Salve")
    before = routes(states)
    ran = greeter("deploy", "--yes")
    assert ran.code == 1 and "the alias of greeting is split: it serves" in ran.err and "--end-split" in ran.err
    assert routes(states) == before
    greeter.ok("deploy", "--yes", "--end-split")
    assert list(routes(states).values()) == [100] and not shifting(greeter)


@pytest.mark.parametrize(
    ("split", "why"),
    [
        (("3:50",), "the weights make 50"),
        (("3:50", "99:50"), "version 99 does not exist"),
        (("x:50",), "is not VERSION"),
    ],
)
def test_splits_that_cannot_be(greeter: Tool, states: Any, split: tuple[str, ...], why: str) -> None:
    before = routes(states)
    ran = greeter("release", "split", *split)
    assert ran.code == 2 and why in ran.err and routes(states) == before


def test_a_rollback_ends_a_split(greeter: Tool, states: Any) -> None:
    now = max(routes(states))
    greeter.ok("release", "split", f"{now}:50", "3:50")
    greeter.ok("rollback", "--to", "3", "--yes")
    assert routes(states) == {3: 100} and not shifting(greeter)
    ended = greeter.json("release", "status")[0]["shift"]
    assert ended["kind"] == "split" and ended["outcome"] == "ended by a rollback"
