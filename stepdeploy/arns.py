"""Build and take apart Amazon Resource Names (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where resources live: partition ("aws"), region ("us-east-1"), account id (12 digits)."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """`arn:<partition>:<service>:<region>:<account>:<resource>`; pass "" for a part that a service leaves out."""
        region = self.region if region is None else region
        account = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    def role(self, name: str) -> str:
        return self.arn("iam", f"role/{name}", region="")

    def function(self, name: str) -> str:
        return self.arn("lambda", f"function:{name}")

    def log_group(self, name: str) -> str:
        """Without the trailing `:*` that Step Functions wants in a logging destination."""
        return self.arn("logs", f"log-group:{name}")

    def state_machine(self, name: str) -> str:
        return self.arn("states", f"stateMachine:{name}")

    def topic(self, name: str) -> str:
        return self.arn("sns", name)

    def table(self, name: str) -> str:
        return self.arn("dynamodb", f"table/{name}")

    def queue(self, name: str) -> str:
        return self.arn("sqs", name)

    def alarm(self, name: str) -> str:
        return self.arn("cloudwatch", f"alarm:{name}")

    def layer(self, name: str) -> str:
        """Without a version."""
        return self.arn("lambda", f"layer:{name}")

    def rule(self, name: str) -> str:
        """name: of the rule; `<bus>/<rule>` on a bus other than the default one."""
        return self.arn("events", f"rule/{name}")

    def dashboard(self, name: str) -> str:
        """Dashboards belong to no region."""
        return self.arn("cloudwatch", f"dashboard/{name}", region="")

    def bucket(self, name: str) -> str:
        return self.arn("s3", name, region="", account="")


def partition_of(region: str) -> str:
    """The partition that a region belongs to, by its prefix."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def version_number(arn: str) -> int | None:
    """The version at the end of a state machine or function version ARN; None where it ends in no number."""
    tail = arn.rsplit(":", 1)[-1]
    return int(tail) if tail.isdigit() else None
