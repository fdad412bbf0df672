"""The Python runtime inside a function's process: loads the handler, then answers one invocation after another.

Runs as a script under `python -I -S`, on any Python that Lambda offers, with the standard library alone. It behaves
as AWS's runtime interface client does (https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html,
.../python-context.html, .../python-logging.html): the context object, log formats, names and texts of errors.

Arguments: file descriptors for requests, responses and the lifeline, then a JSON list of folders for sys.path.
Frames are described in frames.py.
"""

# pathlib would add to every cold start
# ruff: noqa: PTH100, PTH109, PTH118, PTH123

from __future__ import annotations

import base64
import errno
import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

#: Bytes that a response may have (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, 6 MB).
MAX_RESPONSE = 6291556
#: Marks a log event of several lines: the rest of the line is the event as a JSON string.
EVENT_MARK = "\x1d"
HERE = __file__


class Fault(Exception):
    """A failure that the runtime itself names."""

    def __init__(self, kind: str, message: str, trace: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = list(trace)


class Channel:
    """Reads requests, writes responses."""

    def __init__(self, requests: int, responses: int) -> None:
        self._requests = requests
        self._responses = responses

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """The next frame: (header, body). Ends the process when the server has gone."""
        prefix = self._read(8)
        header = json.loads(self._read(int.from_bytes(prefix[:4], "big")))
        return header, self._read(int.from_bytes(prefix[4:], "big"))

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._requests, min(size, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        head = json.dumps({**header, "memory_kb": peak_memory()}).encode()
        data = memoryview(len(head).to_bytes(4, "big") + len(body).to_bytes(4, "big") + head + body)
        while data:
            data = data[os.write(self._responses, data) :]


class Mirror:
    """Attributes from a dictionary of the caller: CognitoIdentity, ClientContext and Client."""

    def __init__(self, values: dict[str, Any], names: Iterable[str]) -> None:
        for name in names:
            setattr(self, name, values.get(name))


class LambdaContext:
    """The second argument of a handler (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""

    def __init__(self, header: dict[str, Any]) -> None:
        environment = os.environ
        self.aws_request_id = header["request_id"]
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = header["arn"]
        self.tenant_id = None
        self.client_context = client_context(header.get("client_context"))
        self.identity = Mirror({}, ("cognito_identity_id", "cognito_identity_pool_id"))
        self._epoch_deadline_time_in_ms = header["deadline_ms"]

    def get_remaining_time_in_millis(self) -> int:
        return max(int(self._epoch_deadline_time_in_ms - time.time() * 1000), 0)

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


def client_context(encoded: str | None) -> Mirror | None:
    """The ClientContext of an Invoke request: base64 of JSON, or None."""
    if not encoded:
        return None
    values = json.loads(base64.b64decode(encoded))
    made = Mirror(values, ("custom", "env"))
    names = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
    made.client = Mirror(values.get("client") or {}, names)  # type: ignore[attr-defined]
    return made


def peak_memory() -> int:
    """Peak resident memory in KiB. Not getrusage on Linux: that starts from what the parent had when it forked."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak


def write_event(text: str) -> None:
    """One log event, which may have several lines, in order with what the handler prints."""
    sys.stdout.flush()
    line = EVENT_MARK + json.dumps(text) if "\n" in text else text
    data = memoryview((line + "\n").encode("utf-8", "surrogateescape"))
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError:
        pass  # the handler closed its output


class LogHandler(logging.Handler):
    """The root logger's handler; request_id is that of the invocation under way."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self.request_id
        try:
            write_event(self.format(record).rstrip("\n"))
        except Exception:
            self.handleError(record)


class JsonFormatter(logging.Formatter):
    """LogFormat JSON (https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html#python-logging-advanced)."""

    def format(self, record: logging.LogRecord) -> str:
        made: dict[str, Any] = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": vars(record).get("aws_request_id", ""),
        }
        if record.exc_info and record.exc_info[0] is not None:
            made["stackTrace"] = [line.rstrip("\n") for line in traceback.format_tb(record.exc_info[2])]
            made["errorType"] = record.exc_info[0].__name__
            made["errorMessage"] = str(record.exc_info[1])
            made["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        made.update((key, value) for key, value in vars(record).items() if key not in STANDARD and key not in made)
        return json.dumps({key: value for key, value in made.items() if value != ""}, default=str)


STANDARD = {*vars(logging.LogRecord("", 0, "", 0, "", (), None)), "aws_request_id", "asctime", "message", "taskName"}


def set_up_logging() -> LogHandler:
    """A handler on the root logger, as AWS's runtime has; INFO and below are dropped unless the code says otherwise."""
    handler = LogHandler()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        handler.setFormatter(JsonFormatter())
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.getLogger().setLevel({"TRACE": 5, "FATAL": 50, "WARN": 30}.get(level) or level)
    else:
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s\n"
        formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    return handler


def load_handler(name: str) -> Any:
    """The handler function that a name such as `package/module.function` means."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    module_path = module_name.replace("/", ".")
    if module_path.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_path)
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        text = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", text, trace) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        text = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", text) from None


def described(error: BaseException) -> tuple[str, str, list[str]]:
    """(errorType, errorMessage, stackTrace) of an exception; frames of the runtime are left out."""
    if isinstance(error, Fault):
        return error.kind, error.message, error.trace
    frames = traceback.extract_tb(error.__traceback__)
    first = next((index for index, frame in enumerate(frames) if not is_runtime(frame.filename)), len(frames))
    return type(error).__name__, str(error), traceback.format_list(frames[first:])


def is_runtime(filename: str) -> bool:
    return filename == HERE or filename.startswith("<frozen importlib") or "/importlib/" in filename


def report(error: BaseException, request_id: str) -> bytes:
    """Log an error as AWS's runtime does; returns the payload."""
    kind, message, trace = described(error)
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        logged: dict[str, Any] = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "log_level": "ERROR"}
        logged.update(errorMessage=message, errorType=kind, requestId=request_id, stackTrace=trace)
        write_event(json.dumps(logged))
    else:
        write_event(
            "\n".join([f"[ERROR] {kind}: {message}", "Traceback (most recent call last):", *trace]).rstrip("\n")
        )
    payload = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}
    return json.dumps(payload).encode()


def to_number(value: Any) -> float:
    """Decimals are numbers in a response."""
    import decimal

    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def call(handler: Callable[[Any, LambdaContext], Any], header: dict[str, Any], body: bytes) -> bytes:
    """The response's bytes. Raises Fault, or what the handler raises."""
    try:
        event = json.loads(body) if body else {}
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    answer = handler(event, LambdaContext(header))
    escaped = os.environ.get("AWS_EXECUTION_ENV") == "AWS_Lambda_python3.11"
    try:
        return json.dumps(answer, default=to_number, ensure_ascii=escaped).encode()
    except (TypeError, ValueError, RecursionError, UnicodeError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def flush() -> None:
    """What was printed must be in the pipe before the response is."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # the handler closed or replaced it


def answer_one(handler: Callable[[Any, LambdaContext], Any], channel: Channel, log: LogHandler) -> None:
    """Wait for an invocation, run it, send the result."""
    header, body = channel.receive()
    log.request_id = header["request_id"]
    os.environ["_X_AMZN_TRACE_ID"] = header.get("trace_id", "")
    try:
        response = call(handler, header, body)
    except Exception as error:
        payload = report(error, header["request_id"])
        flush()
        channel.send({"kind": "error", "type": described(error)[0]}, payload)
        return
    flush()
    if len(response) > MAX_RESPONSE:
        channel.send({"kind": "oversize"})
    else:
        channel.send({"kind": "result"}, response)


def watch(lifeline: int) -> None:
    """End this process and all that it started as soon as the server is gone, whatever the handler is doing."""
    import signal
    import threading

    def wait() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def make_read_only(folders: list[str]) -> None:
    """Refuse to write where Lambda does not let a function write: beside its code and in its layers.

    The same folders serve all processes of a version, so this also keeps them as they were deployed.
    """
    roots = tuple(os.path.join(folder, "") for folder in folders)
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CHANGING or (event == "open" and not (arguments[2] or 0) & writing):
            return
        name = arguments[0]
        if not isinstance(name, (str, bytes)):
            return
        path = os.path.abspath(os.fsdecode(name))
        if path.startswith(roots) and "__pycache__" not in path:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), name)

    sys.addaudithook(check)


#: Audit events of what changes files (https://docs.python.org/3/library/audit_events.html).
CHANGING = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "os.link", "os.symlink"}


def main() -> NoReturn:
    """Load the handler, then answer for ever."""
    requests, responses, lifeline = (int(text) for text in sys.argv[1:4])
    folders = json.loads(sys.argv[4])
    for descriptor in (requests, responses, lifeline):
        os.set_inheritable(descriptor, False)
    sys.argv = ["bootstrap.py"]
    sys.path[:] = [*folders["before"], *sys.path, *folders["after"]]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(  # type: ignore[union-attr]
            line_buffering=True, errors="backslashreplace"
        )
    watch(lifeline)
    make_read_only([os.getcwd(), *folders["before"]])
    channel = Channel(requests, responses)
    log = set_up_logging()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        payload = report(error, folders["request_id"])
        flush()
        channel.send({"kind": "fault", "type": described(error)[0]}, payload)
        os._exit(1)
    flush()
    channel.send({"kind": "ready"})
    while True:
        answer_one(handler, channel, log)


if __name__ == "__main__":
    main()
