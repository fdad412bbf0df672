"""Whether CloudWatch Logs has room for what Step Functions writes into the region's resource policies.

Ten policies a region, 5,120 characters each. A log group under /aws/vendedlogs/ needs no entry of its own, but the policy
that holds the common one must be there, or have room (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-CloudWatchLogs.html).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stepdeploy.doctor.model import Check
from stepdeploy.engine.model import Aws

NAME = "logs resource policies"
MOST_POLICIES = 10
MOST_CHARACTERS = 5_120
DELIVERY = "AWSLogDeliveryWrite20150319"
"""The policy that AWS keeps for log deliveries."""
VENDED = "/aws/vendedlogs/"
ENTRY = 150
"""Characters that an entry of one group takes, about."""
TODO = "Remove a policy that nobody needs: aws logs describe-resource-policies, delete-resource-policy."


def check(aws: Aws, groups: Collection[str]) -> Check:
    """groups: log groups of the machines that log."""
    found = aws.pages("logs", "describe_resource_policies", "resourcePolicies")
    return judge([(item["policyName"], len(item.get("policyDocument", ""))) for item in found], groups)


def judge(policies: Sequence[tuple[str, int]], groups: Collection[str]) -> Check:
    """policies: name and characters. Pure."""
    if not groups:
        return Check(NAME, "ok", "no machine writes a log")
    count, own = f"{len(policies)} of {MOST_POLICIES} policies", [group for group in groups if VENDED not in group]
    delivery = dict(policies).get(DELIVERY)
    if delivery is None and len(policies) >= MOST_POLICIES:
        return Check(NAME, "problem", f"{count}, and {DELIVERY}, which AWS would have to add, is not one of them", TODO)
    if own and (delivery or 0) + ENTRY * len(own) > MOST_CHARACTERS:
        found = f"{DELIVERY} holds {delivery} of {MOST_CHARACTERS} characters, and {len(own)} groups need entries"
        return Check(NAME, "problem", found, f"Name the groups {VENDED}..., which need none. {TODO}")
    if delivery is None and len(policies) >= MOST_POLICIES - 1:
        return Check(NAME, "warning", f"{count}; AWS will add {DELIVERY} as the last one", TODO)
    needs = f"groups under {VENDED} need no entry of their own" if not own else f"room for {len(own)} groups"
    return Check(NAME, "ok", f"{count}; {needs}")
