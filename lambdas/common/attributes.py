"""DynamoDB's attribute values, `{"S": "text"}`, from and to Python's.

boto3 has the same in boto3.dynamodb.types; a function that calls DynamoDB by botocore alone does not load boto3 for it.
Sources: DynamoDB API reference, "AttributeValue"; developer guide, "Supported data types and naming rules" (numbers).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Subnormal, Underflow
from typing import Any

Attribute = dict[str, Any]

# 38 digits and magnitudes of 1E-130 to 9.99E+125: what does not fit raises, nothing is rounded in silence.
_NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[Clamped, Overflow, Inexact, Rounded, Subnormal, Underflow])


def attribute(value: Any) -> Attribute:
    """The attribute value of None, bool, int, float, Decimal, str, bytes, of a list, tuple or mapping of such, or of a set
    of one kind of them.

    Raises TypeError for what no attribute value can hold, ArithmeticError for a number that DynamoDB cannot store.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, (int, float, Decimal)):
        return {"N": _number(value)}
    if isinstance(value, Mapping):
        return {"M": {key: attribute(inner) for key, inner in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"L": [attribute(inner) for inner in value]}
    if isinstance(value, (bytes, bytearray)):
        return {"B": bytes(value)}
    if isinstance(value, (set, frozenset)):
        return _set(value)
    raise TypeError(f"DynamoDB cannot store a {type(value).__name__}")


def plain(value: Attribute) -> Any:
    """The value of an attribute; a number is an int where it is whole, else a float, so that it can be JSON.

    Sets come as set, binary values as bytes. Raises TypeError for what is no attribute value.
    """
    if not isinstance(value, dict) or len(value) != 1:
        raise TypeError(f"not an attribute value of DynamoDB: {str(value)[:80]}")
    ((kind, content),) = value.items()
    if kind in ("S", "B", "BOOL"):
        return content
    if kind == "N":
        return _plain_number(content)
    if kind == "M":
        return {name: plain(inner) for name, inner in content.items()}
    if kind == "L":
        return [plain(inner) for inner in content]
    if kind == "NULL":
        return None
    if kind in ("SS", "BS"):
        return set(content)
    if kind == "NS":
        return {_plain_number(number) for number in content}
    raise TypeError(f"not an attribute value of DynamoDB: {kind}")


def _set(values: Collection[Any]) -> Attribute:
    kinds = {kind for value in values for kind in attribute(value)}
    if len(kinds) != 1 or not kinds < {"S", "N", "B"}:
        raise TypeError("DynamoDB stores sets of text, of numbers or of bytes, and no empty ones")
    kind = kinds.pop()
    return {f"{kind}S": [attribute(value)[kind] for value in values]}


def _number(value: float | Decimal) -> str:
    number = _NUMBERS.create_decimal(str(value) if isinstance(value, float) else value)
    if not number.is_finite():
        raise TypeError(f"DynamoDB cannot store {value}")
    return str(number)


def _plain_number(text: str) -> float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
