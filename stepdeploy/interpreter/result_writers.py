"""ResultWriter: a Distributed Map's results as files.

Source: AWS "ResultWriter (Map)" (input-output-resultwriter.html).
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from stepdeploy.interpreter.contract import MapRun, Outcome, TaskError
from stepdeploy.interpreter.failures import Failure
from stepdeploy.interpreter.frames import Visit
from stepdeploy.interpreter.texts import to_text

if TYPE_CHECKING:
    from stepdeploy.interpreter.distributed_map import Child


async def write_results(visit: Visit, run: MapRun, children: list[Child], data: Any) -> Any:
    """Stores the results and returns where they are; without a Resource returns them as WriterConfig says."""
    writer = visit.state["ResultWriter"]
    config = writer.get("WriterConfig", {})
    if "Resource" not in writer:
        return _transformed([child for child in children if _ended(child, "SUCCEEDED")], config)
    name = "Arguments" if "Arguments" in writer else "Parameters"
    parameters = visit.flow.template(visit, f"ResultWriter/{name}", writer.get(name, {}), data)
    folder = "/".join(filter(None, [str(parameters.get("Prefix", "")).strip("/"), str(uuid.uuid4())]))
    files = _files(children, config, folder)
    listed = {
        group: [{"Key": key, "Size": len(body)} for key, body in files.items() if f"/{group}_" in key]
        for group in ("FAILED", "PENDING", "SUCCEEDED")
    }
    manifest = {"DestinationBucket": parameters.get("Bucket"), "MapRunArn": run.arn, "ResultFiles": listed}
    files[f"{folder}/manifest.json"] = to_text(manifest).encode()
    try:
        for key, body in files.items():
            await visit.execution.hooks.write(writer["Resource"], parameters, key, body)
    except TaskError as error:
        raise Failure("States.ResultWriterFailed", error.cause) from error
    details = {"Bucket": parameters.get("Bucket"), "Key": f"{folder}/manifest.json"}
    return {"MapRunArn": run.arn, "ResultWriterDetails": details}


def _ended(child: Child, *statuses: str) -> bool:
    return child.outcome is not None and child.outcome.status in statuses


def _files(children: list[Child], config: dict[str, Any], folder: str) -> dict[str, bytes]:
    """File key -> content: one file a status that occurs."""
    lines = config.get("OutputType") == "JSONL"
    extension = "jsonl" if lines else "json"
    groups = {
        "SUCCEEDED": [child for child in children if _ended(child, "SUCCEEDED")],
        "FAILED": [child for child in children if _ended(child, "FAILED", "TIMED_OUT", "ABORTED")],
        "PENDING": [child for child in children if child.outcome is None],
    }
    files: dict[str, bytes] = {}
    for group, members in groups.items():
        if members:
            # Only successful results are transformed: the others have no output.
            rows = _transformed(members, config) if group == "SUCCEEDED" else [_record(child) for child in members]
            text = "\n".join(map(to_text, rows)) if lines else to_text(rows)
            files[f"{folder}/{group}_0.{extension}"] = text.encode()
    return files


def _transformed(children: list[Child], config: dict[str, Any]) -> list[Any]:
    """NONE: a record each, with metadata. COMPACT: the outputs. FLATTEN: outputs that are arrays joined."""
    transformation = config.get("Transformation", "NONE")
    if transformation == "NONE":
        return [_record(child) for child in children]
    outputs = [child.outcome.output for child in children if child.outcome]
    if transformation == "COMPACT":
        return outputs
    return [item for output in outputs for item in (output if isinstance(output, list) else [output])]


def _record(child: Child) -> dict[str, Any]:
    execution = child.context["Execution"]
    outcome = child.outcome or Outcome("PENDING")
    record = {
        "ExecutionArn": execution["Id"],
        "Input": to_text(child.input),
        "InputDetails": {"Included": True},
        "Name": execution["Name"],
        "StartDate": execution["StartTime"],
        "StateMachineArn": child.context["StateMachine"]["Id"],
        "Status": outcome.status,
    }
    if child.stopped is not None:
        record["StopDate"] = child.stopped
    if outcome.status == "SUCCEEDED":
        record["Output"] = to_text(outcome.output)
        record["OutputDetails"] = {"Included": True}
    if outcome.error is not None:
        record["Error"] = outcome.error
    if outcome.cause is not None:
        record["Cause"] = outcome.cause
    return record
