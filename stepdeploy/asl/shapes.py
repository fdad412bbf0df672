"""How the objects of the language are described: a `Shape` is a table of `Field`s. The tables are in `fields.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

QueryLanguage = Literal["JSONPath", "JSONata"]
JSONPATH: QueryLanguage = "JSONPath"
JSONATA: QueryLanguage = "JSONata"

Kind = Literal[
    "any",
    "string",
    "boolean",
    "integer",
    "number",
    "object",
    "array",
    "strings",  # a list of strings
    "timestamp",  # RFC 3339
    "path",  # any JSONPath, or null
    "reference",  # a Reference Path
    "own_reference",  # a Reference Path into the data or a variable, not into the context object
    "result_path",  # a Reference Path into the data, or null
    "text_path",  # a Reference Path, or an intrinsic function that yields a text
    "template",  # a payload template
    "assign",  # a payload template whose keys are variables
    "literal",  # data in which no expressions are read
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """A field of an object.

    language: the query language that the field belongs to; None for both. expression: under JSONata a `{% %}` text
    may stand for the value. minimum, maximum: both inclusive. values: all that are allowed. filled: must not be empty.
    inner: the shape of the object, or of each object of the array, that the field holds.
    """

    kind: Kind
    language: QueryLanguage | None = None
    expression: bool = True
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    filled: bool = False
    inner: Shape | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The fields of an object of the language.

    name: as shown to the user. required: fields that must be there. one_of: groups of which exactly one field must be
    there. at_most_one: groups of which two must not be there. A field of the other query language never counts.
    """

    name: str
    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    at_most_one: tuple[tuple[str, ...], ...] = ()

    def applies(self, field: str, language: QueryLanguage) -> bool:
        """Whether the shape has the field under a query language."""
        found = self.fields.get(field)
        return found is not None and found.language in (None, language)
