"""What must hold after scripts/chaos: for each company, a list of what is wrong."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench_project import Project
from chaos_runs import Ran
from chaos_web import Company

#: States whose function, when it is killed at every attempt, takes the execution with it. Without the others it goes on.
EXTRACTIONS = ("ExtractSECData", "ExtractCXOData", "SearchLeadershipPage")
MERGE = "MergeAndSaveToS3"
KILLED = "Runtime.ExitError"
#: Attempts of a function that is killed, by the definition.
TRIES = 4


@dataclass
class Findings:
    """What AWS holds of one company's execution. killed: how often a state's function was killed under it. keys: in S3.
    items: (table, extraction_timestamp). notified: messages about it. claimed: whether the company is still claimed.
    told: what the batch's summary says of it, {} where there is none."""

    executions: int = 0
    status: str = "LOST"
    error: str = ""
    cause: str = ""
    killed: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    items: set[tuple[str, str]] = field(default_factory=set)
    notified: int = 0
    claimed: bool = False
    documents: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def given_up(self, *states: str) -> bool:
        """Whether a state's function was killed at every attempt."""
        return any(self.killed[state] >= TRIES for state in states)


def look(
    project: Project, resources: Mapping[str, str], companies: list[Company], ran: Ran, queue: str
) -> tuple[dict[str, Findings], int]:
    """The findings by company_id, and the notifications of the batch. queue: URL of the one with the notifications."""
    found: dict[str, Findings] = defaultdict(Findings)
    _executions(project, found, companies, ran.arns)
    _objects(project, found, resources["bucket:merged"])
    _items(project, found, resources)
    messages = list(_messages(project, queue))
    for company_id, arn in ran.arns.items():
        found[company_id].notified = sum(text.endswith(f"Execution: {arn}") for text in messages)
        found[company_id].told = ran.summary.get(company_id, {})
    return found, sum(text.startswith(f"Batch {ran.batch}:") for text in messages)


def _executions(
    project: Project, found: dict[str, Findings], companies: list[Company], arns: Mapping[str, str]
) -> None:
    client = project.client("stepfunctions")
    names = Counter(_listed(client, arns))
    for company in companies:
        arn, one = arns.get(company.company_id), found[company.company_id]
        if arn is None or not names[company.company_id]:
            continue
        described = client.describe_execution(executionArn=arn)
        one.executions = names[company.company_id]
        one.status, one.error, one.cause = (described.get(name, "") for name in ("status", "error", "cause"))
        one.killed = Counter(_killed(client, arn))


def _listed(client: Any, arns: Mapping[str, str]) -> Iterator[str]:
    """The company_id of each execution of the machine; an execution is named after its company, and a day and a digest."""
    machine = next(iter(arns.values())).replace(":execution:", ":stateMachine:").rpartition(":")[0]
    for page in client.get_paginator("list_executions").paginate(stateMachineArn=machine):
        yield from (re.sub(r"-1$|-\d{8}-[0-9a-f]{8}$", "", execution["name"]) for execution in page["executions"])


def _killed(client: Any, arn: str) -> Iterator[str]:
    """The states in which a function was killed."""
    states: dict[int, str] = {}
    for page in client.get_paginator("get_execution_history").paginate(executionArn=arn, includeExecutionData=False):
        for event in page["events"]:
            entered = event.get("stateEnteredEventDetails")
            states[event["id"]] = entered["name"] if entered else states.get(event["previousEventId"], "")
            if event.get("taskFailedEventDetails", {}).get("error") == KILLED:
                yield states[event["id"]]


def _objects(project: Project, found: dict[str, Findings], bucket: str) -> None:
    client = project.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="companies/"):
        for item in page.get("Contents", []):
            one = found[item["Key"].split("/")[1]]
            name = item["Key"].split("/", 2)[2]
            if name.startswith("costs/"):
                continue  # what a run cost is recorded whatever became of it
            one.keys.add(name)
            if "/" not in name:
                body = client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                one.documents[name] = json.loads(body)


def _items(project: Project, found: dict[str, Findings], resources: Mapping[str, str]) -> None:
    client = project.client("dynamodb")
    for table in ("table:sec_data", "table:cxo_data"):
        for page in client.get_paginator("scan").paginate(TableName=resources[table]):
            for item in page["Items"]:
                found[item["company_id"]["S"]].items.add((table, item["extraction_timestamp"]["S"]))
    if "table:pipeline_state" in resources:
        for page in client.get_paginator("scan").paginate(TableName=resources["table:pipeline_state"]):
            for item in page["Items"]:
                kind, _, company_id = item["pk"]["S"].partition("#")
                if kind == "claim" and "execution_id" in item:
                    found[company_id].claimed = True


def _messages(project: Project, queue: str) -> Iterator[str]:
    """The notifications' texts."""
    client = project.client("sqs")
    while messages := client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for message in messages:
            client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield str(json.loads(message["Body"])["Message"])


def wrong(company: Company, found: Findings) -> list[str]:
    """What is wrong with one company's outcome, in words."""
    problems = [] if found.executions == 1 else [f"{found.executions} executions"]
    problems += [] if _deserved(company, found) else [f"{found.status} {found.error}: {found.cause[:200]}"]
    if found.notified != (found.status == "FAILED"):
        problems.append(f"{found.notified} notifications of an execution that {found.status}")
    if found.told and (found.told["status"], found.told["error"] or "") != (found.status, found.error):
        problems.append(f"the batch says {found.told['status']} {found.told['error']} of {found.status} {found.error}")
    if found.status == "SUCCEEDED":
        return problems + _wrong_documents(company, found)
    return problems + _left_behind(found)


def _deserved(company: Company, found: Findings) -> bool:
    """Whether the outcome is the site's, or that of a function that was killed at every attempt."""
    if found.status != "FAILED":
        return found.status == "SUCCEEDED" and not company.kind.error
    if found.given_up(*EXTRACTIONS) and found.error == "ExtractionFailed" and KILLED in found.cause:
        return True
    if found.given_up(MERGE) and found.error == "MergeError" and KILLED in found.cause:
        return True
    return bool(company.kind.error) and found.error == "ExtractionFailed" and company.kind.error in found.cause


def _wrong_documents(company: Company, found: Findings) -> list[str]:
    """One merged document and its copy as the latest, of this company and no other; nothing besides."""
    merged = sorted(found.documents)
    if len(merged) != 2 or merged[1] != f"{company.company_id}_latest.json":
        return [f"documents: {merged}"]
    document, latest = (found.documents[name] for name in merged)
    problems = [] if document == latest else ["the latest document is another one"]
    fields = document["sec"]["fields"]
    if (fields["registrant_name"]["value"], int(fields["cik"]["value"])) != (company.name, int(company.cik)):
        problems.append(f"the report is that of {fields['registrant_name']['value']}")
    if document["cxo"]["roles"]["CEO"] != [company.chief]:
        problems.append(f"the CEO is {document['cxo']['roles']['CEO']}, not {company.chief}")
    left = found.keys - set(merged)
    return problems + ([f"left in S3: {sorted(left)}"] if left else []) + (["still claimed"] if found.claimed else [])


def _left_behind(found: Findings) -> list[str]:
    """A failed run leaves a document marked partial with what it is made of, at most."""
    if found.given_up("CleanupFailedRun"):
        return []
    whole = [name for name in found.documents if not name.endswith(".partial.json")]
    problems = [f"documents of a failed run: {whole}"] if whole else []
    sources = {
        (f"table:{side}_data", document["provenance"][side]["extraction_timestamp"])
        for document in found.documents.values()
        for side in ("sec", "cxo")
        if document.get("provenance", {}).get(side)
    }
    items, keys = found.items - sources, found.keys - set(found.documents)
    problems += [f"left in DynamoDB: {sorted(items)}"] if items else []
    problems += [f"left in S3: {sorted(keys)}"] if keys else []
    return problems + (["still claimed"] if found.claimed else [])
