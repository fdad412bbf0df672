"""Data flow of JSONPath states: InputPath, Parameters, ResultSelector, ResultPath, OutputPath, Assign.

Source: AWS "Processing input and output" (concepts-input-output-filtering.html), "Passing data between states with
variables" (workflow-variables.html); the causes are recorded ones.
"""

from __future__ import annotations

from typing import Any

from stepdeploy.asl import intrinsics, jsonpath
from stepdeploy.interpreter import choice_rules, functions, paths
from stepdeploy.interpreter.failures import Failure, runtime_error
from stepdeploy.interpreter.frames import Step, Visit
from stepdeploy.interpreter.texts import to_text


class _Missing(LookupError):
    """A path in an expression named nothing.

    root: the data it was looked up in. past_end: its last step is an index past the end of an array.
    """

    def __init__(self, root: Any, reason: str, past_end: bool = False) -> None:
        super().__init__(reason)
        self.root = root
        self.reason = reason
        self.past_end = past_end


def look_up(visit: Visit, path: jsonpath.Path, data: Any) -> Any:
    """The value of a path whose `$` is `data`. Raises _Missing."""
    if path.root == "$":
        root = data
    elif path.root == "$$":
        root = visit.context
    elif path.root in visit.frame.variables:
        root = visit.frame.variables[path.root]
    else:
        raise _Missing(data, f"Variable '${path.root}' is not defined")
    try:
        return paths.find(path, root)
    except paths.PathNotFound as error:
        raise _Missing(root, str(error), isinstance(error, paths.PastEnd)) from error


def find_path(visit: Visit, text: str, data: Any) -> Any:
    """The value of a path field such as InputPath. Raises States.Runtime."""
    try:
        return look_up(visit, _parse_path(text), data)
    except _Missing as missing:
        raise runtime_error(f"Invalid path '{text}' : {missing.reason}") from missing


def find_expression(visit: Visit, text: str, data: Any, field: str) -> Any:
    """The value of a path or intrinsic call, as in `"x.$"`. Raises States.Runtime.

    An index past the end of an array is null here, and only here (measured on AWS by floci-io/floci).
    """
    try:
        if intrinsics.is_call(text):
            call = _parse_call(text)
            return _call(visit, call, data, call.text)
        return look_up(visit, _parse_path(text), data)
    except _Missing as missing:
        if missing.past_end:
            return None
        raise runtime_error(
            f"The JSONPath '{text}' specified for the field '{field}' could not be found in the input "
            f"'{to_text(missing.root)}'"
        ) from missing


def _parse_path(text: str) -> jsonpath.Path:
    try:
        return jsonpath.parse(text)
    except jsonpath.PathSyntaxError as error:
        raise runtime_error(f"Invalid path '{text}' : {error.reason}") from error


def _parse_call(text: str) -> intrinsics.Call:
    try:
        return intrinsics.parse(text)
    except intrinsics.IntrinsicSyntaxError as error:
        raise runtime_error(str(error)) from error


def _call(visit: Visit, call: intrinsics.Call, data: Any, whole: str) -> Any:
    """The value of a call; `whole` is the outermost one, which AWS names in causes."""
    arguments: list[Any] = []
    for position, argument in enumerate(call.arguments):
        if isinstance(argument, intrinsics.Call):
            arguments.append(_call(visit, argument, data, whole))
        elif isinstance(argument, intrinsics.Literal):
            # Only the template of States.Format needs its escapes kept: \{} is no placeholder.
            raw = argument.value
            keep = not isinstance(raw, str) or (call.name == "Format" and position == 0)
            arguments.append(raw if keep else intrinsics.unescape(raw))
        else:
            try:
                arguments.append(look_up(visit, argument, data))
            except _Missing as missing:
                raise _intrinsic_failure(whole, _missing_argument(argument, missing, data)) from missing
    try:
        return functions.call(call.name, arguments)
    except functions.FunctionFailure as error:
        raise _intrinsic_failure(whole, str(error)) from error


def _missing_argument(argument: jsonpath.Path, missing: _Missing, data: Any) -> str:
    if missing.reason.startswith("Filter:"):
        return missing.reason
    # A context path is named from the context object, and yet the state's input is shown.
    text = argument.text.removeprefix("$") if argument.root == "$$" else argument.text
    return f"The JsonPath argument for the field '{text}' could not be found in the input '{to_text(data)}'"


def _intrinsic_failure(whole: str, reason: str) -> Failure:
    return runtime_error(f"The function '{whole}' had the following error: {reason}")


def fill(visit: Visit, template: Any, data: Any) -> Any:
    """A payload template with its `"name.$"` members evaluated."""
    if isinstance(template, dict):
        filled = {}
        for name, value in template.items():
            if name.endswith(".$") and isinstance(value, str):
                filled[name[:-2]] = find_expression(visit, value, data, name)
            else:
                filled[name] = fill(visit, value, data)
        return filled
    if isinstance(template, list):
        return [fill(visit, item, data) for item in template]
    return template


class JsonPathFlow:
    """See flow.Flow."""

    def input(self, visit: Visit) -> Any:
        return _filtered(visit, "InputPath", visit.input)

    def arguments(self, visit: Visit, data: Any) -> Any:
        return fill(visit, visit.state["Parameters"], data) if "Parameters" in visit.state else data

    def field(self, visit: Visit, name: str, data: Any) -> Any:
        path = visit.state.get(f"{name}Path")
        if path is None:
            return visit.state.get(name)
        if name in ("Error", "Cause"):
            return find_expression(visit, path, data, f"{name}Path")
        return find_path(visit, path, data)

    def template(self, visit: Visit, name: str, template: Any, data: Any) -> Any:
        return fill(visit, template, data)

    def condition(self, visit: Visit, rule: dict[str, Any], data: Any, index: int) -> bool:
        def resolve(text: str) -> Any:
            try:
                return look_up(visit, _parse_path(text), data)
            except _Missing:
                return choice_rules.MISSING

        return choice_rules.holds(rule, resolve)

    def items(self, visit: Visit, data: Any) -> Any:
        text = visit.state.get("ItemsPath", "$")
        items = find_path(visit, text, data)
        if not isinstance(items, list):
            raise runtime_error(
                f'Reference path "{text.removeprefix("$") if text[:2] == "$$" else text}" must point to array.'
            )
        return items

    def finish(self, visit: Visit, data: Any, result: Any, rule: int | None = None) -> Step:
        state = visit.state
        fields = state if rule is None else state["Choices"][rule]
        selector = state.get("ResultSelector")
        selected = result if selector is None else fill(visit, selector, result)
        output = _filtered(visit, "OutputPath", _placed(visit, state.get("ResultPath", "$"), selected))
        assign = fields.get("Assign")
        # In Assign, $ is the result as it came back (workflow-variables.html).
        assigned = fill(visit, assign, result) if assign else {}
        return Step(output, visit.next(fields), assigned)

    def caught(self, visit: Visit, catcher: dict[str, Any], failure: Failure) -> Step:
        error = failure.output()
        assigned = fill(visit, catcher["Assign"], error) if catcher.get("Assign") else {}
        return Step(_placed(visit, catcher.get("ResultPath", "$"), error), visit.next(catcher), assigned)


def _filtered(visit: Visit, field: str, data: Any) -> Any:
    """Data after InputPath or OutputPath; null stands for {}."""
    text = visit.state.get(field, "$")
    if text == "$":
        return data
    return {} if text is None else find_path(visit, text, data)


def _placed(visit: Visit, text: str | None, result: Any) -> Any:
    """The state's raw input with a result at ResultPath; null discards the result."""
    if text == "$":
        return result
    if text is None:
        return visit.input
    try:
        return paths.put(_parse_path(text), visit.input, result)
    except paths.NotWritable as error:
        raise Failure(
            "States.ResultPathMatchFailure",
            f"Unable to apply step \"{text}\" to input '{to_text(visit.input)}'",
            internal=True,
        ) from error


JSONPATH = JsonPathFlow()
