"""Batches and the queue on the embedded AWS: the samples' companies, and made-up ones that fail."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import ROOT, Tool

GOOD = [
    "Apple Inc,https://www.apple.com,AAPL",
    "NVIDIA,https://www.nvidia.com,NVDA",
    "Tesla,https://www.tesla.com,TSLA",
]
BAD = {
    "nobody-knows-ltd": ("Nobody Knows Ltd,https://www.tesla.com,", "CompanyNotFound"),
    "void-one": ("Void One,https://www.void-one.example,VOIDA", "CompanyNotFound"),
    "void-two": ("Void Two,https://www.void-two.example,VOIDB", "LeadershipPageNotFound"),
    "inside-job": ("Inside Job,http://169.254.169.254/latest/,TSLA", "UnsafeUrl"),
    "loopback": ("Loopback,http://127.0.0.1/,AAPL", "UnsafeUrl"),
    "local-name": ("Local Name,http://localhost:8080/,AAPL", "UnsafeUrl"),
    "hyperlink-http-evil-example-x": ('"=HYPERLINK(""http://evil.example"",""x"")",https://www.tesla.com,', "NotFound"),
}
HEADER = "company_name,website_url,stock_symbol\n"
# The dispatcher of this test dies once, after it has started the execution and before its message is deleted.
DYING = """

_start_for_good = _start


def _start(machine, body):
    import pathlib, signal

    _start_for_good(machine, body)
    marker = pathlib.Path({marker!r})
    if body["company_id"] == "void-crash" and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def died(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Is there once the dispatcher has died."""
    return tmp_path_factory.mktemp("died") / "once"


@pytest.fixture(scope="module")
def pipeline(make_tool: Callable[[Path], Tool], died: Path) -> Tool:
    """The project that comes along, deployed; messages come back after seconds, not minutes."""
    tool = make_tool(ROOT)
    path = tool.project / "definitions" / "project.json"
    project = json.loads(path.read_text())
    for key, queue in project["queues"].items():
        if key.startswith("ended"):
            continue  # of executions that are over
        queue["visibility_timeout_seconds"] = 6
        if "dead_letter" in queue:
            queue["dead_letter"]["max_receives"] = 3
    path.write_text(json.dumps(project))
    for name in ("enqueue_companies", "dispatch_execution"):
        path = tool.project / "lambdas" / name / "function.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "timeout_seconds": 5}))
    handler = tool.project / "lambdas" / "dispatch_execution" / "handler.py"
    handler.write_text(handler.read_text() + DYING.format(marker=str(died)))
    tool.ok("deploy", "--yes")
    return tool


def client(tool: Tool, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=tool.json("local", "status")["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(s3={"addressing_style": "path"}, inject_host_prefix=False),
    )


def write(tmp_path: Path, lines: list[str], name: str = "companies.csv") -> str:
    path = tmp_path / name
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return str(path)


def runs(tool: Tool) -> Counter[str]:
    """How many executions of the main machine there are, by company."""
    found = tool.json("executions", "list", "--limit", "1000")
    return Counter(row["name"].rsplit("-", 2)[0] for row in found)


def eventually(read: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := read()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)
    return found


def outcomes(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {outcome["company_id"]: outcome for outcome in shown["summary"]["companies"]}


@pytest.fixture(scope="module")
def ten(pipeline: Tool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A batch of ten companies, at its end."""
    lines = [*GOOD, *(line for line, _ in BAD.values())]
    ran = pipeline("--output", "json", "start-batch", write(tmp_path_factory.mktemp("list"), lines), "--wait")
    assert ran.code == 10, ran.err
    shown: dict[str, Any] = ran.json
    return shown


def test_every_company_of_a_batch_has_its_outcome(pipeline: Tool, ten: dict[str, Any]) -> None:
    assert ten["status"] == "SUCCEEDED"
    counts = ten["summary"]["counts"]
    assert (counts["SUCCEEDED"], counts["FAILED"], sum(counts.values())) == (3, 7, 10)
    found = outcomes(ten)
    assert set(found) == {"apple-inc", "nvidia", "tesla", *BAD}
    for company, (_, error) in BAD.items():
        assert found[company]["status"] == "FAILED"
        assert error in found[company]["cause"]
        assert found[company]["seconds"] > 0
    s3 = client(pipeline, "s3")
    for company in ("apple-inc", "nvidia", "tesla"):
        outcome = found[company]
        assert outcome["completeness"]["sec"] >= 95
        body = s3.get_object(Bucket=outcome["s3"]["bucket"], Key=outcome["s3"]["key"])["Body"].read()
        assert json.loads(body)["company"]["company_id"] == company
        assert outcome["seconds"] > 0 and not outcome["existing"]


def test_the_summary_is_in_the_batchs_folder(pipeline: Tool, ten: dict[str, Any]) -> None:
    bucket = pipeline.json("status")["resources"]["bucket:merged"]
    keys = [item["Key"] for item in client(pipeline, "s3").list_objects_v2(Bucket=bucket)["Contents"]]
    folder = f"batches/{ten['batch_id']}/"
    assert {f"{folder}companies.jsonl", f"{folder}summary.json"} <= set(keys)
    assert any(key.startswith(f"{folder}results/") and key.endswith("/manifest.json") for key in keys)


def test_the_same_list_on_the_same_day_is_the_same_batch(pipeline: Tool, ten: dict[str, Any], tmp_path: Path) -> None:
    before = runs(pipeline)
    lines = [*GOOD, *(line for line, _ in BAD.values())]
    again = pipeline.json("start-batch", write(tmp_path, lines))
    assert again["existing"] and again["batch_id"] == ten["batch_id"]
    assert runs(pipeline) == before


def test_a_company_that_has_been_run_today_is_not_run_again(
    pipeline: Tool, ten: dict[str, Any], tmp_path: Path
) -> None:
    before = runs(pipeline)
    ran = pipeline("--output", "json", "start-batch", write(tmp_path, GOOD, "others.csv"), "--wait")
    assert ran.code == 0, ran.err
    found = outcomes(ran.json)
    assert [outcome["existing"] for outcome in found.values()] == [True, True, True]
    assert found["tesla"]["s3"] == outcomes(ten)["tesla"]["s3"]
    assert runs(pipeline) == before


def test_retry_failed_runs_exactly_the_failed_ones(pipeline: Tool, ten: dict[str, Any]) -> None:
    before = runs(pipeline)
    ran = pipeline("--output", "json", "start-batch", "--retry-failed", ten["batch_id"], "--wait")
    assert ran.code == 10
    assert set(outcomes(ran.json)) == set(BAD)
    assert runs(pipeline) - before == Counter(dict.fromkeys(BAD, 1))
    again = pipeline.json("start-batch", "--retry-failed", ten["batch_id"])
    assert again["existing"] and again["batch_id"] == ran.json["batch_id"] != ten["batch_id"]


def test_where_none_failed_there_is_nothing_to_retry(pipeline: Tool, tmp_path: Path) -> None:
    started = pipeline.json("start-batch", write(tmp_path, GOOD[:1], "one.csv"), "--wait")
    ran = pipeline("start-batch", "--retry-failed", started["batch_id"])
    assert ran.code == 2 and "nothing to retry" in ran.err


def test_too_many_failures_end_the_batch_and_are_told(pipeline: Tool, tmp_path: Path) -> None:
    lines = [
        "Void Three,https://www.void-three.example,VOIDC",
        *(f"Void Late {n},https://v.example," for n in range(5)),
    ]
    options = ["--max", "1", "--tolerate", "0.1", "--wait"]
    ran = pipeline("--output", "json", "start-batch", write(tmp_path, lines, "strict.csv"), *options)
    assert ran.code == 10
    summary = ran.json["summary"]
    assert ran.json["status"] == "FAILED"
    assert summary["failure"]["error"] == "States.ExceedToleratedFailureThreshold"
    assert summary["counts"]["FAILED"] == 1 and summary["counts"]["NOT_RUN"] == 5
    assert outcomes(ran.json)["void-three"]["error"] == "ExtractionFailed"
    assert not any(company.startswith("void-late") for company in runs(pipeline))


def test_waiting_has_a_limit(pipeline: Tool, tmp_path: Path) -> None:
    file = write(tmp_path, ["Void Slow,https://www.void-slow.example,VOIDS"], "slow.csv")
    ran = pipeline("start-batch", file, "--wait-limit", "0")
    assert ran.code == 13 and "goes on without us" in ran.err


def test_a_pipe_gets_plain_lines(pipeline: Tool, tmp_path: Path) -> None:
    lines = [GOOD[2], "Void Pipe,https://www.void-pipe.example,VOIDP"]
    ran = pipeline("start-batch", write(tmp_path, lines, "pipe.csv"), "--wait")
    assert ran.code == 10
    assert "2/2 done, 1 failed" in ran.out
    assert "1 succeeded, 1 failed" in ran.out
    assert "void-pipe" in ran.out and "\x1b" not in ran.out


def test_batches_are_listed_and_shown(pipeline: Tool, ten: dict[str, Any]) -> None:
    row = next(row for row in pipeline.json("batches", "list") if row["batch"] == ten["batch_id"])
    assert (row["status"], row["total"], row["succeeded"], row["failed"]) == ("SUCCEEDED", 10, 3, 7)
    out = pipeline.ok("batches", "show", ten["batch_id"], "--failed").out
    assert "inside-job" in out and "nvidia" not in out
    assert pipeline("batches", "show", "none").code == 2


def test_a_broken_list_starts_nothing(pipeline: Tool, tmp_path: Path) -> None:
    before = pipeline.json("batches", "list")
    lines = [*GOOD, "Apple,ftp://apple.com,", "APPLE INC.,https://apple.com,AAPL", ",https://x.example,"]
    ran = pipeline("start-batch", write(tmp_path, lines))
    assert ran.code == 3
    assert [part for part in ("companies.csv:5", "companies.csv:6", "companies.csv:7") if part not in ran.err] == []
    assert "3 problems found" in ran.err
    assert pipeline.json("batches", "list") == before


def test_a_batch_that_does_not_exist_cannot_be_retried(pipeline: Tool) -> None:
    ran = pipeline("start-batch", "--retry-failed", "none")
    assert ran.code == 2 and "there is no batch none" in ran.err


# The queue ---------------------------------------------------------------------------------------------------------------


def queue_url(tool: Tool, key: str) -> str:
    name = tool.json("status")["resources"][f"queue:{key}"]
    return str(client(tool, "sqs").get_queue_url(QueueName=name)["QueueUrl"])


def left_in(tool: Tool, key: str) -> int:
    """Messages of a queue, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = client(tool, "sqs").get_queue_attributes(QueueUrl=queue_url(tool, key), AttributeNames=names)
    return sum(int(value) for value in found["Attributes"].values())


def message(token: str, name: str) -> str:
    request = {"company_name": name, "website_url": "https://void.example"}
    body = {"token": token, "company_id": name.lower().replace(" ", "-"), "request": request, "priority": "normal"}
    return json.dumps(body)


def put(tool: Tool, body: str, group: str, deduplication: str) -> None:
    client(tool, "sqs").send_message(
        QueueUrl=queue_url(tool, "company_requests"),
        MessageBody=body,
        MessageGroupId=group,
        MessageDeduplicationId=deduplication,
    )


def test_what_is_enqueued_is_run_once(pipeline: Tool) -> None:
    line = "Void Queue,https://www.void-queue.example,VOIDQ"
    (asked,) = pipeline.json("enqueue", line, "--priority", "high")
    assert pipeline.json("enqueue", line, "--priority", "low") == [asked]
    eventually(lambda: runs(pipeline)["void-queue"])
    found = client(pipeline, "stepfunctions")
    names = [row["name"] for row in pipeline.json("executions", "list")]
    assert asked["token"] in names
    arn = next(row["arn"] for row in pipeline.json("executions", "list") if row["name"] == asked["token"])
    execution = found.describe_execution(executionArn=arn)
    assert execution["stateMachineAliasArn"].endswith(":production")
    eventually(lambda: not left_in(pipeline, "company_requests") and not left_in(pipeline, "intake_requests"))
    assert runs(pipeline)["void-queue"] == 1
    (forced,) = pipeline.json("enqueue", line, "--force")
    assert forced["token"] != asked["token"]
    eventually(lambda: runs(pipeline)["void-queue"] == 2)


def test_every_column_of_a_list_reaches_the_machine(pipeline: Tool, tmp_path: Path) -> None:
    path = tmp_path / "columns.csv"
    path.write_text(
        "company_name,website_url,force,cache_ttl_hours,cik\nVoid Columns,https://c.example,TRUE,0.5,0000320193\n"
    )
    (asked,) = pipeline.json("enqueue", "--file", str(path))
    eventually(lambda: runs(pipeline)["void-columns"])
    request = {"company_name": "Void Columns", "website_url": "https://c.example"}
    given = {**request, "force": True, "cache_ttl_hours": 0.5, "cik": "0000320193"}
    assert pipeline.json("executions", "show", asked["token"])["input"] == given
    path.write_text("company_name,website_url,colour\nVoid Colour,https://c.example,red\n")
    ran = pipeline("enqueue", "--file", str(path))
    assert ran.code == 3 and "columns.csv:1: unknown column 'colour'" in ran.err


def test_a_list_dropped_in_the_bucket_is_run(pipeline: Tool) -> None:
    bucket = pipeline.json("status")["resources"]["bucket:merged"]
    body = HEADER + "Void Drop A,https://a.example,\nVoid Broken,gopher://x,\nVoid Drop B,https://b.example,\n"
    s3 = client(pipeline, "s3")
    s3.put_object(Bucket=bucket, Key="intake/high/today.csv", Body=body.encode("utf-8-sig"))
    eventually(lambda: runs(pipeline)["void-drop-a"] and runs(pipeline)["void-drop-b"])
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="intake-reports/")["Contents"]]
    assert keys == ["intake-reports/high/today.csv.json"]
    report = json.loads(s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read())
    assert report["enqueued"] == 2
    assert [item["line"] for item in report["bad_lines"]] == [3]
    eventually(lambda: not left_in(pipeline, "intake_lists"))
    assert "void-broken" not in runs(pipeline)


def test_a_message_that_comes_twice_starts_one_execution(pipeline: Tool) -> None:
    body = message("void-twice-20260101-00000000", "Void Twice")
    put(pipeline, body, "normal-0", "first")
    put(pipeline, body, "normal-1", "second")
    eventually(lambda: runs(pipeline)["void-twice"] and not left_in(pipeline, "company_requests"))
    # Once more, after the execution has ended: AWS then answers ExecutionAlreadyExists.
    eventually(lambda: all(row["status"] != "RUNNING" for row in pipeline.json("executions", "list")))
    put(pipeline, body, "normal-2", "third")
    eventually(lambda: not left_in(pipeline, "company_requests"))
    assert runs(pipeline)["void-twice"] == 1
    assert left_in(pipeline, "company_requests_failed") == 0


def test_a_dispatcher_that_dies_after_the_start_runs_nothing_twice(pipeline: Tool, died: Path) -> None:
    (asked,) = pipeline.json("enqueue", "Void Crash,https://www.void-crash.example,VOIDX")
    eventually(died.exists)
    eventually(lambda: runs(pipeline)["void-crash"])
    assert left_in(pipeline, "company_requests") == 1
    eventually(lambda: not left_in(pipeline, "company_requests"))
    assert runs(pipeline)["void-crash"] == 1
    assert left_in(pipeline, "company_requests_failed") == 0
    said = [
        event["message"]
        for event in pipeline_logs(pipeline, "dispatch_execution")
        if asked["token"] in event["message"]
    ]
    assert any("had been started" in text for text in said)


def test_a_message_that_cannot_be_used_ends_in_the_dead_letters(pipeline: Tool) -> None:
    put(pipeline, "no JSON", "normal-3", "poison")
    put(pipeline, message("void-beside-20260101-00000000", "Void Beside"), "normal-0", "beside")
    put(pipeline, message("void-behind-20260101-00000000", "Void Behind"), "normal-3", "behind")
    eventually(lambda: runs(pipeline)["void-beside"], 10)
    eventually(lambda: left_in(pipeline, "company_requests_failed") == 1, 90)
    eventually(lambda: runs(pipeline)["void-behind"])
    reasons = [event["message"] for event in pipeline_logs(pipeline, "dispatch_execution")]
    assert any("message failed" in text and "no JSON" in text for text in reasons)


def pipeline_logs(tool: Tool, function: str) -> list[dict[str, Any]]:
    """The log lines of a function."""
    out = tool.ok("--output", "json", "logs", "--function", function, "--limit", "1000").out
    return [json.loads(line) for line in out.splitlines()]
