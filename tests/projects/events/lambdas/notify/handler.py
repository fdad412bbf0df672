"""Prints what it is told, so that a test finds it in the log."""

import json


def lambda_handler(event, context):
    print("told", json.dumps(event))
    return {}
