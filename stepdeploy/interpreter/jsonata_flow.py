"""Data flow of JSONata states: Arguments, Output, Assign, Condition, Items, and `{% %}` in any field that allows it.

Source: AWS "Transforming data with JSONata in Step Functions" (transforming-data.html); the causes are recorded ones.
"""

from __future__ import annotations

from typing import Any

from stepdeploy.interpreter import jsonata_engine
from stepdeploy.interpreter.failures import Failure, query_error
from stepdeploy.interpreter.frames import Step, Visit
from stepdeploy.interpreter.texts import to_text


def is_expression(value: Any) -> bool:
    """Whether a template's text is an expression: '{%' and '%}' must be its very ends."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def evaluate(visit: Visit, text: str, states: dict[str, Any], field: str) -> Any:
    """The value of `{% expression %}`; states: the members of $states. Raises States.QueryEvaluationError."""
    expression = text[2:-2].strip()
    variables = {**visit.frame.variables, "states": {**states, "context": visit.context}}
    head = f"The JSONata expression '{expression}' specified for the field '{field}'"
    try:
        value = jsonata_engine.evaluate(expression, variables)
    except jsonata_engine.Unsupported as error:
        raise query_error(f"{head} returned an unsupported result type.", field) from error
    except jsonata_engine.EvaluationError as error:
        raise query_error(f"{head} threw an error during evaluation. {error}", field) from error
    if value is jsonata_engine.UNDEFINED:
        raise query_error(f"{head} returned nothing (undefined).", field)
    return value


def fill(visit: Visit, template: Any, states: dict[str, Any], field: str) -> Any:
    """A template with its expressions evaluated."""
    if isinstance(template, str):
        return evaluate(visit, template, states, field) if is_expression(template) else template
    if isinstance(template, dict):
        return {name: fill(visit, value, states, f"{field}/{name}") for name, value in template.items()}
    if isinstance(template, list):
        return [fill(visit, item, states, f"{field}[{index}]") for index, item in enumerate(template)]
    return template


def kind(value: Any) -> str:
    """The name of a JSON value's type in AWS's causes."""
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")


def _typed(visit: Visit, name: str, value: Any, expected: str) -> Any:
    """A field's value if its type is right. Only expressions can be of the wrong type: creation checks constants."""
    if kind(value) != expected:
        source = visit.state.get(name, value)
        expression = source[2:-2].strip() if is_expression(source) else to_text(source)
        raise query_error(
            f"The JSONata expression '{expression}' specified for the field '{name}' returned an unexpected result type. "
            f"Expected '{expected}', but was '{kind(value)}' for value: {to_text(value)}",
            name,
        )
    return value


class JsonataFlow:
    """See flow.Flow."""

    def input(self, visit: Visit) -> Any:
        return visit.input

    def arguments(self, visit: Visit, data: Any) -> Any:
        if "Arguments" not in visit.state:
            return data
        return fill(visit, visit.state["Arguments"], {"input": data}, "Arguments")

    def field(self, visit: Visit, name: str, data: Any) -> Any:
        source = visit.state.get(name)
        if not is_expression(source):
            return source
        value = fill(visit, source, {"input": data}, name)
        return _typed(visit, name, value, _FIELD_TYPES.get(name, "number"))

    def template(self, visit: Visit, name: str, template: Any, data: Any) -> Any:
        return fill(visit, template, {"input": data}, name)

    def condition(self, visit: Visit, rule: dict[str, Any], data: Any, index: int) -> bool:
        condition = rule["Condition"]
        if not is_expression(condition):
            return bool(condition)
        name = f"Choices[{index}]/Condition"
        value = evaluate(visit, condition, {"input": data}, name)
        if not isinstance(value, bool):
            raise query_error(
                f"The JSONata expression '{condition[2:-2].strip()}' specified for the field '{name}' returned an "
                f"unexpected result type. Expected 'boolean', but was '{kind(value)}' for value: {to_text(value)}",
                name,
            )
        return value

    def items(self, visit: Visit, data: Any) -> Any:
        if "Items" not in visit.state:
            if not isinstance(data, list):
                raise query_error(f"Map state input must be an array but was: {to_text(data)}", "Items")
            return data
        value = fill(visit, visit.state["Items"], {"input": data}, "Items")
        processor = visit.state.get("ItemProcessor", {})
        if isinstance(value, dict) and processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            return value
        return _typed(visit, "Items", value, "array")

    def finish(self, visit: Visit, data: Any, result: Any, rule: int | None = None) -> Step:
        fields = visit.state if rule is None else visit.state["Choices"][rule]
        head = "" if rule is None else f"Choices[{rule}]/"
        states = (
            {"input": visit.input, "result": result} if visit.state["Type"] in _WITH_RESULT else {"input": visit.input}
        )
        output = fill(visit, fields["Output"], states, f"{head}Output") if "Output" in fields else result
        assigned = fill(visit, fields["Assign"], states, f"{head}Assign") if fields.get("Assign") else {}
        return Step(output, visit.next(fields), assigned)

    def caught(self, visit: Visit, catcher: dict[str, Any], failure: Failure) -> Step:
        error = failure.output()
        head = next(f"Catch[{index}]" for index, entry in enumerate(visit.state["Catch"]) if entry is catcher)
        states = {"input": visit.input, "errorOutput": error}
        output = fill(visit, catcher["Output"], states, f"{head}/Output") if "Output" in catcher else error
        assigned = fill(visit, catcher["Assign"], states, f"{head}/Assign") if catcher.get("Assign") else {}
        return Step(output, visit.next(catcher), assigned)


_WITH_RESULT = frozenset({"Task", "Parallel", "Map"})
_FIELD_TYPES = {"Error": "string", "Cause": "string", "Timestamp": "string"}

JSONATA = JsonataFlow()
