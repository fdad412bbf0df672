"""The smallest Lambda."""

import os


def lambda_handler(event, context):
    return {"text": f"{os.environ['GREETING']}, {event['name']}!"}
