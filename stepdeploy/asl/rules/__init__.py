"""The rules, one concern a file. Importing this package registers them all; docs/rules.md lists them."""

from stepdeploy.asl.rules import (
    advice,
    choices,
    errors,
    express,
    fields,
    graph,
    jsonata,
    labels,
    maps,
    names,
    paths,
    resources,
    states,
    templates,
    text,
    values,
)

__all__ = [
    "advice",
    "choices",
    "errors",
    "express",
    "fields",
    "graph",
    "jsonata",
    "labels",
    "maps",
    "names",
    "paths",
    "resources",
    "states",
    "templates",
    "text",
    "values",
]
