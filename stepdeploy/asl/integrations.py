"""The optimized service integrations: service -> action -> the patterns it has besides request-response.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html and the pages it links to.
"""

from __future__ import annotations

SYNC = ".sync"
TOKEN = ".waitForTaskToken"


def _actions(names: str, *patterns: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(names.split(), patterns)


OPTIMIZED: dict[str, dict[str, tuple[str, ...]]] = {
    "apigateway": _actions("invoke", TOKEN),
    "athena": _actions("startQueryExecution", SYNC) | _actions("stopQueryExecution getQueryExecution getQueryResults"),
    "batch": _actions("submitJob", SYNC),
    "bedrock": _actions("invokeModel", TOKEN) | _actions("createModelCustomizationJob", SYNC),
    "codebuild": _actions("startBuild startBuildBatch retryBuild retryBuildBatch", SYNC)
    | _actions("stopBuild stopBuildBatch deleteBuildBatch batchDeleteBuilds batchGetReports"),
    "databrew": _actions("startJobRun", SYNC),
    "dynamodb": _actions("getItem putItem updateItem deleteItem"),
    "ecs": _actions("runTask", SYNC, TOKEN),
    "eks": _actions(
        "createCluster deleteCluster createFargateProfile deleteFargateProfile createNodegroup deleteNodegroup", SYNC
    )
    | _actions("runJob", SYNC, TOKEN)
    | _actions("call", TOKEN),
    "elasticmapreduce": _actions("createCluster terminateCluster addStep", SYNC)
    | _actions("cancelStep setClusterTerminationProtection modifyInstanceFleetByName modifyInstanceGroupByName"),
    "emr-containers": _actions("createVirtualCluster") | _actions("deleteVirtualCluster startJobRun", SYNC),
    "emr-serverless": _actions(
        "createApplication startApplication stopApplication deleteApplication startJobRun cancelJobRun", SYNC
    ),
    "events": _actions("putEvents", TOKEN),
    "glue": _actions("startJobRun", SYNC),
    "http": _actions("invoke"),
    "lambda": _actions("invoke", TOKEN),
    "mediaconvert": _actions("createJob", SYNC),
    "sagemaker": _actions(
        "createHyperParameterTuningJob createLabelingJob createProcessingJob createTrainingJob createTransformJob", SYNC
    )
    | _actions("createEndpoint createEndpointConfig createModel updateEndpoint"),
    "sns": _actions("publish", TOKEN),
    "sqs": _actions("sendMessage", TOKEN),
    "states": _actions("startExecution", SYNC, f"{SYNC}:2", TOKEN),
}

MAP_RESOURCES = {
    "ItemReader": ("s3:getObject", "s3:listObjectsV2"),
    "ResultWriter": ("s3:putObject",),
}
"""What a distributed Map reads from and writes to."""


REQUIRED: dict[str, tuple[str, ...]] = {
    "batch:submitJob": ("JobDefinition", "JobName", "JobQueue"),
    "dynamodb:deleteItem": ("TableName", "Key"),
    "dynamodb:getItem": ("TableName", "Key"),
    "dynamodb:putItem": ("TableName", "Item"),
    "dynamodb:updateItem": ("TableName", "Key"),
    "ecs:runTask": ("TaskDefinition",),
    "events:putEvents": ("Entries",),
    "glue:startJobRun": ("JobName",),
    "lambda:invoke": ("FunctionName",),
    "sqs:sendMessage": ("QueueUrl", "MessageBody"),
    "states:startExecution": ("StateMachineArn",),
}
"""What an action must be given in Parameters or Arguments."""


def has(service: str, action: str) -> bool:
    """Whether `service:action`, patterns included, is an optimized integration (`lambda`, `invoke.waitForTaskToken`)."""
    name, dot, pattern = action.partition(".")
    actions = OPTIMIZED.get(service, {})
    return name in actions and (not dot or dot + pattern in actions[name])
