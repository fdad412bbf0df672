"""What the parent of all cases does once: a quiet environment, everything loaded, clients made."""

from __future__ import annotations

import gc
import os
from functools import cache
from typing import Any

from botocore.config import Config

from stepdeploy.local import wire
from stepdeploy.local.app import EmbeddedAws
from stepdeploy.local.wire import HttpRequest

REGION = "eu-west-1"


def quiet_environment() -> None:
    """No account, profile or setting of the user; no background work of the server that costs and matters not here."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "STEPDEPLOY_")):
            del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "STEPDEPLOY_LOCAL_ALARM_SECONDS": "0",
        "NO_COLOR": "1",
    }


def load_everything() -> None:
    """Import what the tool and the server import on their way, and read botocore's models once for all processes."""
    import importlib
    import pkgutil

    import rich.progress  # noqa: F401
    import time_machine  # noqa: F401
    from moto.backends import get_backend
    from moto.core.utils import get_service_model

    import stepdeploy
    from stepdeploy.local import moto_services

    _share_models()
    for module in pkgutil.walk_packages(stepdeploy.__path__, "stepdeploy."):
        if not module.name.endswith("__main__") and ".runner.bootstrap" not in module.name:
            importlib.import_module(module.name)
    for signed, service in moto_services.SERVICES.items():
        package: Any = service.package
        get_backend(package)
        get_service_model(_MODELS.get(signed, signed))
    for signed, request in _EMPTY.items():
        wire.operation_name(signed, request)
    for signed in (*moto_services.SERVICES, *wire.MODELS):
        client(_MODELS.get(signed, signed))
    gc.collect()
    gc.freeze()


class _Here:
    """The embedded AWS of this process."""

    aws: EmbeddedAws


_here = _Here()


def use(aws: EmbeddedAws) -> None:
    """From now on clients speak to this one."""
    _here.aws = aws


@cache
def client(service: str) -> Any:
    """A client of the embedded AWS of this process, without network. They are made before processes are forked."""
    import boto3

    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    made = boto3.client(service, region_name=REGION, endpoint_url="http://127.0.0.1:1", config=config, **keys)
    made.meta.events.register("before-send", lambda request, **_: _here.aws.world._answer_in_process(request))
    return made


_MODELS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", **wire.MODELS}
_EMPTY = {
    "states": HttpRequest("POST", "/", [("X-Amz-Target", "AWSStepFunctions.ListStateMachines")]),
    "lambda": HttpRequest("GET", "/2015-03-31/functions/"),
}


def _share_models() -> None:
    """All loaders of botocore's models remember together. What they read is never written, but for the paths of S3's
    model, from which each client takes the bucket that the first one took already."""
    from botocore.loaders import Loader

    found: dict[Any, Any] = {}
    prepare = Loader.__init__

    def share(self: Loader, *arguments: Any, **more: Any) -> None:
        prepare(self, *arguments, **more)
        self._cache = found

    Loader.__init__ = share
