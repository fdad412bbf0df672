"""Names on AWS: the environment's prefix and suffix, and what each service allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

RULES: Mapping[str, tuple[str, int, int]] = {
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    "function": (r"[a-zA-Z0-9_-]+", 1, 64),
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    "state_machine": (r"[a-zA-Z0-9_-]+", 1, 80),
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    "role": (r"[\w+=,.@-]+", 1, 64),
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    "bucket": (r"[a-z0-9][a-z0-9.-]*[a-z0-9]", 3, 63),
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    "table": (r"[a-zA-Z0-9_.-]+", 3, 255),
    # https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    "topic": (r"[a-zA-Z0-9_-]+", 1, 256),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    "queue": (r"[a-zA-Z0-9_-]+(\.fifo)?", 1, 80),
    "alarm": (r"[^\x00-\x1f]+", 1, 255),
    "layer": (r"[a-zA-Z0-9_-]+", 1, 140),
}
"""Kind -> (what it may be made of, least and greatest length)."""


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
        pattern, least, most = RULES[kind]
        if not least <= len(name) <= most:
            return f"is {len(name)} characters long; AWS allows {least} to {most}"
        if not re.fullmatch(pattern, name):
            return "has characters that AWS does not allow there"
        return None
