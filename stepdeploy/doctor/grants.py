"""Which IAM actions the tool needs, kind by kind, and on what: a table, from which the least policy is made.

`tests/unit/doctor/test_grants.py` holds it to the calls that stand in the code: a call that is not here fails there, and so
does an action that nothing calls. Resource types are those of AWS's own list, the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html):
an action that knows none stands on `*`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Phase = Literal["read", "write", "prune", "destroy"]
"""read: plan, status, versions, doctor. write: deploy and rollback. prune: versions prune. destroy: destroy."""


@dataclass(frozen=True)
class Grant:
    """actions that one kind of resource needs on targets: patterns with the names that `policy.targets` gives."""

    kind: str
    phase: Phase
    targets: tuple[str, ...]
    actions: tuple[str, ...]


OWN = ("{arn}",)
FUNCTION = ("{function}", "{function}:*")
"""What holds for a function does not hold for its versions (name:7); both are needed."""
GROUP = ("{arn}", "{arn}:*")
"""Tags go by the plain ARN, all else by the one with `:*`
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html)."""
ALL = ("*",)

_ROWS: tuple[tuple[str, Phase, tuple[str, ...], str], ...] = (
    ("role", "read", OWN, "iam:GetRole iam:GetRolePolicy"),
    ("role", "write", OWN, "iam:CreateRole iam:PutRolePolicy iam:UpdateAssumeRolePolicy iam:TagRole iam:UntagRole"),
    ("role", "destroy", OWN, "iam:ListRolePolicies iam:DeleteRolePolicy iam:DeleteRole"),
    ("log_group", "read", ALL, "logs:DescribeLogGroups"),
    ("log_group", "read", GROUP, "logs:ListTagsForResource"),
    ("log_group", "write", GROUP, "logs:CreateLogGroup logs:PutRetentionPolicy logs:TagResource logs:UntagResource"),
    ("log_group", "destroy", GROUP, "logs:DeleteLogGroup"),
    ("table", "read", OWN, "dynamodb:DescribeTable dynamodb:DescribeTimeToLive dynamodb:DescribeContinuousBackups"),
    ("table", "read", OWN, "dynamodb:ListTagsOfResource"),
    ("table", "write", OWN, "dynamodb:CreateTable dynamodb:UpdateTimeToLive dynamodb:UpdateContinuousBackups"),
    ("table", "write", OWN, "dynamodb:TagResource dynamodb:UntagResource"),
    ("table", "destroy", OWN, "dynamodb:DeleteTable"),
    ("ledger", "read", OWN, "dynamodb:GetItem dynamodb:Query"),
    ("ledger", "write", OWN, "dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"),
    ("ledger", "destroy", OWN, "dynamodb:DeleteTable"),
    ("bucket", "read", OWN, "s3:GetBucketTagging s3:GetBucketVersioning s3:GetBucketPublicAccessBlock"),
    ("bucket", "read", OWN, "s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetBucketNotification"),
    ("bucket", "write", OWN, "s3:CreateBucket s3:PutBucketTagging s3:PutBucketVersioning s3:PutBucketNotification"),
    ("bucket", "write", OWN, "s3:PutBucketPublicAccessBlock s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration"),
    ("bucket", "destroy", OWN, "s3:ListBucketVersions s3:DeleteBucket"),
    ("bucket", "destroy", ("{arn}/*",), "s3:DeleteObject s3:DeleteObjectVersion"),
    ("topic", "read", OWN, "sns:GetTopicAttributes sns:ListSubscriptionsByTopic sns:ListTagsForResource"),
    ("topic", "write", OWN, "sns:CreateTopic sns:SetTopicAttributes sns:Subscribe sns:TagResource sns:UntagResource"),
    ("topic", "destroy", OWN, "sns:DeleteTopic"),
    ("subscription", "read", OWN, "sns:ListSubscriptionsByTopic"),
    ("subscription", "read", ALL, "sns:GetSubscriptionAttributes"),
    ("subscription", "write", OWN, "sns:Subscribe"),
    ("subscription", "write", ALL, "sns:SetSubscriptionAttributes sns:Unsubscribe"),
    ("queue", "read", OWN, "sqs:GetQueueUrl sqs:GetQueueAttributes sqs:ListQueueTags"),
    ("queue", "write", OWN, "sqs:CreateQueue sqs:SetQueueAttributes sqs:TagQueue sqs:UntagQueue"),
    ("queue", "destroy", OWN, "sqs:DeleteQueue"),
    ("layer", "read", ALL, "lambda:ListLayerVersions"),
    ("layer", "read", ("{arn}:*",), "lambda:GetLayerVersion"),
    ("layer", "write", OWN, "lambda:PublishLayerVersion"),
    ("layer", "prune", ("{arn}:*",), "lambda:DeleteLayerVersion"),
    ("layer", "destroy", ("{arn}:*",), "lambda:DeleteLayerVersion"),
    ("function", "read", FUNCTION, "lambda:GetFunction lambda:ListVersionsByFunction lambda:GetFunctionConfiguration"),
    ("function", "read", FUNCTION, "lambda:GetFunctionConcurrency lambda:ListTags"),
    ("function", "write", FUNCTION, "lambda:CreateFunction lambda:UpdateFunctionCode lambda:PublishVersion"),
    ("function", "write", FUNCTION, "lambda:UpdateFunctionConfiguration lambda:TagResource lambda:UntagResource"),
    ("function", "write", FUNCTION, "lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency"),
    ("function", "prune", FUNCTION, "lambda:ListAliases lambda:GetPolicy lambda:ListProvisionedConcurrencyConfigs"),
    ("function", "prune", FUNCTION, "lambda:DeleteFunction"),
    ("function", "prune", ALL, "lambda:ListEventSourceMappings events:ListRuleNamesByTarget"),
    ("function", "destroy", FUNCTION, "lambda:DeleteFunction"),
    ("permission", "read", FUNCTION, "lambda:GetPolicy"),
    ("permission", "write", FUNCTION, "lambda:AddPermission lambda:RemovePermission"),
    ("invoke_config", "read", FUNCTION, "lambda:GetFunctionEventInvokeConfig"),
    ("invoke_config", "write", FUNCTION, "lambda:PutFunctionEventInvokeConfig lambda:UpdateFunctionEventInvokeConfig"),
    ("invoke_config", "write", FUNCTION, "lambda:DeleteFunctionEventInvokeConfig"),
    ("event_source", "read", ALL, "lambda:ListEventSourceMappings"),
    ("event_source", "read", ("{mappings}",), "lambda:ListTags lambda:GetEventSourceMapping"),
    ("event_source", "write", ALL, "lambda:CreateEventSourceMapping"),
    ("event_source", "write", ("{mappings}",), "lambda:UpdateEventSourceMapping lambda:DeleteEventSourceMapping"),
    ("event_source", "write", ("{mappings}",), "lambda:TagResource lambda:UntagResource"),
    ("provisioned", "read", FUNCTION, "lambda:ListProvisionedConcurrencyConfigs lambda:GetProvisionedConcurrencyConfig"),
    ("provisioned", "write", FUNCTION, "lambda:PutProvisionedConcurrencyConfig lambda:DeleteProvisionedConcurrencyConfig"),
    ("rule", "read", OWN, "events:DescribeRule events:ListTargetsByRule events:ListTagsForResource"),
    ("rule", "write", OWN, "events:PutRule events:PutTargets events:TagResource events:UntagResource"),
    ("rule", "write", OWN, "events:RemoveTargets events:DeleteRule"),
    ("warm_up", "read", OWN, "events:DescribeRule events:ListTargetsByRule events:ListTagsForResource"),
    ("warm_up", "read", FUNCTION, "lambda:GetPolicy lambda:ListVersionsByFunction"),
    ("warm_up", "write", OWN, "events:PutRule events:PutTargets events:TagResource events:UntagResource"),
    ("warm_up", "write", OWN, "events:RemoveTargets events:DeleteRule"),
    ("warm_up", "write", FUNCTION, "lambda:AddPermission lambda:RemovePermission"),
    ("alarm", "read", ("{alarms}",), "cloudwatch:DescribeAlarms"),
    ("alarm", "read", OWN, "cloudwatch:ListTagsForResource"),
    ("alarm", "write", OWN, "cloudwatch:PutMetricAlarm cloudwatch:TagResource cloudwatch:UntagResource"),
    ("alarm", "destroy", OWN, "cloudwatch:DeleteAlarms"),
    ("dashboard", "read", ALL, "cloudwatch:ListDashboards"),
    ("dashboard", "read", OWN, "cloudwatch:GetDashboard cloudwatch:ListTagsForResource"),
    ("dashboard", "write", OWN, "cloudwatch:PutDashboard cloudwatch:TagResource cloudwatch:UntagResource"),
    ("dashboard", "write", OWN, "cloudwatch:DeleteDashboards"),
    ("state_machine", "read", OWN, "states:DescribeStateMachine states:ListStateMachineVersions states:ListExecutions"),
    ("state_machine", "read", OWN, "states:ListTagsForResource"),
    ("state_machine", "write", OWN, "states:CreateStateMachine states:UpdateStateMachine states:TagResource"),
    ("state_machine", "write", OWN, "states:UntagResource states:PublishStateMachineVersion"),
    ("state_machine", "prune", OWN, "states:ListStateMachineAliases states:DescribeStateMachineAlias"),
    ("state_machine", "prune", OWN, "states:DeleteStateMachineVersion"),
    ("state_machine", "prune", ("{executions}",), "states:DescribeStateMachineForExecution"),
    ("state_machine", "destroy", OWN, "states:DeleteStateMachine"),
    ("alias", "read", OWN, "states:DescribeStateMachineAlias"),
    ("alias", "write", OWN, "states:CreateStateMachineAlias states:UpdateStateMachineAlias"),
    ("alias", "destroy", OWN, "states:DeleteStateMachineAlias"),
    ("alias", "write", OWN, "states:StartExecution states:StartSyncExecution"),
    ("alias", "write", ("{executions}",), "states:DescribeExecution states:GetExecutionHistory states:StopExecution"),
    ("alias", "write", ("{alarms}",), "cloudwatch:DescribeAlarms"),
    ("alias", "write", ALL, "cloudwatch:GetMetricData"),
    ("account", "read", ALL, "lambda:GetAccountSettings logs:DescribeResourcePolicies tag:GetResources"),
    ("account", "read", ALL, "states:ValidateStateMachineDefinition"),
)  # fmt: skip

GRANTS = tuple(Grant(kind, phase, targets, tuple(actions.split())) for kind, phase, targets, actions in _ROWS)

PASSED = {"lambda": "lambda.amazonaws.com", "states": "states.amazonaws.com", "events": "events.amazonaws.com"}
"""Services that the tool hands a role to (iam:PassRole): functions, machines, and rules that start machines."""


def grants(kind: str, phases: tuple[Phase, ...]) -> Iterator[Grant]:
    """The rows of a kind."""
    return (grant for grant in GRANTS if grant.kind == kind and grant.phase in phases)
