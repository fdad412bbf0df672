"""From how a process ended to what the caller gets: payload and error type, as Lambda shapes them."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

from stepdeploy.local.functions.runner.bootstrap import MAX_RESPONSE
from stepdeploy.local.functions.runner.process import Answer

_SIGNALS = {
    signal.SIGKILL: "killed",
    signal.SIGTERM: "terminated",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGABRT: "aborted",
    signal.SIGINT: "interrupt",
}


@dataclass(frozen=True)
class Outcome:
    """error: FunctionError, None on success. reason: what goes to the log where the process did not say it itself."""

    payload: bytes
    error: str | None = None
    error_type: str = ""
    status: str = "success"
    reason: str = ""


def outcome_of(answer: Answer, request_id: str, timeout: float) -> Outcome:
    """What an invocation came to. timeout: seconds, as told to the user."""
    if answer.kind == "result":
        return Outcome(answer.body)
    if answer.kind in ("error", "fault"):
        # An exception of the handler is no failure of the runtime: REPORT shows no status then.
        status = "error" if answer.kind == "fault" else "success"
        payload = answer.body if answer.kind == "error" else _with_request(answer.body, request_id)
        return Outcome(payload, "Unhandled", answer.kind_of_error, status)
    if answer.kind == "oversize":
        message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
        return _failed("Function.ResponseSizeTooLarge", message, "error")
    if answer.kind == "timeout":
        text = f"Task timed out after {timeout:.2f} seconds"
        return _failed("Sandbox.Timedout", f"RequestId: {request_id} Error: {text}", "timeout")
    kind = "Runtime.OutOfMemory" if answer.kind == "memory" else "Runtime.ExitError"
    reason = "Runtime exited with error: signal: killed" if answer.kind == "memory" else exit_reason(answer.status)
    return _failed(kind, f"RequestId: {request_id} Error: {reason}", "error", reason)


def _failed(kind: str, message: str, status: str, reason: str = "") -> Outcome:
    payload = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Outcome(payload, "Unhandled", kind, status, reason)


def _with_request(body: bytes, request_id: str) -> bytes:
    """A failed start knows no request yet."""
    return json.dumps({**json.loads(body), "requestId": request_id}).encode()


def exit_reason(status: int) -> str:
    """status: as subprocess gives it, negative for a signal."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return f"Runtime exited with error: signal: {_SIGNALS.get(signal.Signals(-status), str(-status))}"
