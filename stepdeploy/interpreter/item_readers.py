"""ItemReader: where a Distributed Map's items come from, and how files become items.

Source: AWS "ItemReader (Map)" (input-output-itemreader.html).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any

from stepdeploy.interpreter.choice_rules import is_number
from stepdeploy.interpreter.contract import TaskError
from stepdeploy.interpreter.failures import Failure, runtime_error
from stepdeploy.interpreter.frames import Visit
from stepdeploy.interpreter.texts import to_text

MAX_ITEMS = 100_000_000
_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


async def read_items(visit: Visit, data: Any) -> list[Any]:
    """The items that the state's ItemReader yields. Raises States.ItemReaderFailed."""
    reader = visit.state["ItemReader"]
    name = "Arguments" if "Arguments" in reader else "Parameters"
    parameters = visit.flow.template(visit, f"ItemReader/{name}", reader.get(name, {}), data)
    config = reader.get("ReaderConfig", {})
    most = _max_items(visit, config, data)
    try:
        read = await visit.execution.hooks.read(reader["Resource"], parameters)
        if isinstance(read, bytes) and config.get("InputType") == "MANIFEST":
            items = await _manifest_items(visit, reader["Resource"], read)
        else:
            items = read if isinstance(read, list) else parse_items(read, config)
    except (TaskError, ValueError, csv.Error) as error:
        cause = error.cause if isinstance(error, TaskError) else str(error)
        raise Failure("States.ItemReaderFailed", cause) from error
    return items[:most] if most else items


def _max_items(visit: Visit, config: dict[str, Any], data: Any) -> int:
    if "MaxItemsPath" in config:
        value = visit.flow.template(visit, "ReaderConfig", {"MaxItems.$": config["MaxItemsPath"]}, data)["MaxItems"]
    else:
        value = visit.flow.template(visit, "ItemReader/ReaderConfig/MaxItems", config.get("MaxItems", 0), data)
    if not is_number(value) or value != int(value) or value < 0:
        raise runtime_error(f"The MaxItems of the ItemReader is not a valid integer: {to_text(value)}")
    # A value above the quota is cut down to it.
    return min(int(value), MAX_ITEMS)


def parse_items(body: bytes, config: dict[str, Any]) -> list[Any]:
    """The items in a file. Raises ValueError or csv.Error."""
    kind = config.get("InputType", "JSON")
    text = body.decode("utf-8-sig")
    if kind == "CSV":
        return csv_items(text, config)
    if kind == "JSONL":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    if kind != "JSON":
        raise ValueError(f"Unsupported InputType {kind}")
    items = _at_pointer(json.loads(text), config.get("ItemsPointer", ""))
    if isinstance(items, dict):
        return [{"Key": name, "Value": value} for name, value in items.items()]
    if not isinstance(items, list):
        raise ValueError("Attempting to map over non-iterable node.")
    return items


def _at_pointer(value: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901)."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(f"ItemsPointer {pointer} names nothing") from error
    return value


def csv_items(text: str, config: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows as objects of texts. Missing cells are empty; cells without a header are dropped."""
    delimiter = _DELIMITERS[config.get("CSVDelimiter", "COMMA")]
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    if config.get("CSVHeaderLocation") == "GIVEN":
        headers = config["CSVHeaders"]
    else:
        headers, rows = (rows[0], rows[1:]) if rows else ([], [])
    return [dict(zip(headers, row + [""] * (len(headers) - len(row)), strict=False)) for row in rows]


async def _manifest_items(visit: Visit, resource: str, body: bytes) -> list[Any]:
    """The rows of every CSV file that an S3 Inventory manifest names."""
    manifest = json.loads(body)
    if manifest.get("fileFormat") != "CSV":
        raise ValueError(f"Unsupported inventory format {manifest.get('fileFormat')}")
    bucket = manifest["destinationBucket"].rpartition(":")[2]
    config = {"CSVHeaderLocation": "GIVEN", "CSVHeaders": [name.strip() for name in manifest["fileSchema"].split(",")]}
    items: list[Any] = []
    for file in manifest["files"]:
        part = await visit.execution.hooks.read(resource, {"Bucket": bucket, "Key": file["key"]})
        if isinstance(part, bytes):
            items += csv_items(gzip.decompress(part).decode(), config)
    return items
