"""The objects of the language and their fields, as tables.

Source: https://states-language.net/ and the pages "state-*.html" of the AWS Step Functions Developer Guide. Where AWS
is known to take more than they say (`MaxItems` 0, `ToleratedFailurePercentage` 0.5), AWS counts.
"""

from __future__ import annotations

from stepdeploy.asl.shapes import JSONATA, JSONPATH, Field, Kind, QueryLanguage, Shape

MOST_SECONDS = 99_999_999
MOST_DELAY_SECONDS = 31_622_400
MOST_BATCH_BYTES = 262_144

_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
COMPARISONS: dict[str, Kind] = {
    **{f"String{how}": "string" for how in _ORDERS},
    **{f"Numeric{how}": "number" for how in _ORDERS},
    **{f"Timestamp{how}": "timestamp" for how in _ORDERS},
    "BooleanEquals": "boolean",
}
TESTS: dict[str, Kind] = {
    "StringMatches": "string",
    **{f"Is{what}": "boolean" for what in ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp")},
}
OPERATORS: dict[str, Kind] = {**COMPARISONS, **TESTS, **{f"{name}Path": "reference" for name in COMPARISONS}}
"""The comparison operators of a Choice rule -> the kind of the value that they take."""


def _text(language: QueryLanguage | None = None, *values: str) -> Field:
    return Field(kind="string", language=language, values=values, expression=False)


def _whole(minimum: float, maximum: float | None = None) -> Field:
    return Field(kind="integer", minimum=minimum, maximum=maximum)


def _path(kind: Kind) -> Field:
    return Field(kind=kind, language=JSONPATH)


_SECONDS = _whole(1, MOST_SECONDS)
_TEMPLATE = Field(kind="template", language=JSONPATH)
_OUTPUT = Field(kind="any", language=JSONATA)
_ASSIGN = Field(kind="assign")
_ERRORS = Field(kind="strings", filled=True, expression=False)
_COMMENT = Field(kind="literal")
_FLAG = Field(kind="boolean", expression=False)
_NEXT = _text()

RETRIER = Shape(
    "Retry",
    {
        "Comment": _COMMENT,
        "ErrorEquals": _ERRORS,
        "IntervalSeconds": _SECONDS,
        "MaxAttempts": _whole(0, MOST_SECONDS),
        "BackoffRate": Field(kind="number", minimum=1),
        "MaxDelaySeconds": _whole(1, MOST_DELAY_SECONDS),
        "JitterStrategy": _text(None, "FULL", "NONE"),
    },
    required=("ErrorEquals",),
)

CATCHER = Shape(
    "Catch",
    {
        "Comment": _COMMENT,
        "ErrorEquals": _ERRORS,
        "Next": _NEXT,
        "ResultPath": _path("result_path"),
        "Output": _OUTPUT,
        "Assign": _ASSIGN,
    },
    required=("ErrorEquals", "Next"),
)

_RULE_FIELDS = {
    "Comment": _COMMENT,
    "Variable": _path("reference"),
    **{name: Field(kind=kind, language=JSONPATH) for name, kind in OPERATORS.items()},
}
_COMBINED = ("And", "Or", "Not", *OPERATORS)

NESTED_RULE = Shape("nested Choice rule", _RULE_FIELDS, one_of=(_COMBINED,))
# A nested rule holds nested rules: the table is closed after the shape exists.
_RULE_FIELDS["And"] = _RULE_FIELDS["Or"] = Field(kind="array", language=JSONPATH, filled=True, inner=NESTED_RULE)
_RULE_FIELDS["Not"] = Field(kind="object", language=JSONPATH, inner=NESTED_RULE)

CHOICE_RULE = Shape(
    "Choice rule",
    {
        **_RULE_FIELDS,
        "Condition": Field(kind="boolean", language=JSONATA),
        "Next": _NEXT,
        "Assign": _ASSIGN,
        "Output": _OUTPUT,
    },
    required=("Next", "Condition"),
    one_of=(_COMBINED,),
)

CREDENTIALS = Shape(
    "Credentials",
    {"RoleArn": Field(kind="string"), "RoleArn.$": Field(kind="any", language=JSONPATH)},
    one_of=(("RoleArn", "RoleArn.$"),),
)

PROCESSOR_CONFIG = Shape(
    "ProcessorConfig",
    {"Mode": _text(None, "INLINE", "DISTRIBUTED"), "ExecutionType": _text(None, "STANDARD", "EXPRESS")},
)

READER_CONFIG = Shape(
    "ReaderConfig",
    {
        "InputType": _text(None, "CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"),
        "Transformation": _text(None, "NONE", "LOAD_AND_FLATTEN"),
        "ManifestType": _text(None, "ATHENA_DATA", "S3_INVENTORY"),
        "CSVDelimiter": _text(None, "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
        "CSVHeaderLocation": _text(None, "FIRST_ROW", "GIVEN"),
        "CSVHeaders": Field(kind="strings"),
        "ItemsPointer": Field(kind="string"),
        "MaxItems": _whole(0),
        "MaxItemsPath": _path("own_reference"),
    },
    at_most_one=(("MaxItems", "MaxItemsPath"),),
)

ITEM_READER = Shape(
    "ItemReader",
    {
        "Resource": _text(),
        "ReaderConfig": Field(kind="object", inner=READER_CONFIG),
        "Parameters": _TEMPLATE,
        "Arguments": Field(kind="object", language=JSONATA),
    },
    required=("Resource",),
)

ITEM_BATCHER = Shape(
    "ItemBatcher",
    {
        "MaxItemsPerBatch": _whole(0),
        "MaxItemsPerBatchPath": _path("own_reference"),
        "MaxInputBytesPerBatch": _whole(0, MOST_BATCH_BYTES),
        "MaxInputBytesPerBatchPath": _path("own_reference"),
        "BatchInput": Field(kind="template"),
    },
    at_most_one=(
        ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
        ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
    ),
)

RESULT_WRITER = Shape(
    "ResultWriter",
    {
        "Resource": _text(),
        "WriterConfig": Field(
            kind="object",
            inner=Shape(
                "WriterConfig",
                {
                    "Transformation": _text(None, "NONE", "COMPACT", "FLATTEN"),
                    "OutputType": _text(None, "JSON", "JSONL"),
                },
            ),
        ),
        "Parameters": _TEMPLATE,
        "Arguments": Field(kind="object", language=JSONATA),
    },
)

_ALL = {
    "Type": _text(),
    "Comment": _COMMENT,
    "QueryLanguage": _text(None, "JSONPath", "JSONata"),
    "Next": _NEXT,
    "End": _FLAG,
    "Default": _NEXT,
    "InputPath": _path("path"),
    "OutputPath": _path("path"),
    "ResultPath": _path("result_path"),
    "Parameters": _TEMPLATE,
    "ResultSelector": _TEMPLATE,
    "Result": Field(kind="literal", language=JSONPATH),
    "Arguments": Field(kind="object", language=JSONATA),
    "Output": _OUTPUT,
    "Assign": _ASSIGN,
    "Resource": Field(kind="string", expression=False, filled=True),
    "TimeoutSeconds": _SECONDS,
    "TimeoutSecondsPath": _path("reference"),
    "HeartbeatSeconds": _SECONDS,
    "HeartbeatSecondsPath": _path("reference"),
    "Credentials": Field(kind="object", inner=CREDENTIALS),
    "Retry": Field(kind="array", expression=False, inner=RETRIER),
    "Catch": Field(kind="array", expression=False, inner=CATCHER),
    "Choices": Field(kind="array", expression=False, filled=True, inner=CHOICE_RULE),
    "Seconds": _whole(0, MOST_SECONDS),
    "SecondsPath": _path("reference"),
    "Timestamp": Field(kind="timestamp"),
    "TimestampPath": _path("reference"),
    "Error": Field(kind="string"),
    "ErrorPath": _path("text_path"),
    "Cause": Field(kind="string"),
    "CausePath": _path("text_path"),
    "Items": Field(kind="any", language=JSONATA),
    "ItemsPath": _path("reference"),
    "ItemSelector": Field(kind="template"),
    "ItemReader": Field(kind="object", inner=ITEM_READER),
    "ItemBatcher": Field(kind="object", inner=ITEM_BATCHER),
    "ResultWriter": Field(kind="object", inner=RESULT_WRITER),
    "MaxConcurrency": _whole(0),
    "MaxConcurrencyPath": _path("own_reference"),
    "ToleratedFailureCount": _whole(0),
    "ToleratedFailureCountPath": _path("own_reference"),
    "ToleratedFailurePercentage": Field(kind="number", minimum=0, maximum=100),
    "ToleratedFailurePercentagePath": _path("own_reference"),
    "Label": _text(),
}

_EVERY = "Type Comment QueryLanguage"
_FLOW = "InputPath OutputPath Output"
_STEP = f"{_EVERY} {_FLOW} Assign Next End"
_CALLER = f"{_STEP} Parameters ResultSelector ResultPath Arguments Retry Catch"
_GOES_ON = (("Next", "End"),)


def _scope(name: str, **extra: Field) -> Shape:
    known = {"StartAt": _text(), "States": Field(kind="object", filled=True, expression=False), "Comment": _COMMENT}
    return Shape(name, {**known, **extra}, required=("States", "StartAt"))


BRANCH = _scope("branch")
PROCESSOR = _scope("ItemProcessor", ProcessorConfig=Field(kind="object", inner=PROCESSOR_CONFIG))
MACHINE = _scope("state machine", QueryLanguage=_ALL["QueryLanguage"], TimeoutSeconds=_SECONDS, Version=_text())

_PROCESSOR_FIELD = Field(kind="object", expression=False, inner=PROCESSOR)
_INNER_MACHINES = {
    "ItemProcessor": _PROCESSOR_FIELD,
    "Iterator": _PROCESSOR_FIELD,
    "Branches": Field(kind="array", expression=False, filled=True, inner=BRANCH),
}


def _state(
    name: str,
    names: str,
    required: tuple[str, ...] = (),
    one_of: tuple[tuple[str, ...], ...] = (),
    at_most_one: tuple[tuple[str, ...], ...] = (),
) -> Shape:
    known = {**_ALL, **_INNER_MACHINES}
    return Shape(name, {field: known[field] for field in names.split()}, required, one_of, at_most_one)


STATES = {
    "Pass": _state("Pass", f"{_STEP} Parameters Result ResultPath", one_of=_GOES_ON),
    "Task": _state(
        "Task",
        f"{_CALLER} Resource TimeoutSeconds TimeoutSecondsPath HeartbeatSeconds HeartbeatSecondsPath Credentials",
        required=("Resource",),
        one_of=_GOES_ON,
        at_most_one=(("TimeoutSeconds", "TimeoutSecondsPath"), ("HeartbeatSeconds", "HeartbeatSecondsPath")),
    ),
    "Choice": _state("Choice", f"{_EVERY} {_FLOW} Assign Choices Default", required=("Choices",)),
    "Wait": _state(
        "Wait",
        f"{_STEP} Seconds SecondsPath Timestamp TimestampPath",
        one_of=(("Seconds", "SecondsPath", "Timestamp", "TimestampPath"), *_GOES_ON),
    ),
    "Succeed": _state("Succeed", f"{_EVERY} {_FLOW}"),
    "Fail": _state(
        "Fail",
        f"{_EVERY} Error ErrorPath Cause CausePath",
        at_most_one=(("Error", "ErrorPath"), ("Cause", "CausePath")),
    ),
    "Parallel": _state("Parallel", f"{_CALLER} Branches", required=("Branches",), one_of=_GOES_ON),
    "Map": _state(
        "Map",
        f"{_STEP} Parameters ResultSelector ResultPath Retry Catch ItemProcessor Iterator Items ItemsPath ItemSelector "
        "ItemReader ItemBatcher ResultWriter Label MaxConcurrency MaxConcurrencyPath ToleratedFailureCount "
        "ToleratedFailureCountPath ToleratedFailurePercentage ToleratedFailurePercentagePath",
        one_of=(("ItemProcessor", "Iterator"), *_GOES_ON),
        at_most_one=(
            ("Parameters", "ItemSelector"),
            ("MaxConcurrency", "MaxConcurrencyPath"),
            ("ToleratedFailureCount", "ToleratedFailureCountPath"),
            ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        ),
    ),
}
"""State type -> its shape."""

STATE = _state("state", _EVERY)
"""What is known of a state whose type is not."""
