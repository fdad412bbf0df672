"""Every function of both machines, in place of the real ones: the execution's name, TASK--ERROR, says which task fails and how.

All others find what they look for. What comes before the task is made to lead there. Errors of services (`Lambda.…`) are
injected by the embedded AWS; all others happen here: exceptions, a function that overruns its time, one that is killed.
"""

import os
import signal
import time

STAMP = "2026-11-23T12:00:00.000000Z"
# What must happen first, so that a task is reached at all: task -> tasks that fail, and with what.
FIRST = {
    "ReserveSearch": {"ExtractCXOData": "SearchNeeded"},
    "SearchLeadershipPage": {"ExtractCXOData": "SearchNeeded"},
    "SavePartialSEC": {"ExtractCXOData": "UpstreamBlocked"},
    "SavePartialCXO": {"ExtractSECData": "UpstreamBlocked"},
    "CleanupFailedRun": {"MergeAndSaveToS3": "InvalidInput"},
    "NotifyFailure": {"MergeAndSaveToS3": "InvalidInput"},
}
SLOW = ("States.Timeout", "Sandbox.Timedout")


def lambda_handler(event, context):
    asked, _, error = (event.get("batch_id") or event["execution_id"].rpartition(":")[2]).partition("--")
    task = task_of(event, context.function_name)
    fail(FIRST.get(asked, {}).get(task) or (error if task == asked else ""))
    return {"statusCode": 200, "body": body(task, asked, error, event)}


def fail(error):
    if error == "Runtime.ExitError":
        os.kill(os.getpid(), signal.SIGKILL)
    if error in SLOW:
        time.sleep(60)
    if error and not error.startswith("Lambda."):
        raise type(error, (Exception,), {})(f"{error} as asked")


def task_of(event, function):
    """Which task this invocation is for."""
    name, mode = function.partition("-")[0], event.get("mode")
    if name == "ReserveApiBudget":
        gaps = "ReserveSECGaps" if event["calls"] == 1 else "ReserveCXOGaps"
        return {"edgar": "ReserveEdgarBudget", "serper": "ReserveSearch", "nova": gaps}[event["api"]]
    if name == "DynamoDBToS3Merger":
        return f"SavePartial{'SEC' if 'sec' in event else 'CXO'}" if event.get("partial") else "MergeAndSaveToS3"
    side = "SEC" if name == "NovaSECExtractor" else "CXO"
    modes = {None: f"Extract{side}Data", "fill_gaps": f"Fill{side}Gaps", "search": "SearchLeadershipPage"}
    return {**modes, "bios": "ReadBioPages"}[mode] if name.endswith("Extractor") else name


def body(task, asked, error, event):
    """What the function answers when all is well."""
    if task == "CheckExtractionCache":
        return {"decision": "extract"}
    if task == "AnalyzeWorkload":
        sec, cxo = (1 if (asked, error) == (f"Extract{side}Data", "States.Timeout") else 60 for side in ("SEC", "CXO"))
        return {"sec": {"timeout_seconds": sec, "api_calls": 1}, "cxo": {"timeout_seconds": cxo}}
    if task.startswith("Reserve"):
        return {"allowed": True, "wait_seconds": 0}
    if task in ("MergeAndSaveToS3", "SavePartialSEC", "SavePartialCXO"):
        return {"company_id": "acme", "quality_score": 90, "s3": {"bucket": "b", "key": "k"}}
    if task == "SummarizeBatch":
        s3 = {"bucket": "b", "key": "k"}
        return {"total": 1, "counts": {}, "s3": s3, "failure": {}, "subject": "Batch", "message": event["batch_id"]}
    gaps = {
        "ReserveSECGaps": ("SEC", 1),
        "FillSECGaps": ("SEC", 1),
        "ReserveCXOGaps": ("CXO", 2),
        "FillCXOGaps": ("CXO", 2),
    }
    side, calls = gaps.get(asked, ("", 0))
    extraction = {"company_id": "acme", "extraction_timestamp": STAMP, "completeness": 100, "missing": []}
    if side and side in task:
        extraction["gap_calls"] = calls
    if asked == "ReadBioPages" and task == "ExtractCXOData":
        extraction["bio_batches"] = [["https://acme.example/alice"]]
    return extraction
