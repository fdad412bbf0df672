"""Names on AWS: the environment's prefix and suffix, and what each service allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Rule(NamedTuple):
    """What AWS allows as a name. words: the pattern in words. least, most: characters."""

    pattern: str
    words: str
    least: int
    most: int


_WORD = "letters, digits, '-' and '_'"
RULES: Mapping[str, Rule] = {
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    "function": Rule(r"[A-Za-z0-9_-]+", _WORD, 1, 64),
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    "state_machine": Rule(r"[A-Za-z0-9_-]+", _WORD, 1, 80),
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    "role": Rule(r"[A-Za-z0-9_+=,.@-]+", "letters, digits and _+=,.@-", 1, 64),
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; without dots, which break TLS
    "bucket": Rule(
        r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]*[a-z0-9]",
        "lower-case letters, digits and '-', without a prefix that S3 keeps for itself",
        3,
        63,
    ),
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    "table": Rule(r"[A-Za-z0-9_.-]+", "letters, digits, '-', '_' and '.'", 3, 255),
    # https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    "topic": Rule(r"[A-Za-z0-9_-]+", _WORD, 1, 256),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    "queue": Rule(r"[A-Za-z0-9_-]+(\.fifo)?", _WORD, 1, 80),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    "alarm": Rule(r"[ -~]+", "printable ASCII characters", 1, 255),
    # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    "rule": Rule(r"[.A-Za-z0-9_-]+", "letters, digits, '.', '-' and '_'", 1, 64),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    "dashboard": Rule(r"[A-Za-z0-9_-]+", _WORD, 1, 255),
    # https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
    "layer": Rule(r"[A-Za-z0-9_-]+", _WORD, 1, 140),
}


@dataclass(frozen=True)
class NameRules:
    """How names are made in one environment."""

    prefix: str
    suffix: str
    account: str

    def physical(self, kind: str, name: str, *, fifo: bool = False) -> str:
        """A resource's name on AWS. Bucket names are shared by all the world, so the account id is part of them; FIFO
        queues must end in `.fifo`."""
        full = f"{self.prefix}{name}{self.suffix}"
        if kind == "bucket":
            return f"{full}-{self.account}"
        return f"{full}.fifo" if fifo else full

    def problem(self, kind: str, name: str) -> str | None:
        """Why AWS would refuse a name, or None."""
        rule = RULES[kind]
        if not rule.least <= len(name) <= rule.most:
            return f"has {len(name)} characters; AWS allows {rule.least} to {rule.most}"
        if not re.fullmatch(rule.pattern, name):
            return f"may only hold {rule.words}"
        return None
