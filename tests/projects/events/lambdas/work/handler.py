"""Answers a machine; puts away what a queue brings, one object a message."""

import json
import os


def lambda_handler(event, context):
    if event.get("action") == "warmup":
        return {"warm": context.function_version}
    if "Records" not in event:
        return {"hello": event["name"], "version": context.function_version}
    import boto3

    s3 = boto3.client("s3")
    for record in event["Records"]:
        detail = json.loads(record["body"])["detail"]
        s3.put_object(Bucket=os.environ["BUCKET"], Key=f"orders/{detail['id']}.json", Body=json.dumps(detail))
    return {"batchItemFailures": []}
