"""The AWS SDK, for common/aws.py, which imports it with the first client: most of a cold start is its import.

botocore alone: boto3 adds resources and file transfers, which nobody here uses, and a fifth of the time.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

SERVICES = ("bedrock-runtime", "dynamodb", "logs", "s3", "secretsmanager", "sns", "sqs", "ssm", "stepfunctions")
"""What the functions call. Of any other there is no client, but an UnknownServiceError."""


class Models(Loader):  # type: ignore[misc]
    """botocore's models of the APIs, found by name.

    botocore makes sure of a name by looking through the folders of all services it knows: some 2,700 calls of the file
    system, twice, for each process.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        """The services that have a client; every one has models of each type that a client is made of."""
        return list(SERVICES)


@cache
def session() -> Any:
    """The process's session: credentials, region and AWS_ENDPOINT_URL from the environment, as boto3's has them."""
    made = botocore.session.Session()
    made.register_component("data_loader", Models())
    return made


def make_client(service: str, read_timeout: float) -> Any:
    """A new client. Of a connection that cannot be made, a 5xx or a throttling, it tries twice more."""
    config = Config(
        connect_timeout=5,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    return session().create_client(service, config=config)
