"""DynamoDB table: on-demand, string keys, time to live, point-in-time recovery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import InvalidProject, NotFound
from stepdeploy.resources.base import Base, Tagging, tag_list, tag_map

TAGGING = Tagging("dynamodb", "ResourceArn")
FACTS = ("hash_key", "range_key", "ttl_attribute", "point_in_time_recovery")


class Table(Base):
    """desired: arn, hash_key, range_key (or None), ttl_attribute (or None), point_in_time_recovery, tags."""

    kind = "table"

    def read(self, aws: Aws) -> Actual | None:
        try:
            table = aws.call("dynamodb", "describe_table", TableName=self.name)["Table"]
        except NotFound:
            return None
        keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        ttl = {} if self.unmanaged("ttl_attribute") else self._read_ttl(aws)
        recovery = {} if self.unmanaged("point_in_time_recovery") else self._read_recovery(aws)
        status = ttl.get("TimeToLiveStatus")
        arn = self.desired["arn"]

        def read() -> dict[str, str]:
            return tag_map(list(aws.pages("dynamodb", "list_tags_of_resource", "Tags", ResourceArn=arn)))

        view = {
            "hash_key": keys["HASH"],
            "range_key": keys.get("RANGE"),
            "ttl_attribute": ttl.get("AttributeName") if status in ("ENABLED", "ENABLING") else None,
            "ttl_changing": status in ("ENABLING", "DISABLING"),
            "point_in_time_recovery": recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
        }
        return Actual(self.tags(aws, arn, read), view)

    def _read_ttl(self, aws: Aws) -> dict[str, Any]:
        return dict(aws.call("dynamodb", "describe_time_to_live", TableName=self.name)["TimeToLiveDescription"])

    def _read_recovery(self, aws: Aws) -> dict[str, Any]:
        found = aws.call("dynamodb", "describe_continuous_backups", TableName=self.name)["ContinuousBackupsDescription"]
        return dict(found.get("PointInTimeRecoveryDescription", {}))

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = {name: desired[name] for name in FACTS}
        if actual is None:
            calls = [self._create(desired)]
            if desired["ttl_attribute"]:
                calls.append(self._ttl(desired["ttl_attribute"], True))
            if desired["point_in_time_recovery"]:
                calls.append(self._recovery(True))
            return Decision(tuple(calls))
        if any(actual.view[name] != desired[name] for name in ("hash_key", "range_key")):
            raise InvalidProject(
                f"the keys of table {self.name} are {actual.view['hash_key']}, {actual.view['range_key']} and cannot change",
                where=self.address,
                hint="Give the table another name; the old one keeps its data.",
            )
        calls, notes = self._change_ttl(actual.view, desired["ttl_attribute"])
        if actual.view["point_in_time_recovery"] != desired["point_in_time_recovery"]:
            calls.append(self._recovery(desired["point_in_time_recovery"]))
        before = {**{name: actual.view[name] for name in FACTS}, "tags": actual.tags or {}}
        calls += TAGGING.calls(desired["arn"], before["tags"], desired["tags"])
        found = changes(before, {**wanted, "tags": desired["tags"]})
        return Decision(tuple(calls), found, notes=notes, unfinished=bool(notes))

    def _change_ttl(self, view: Mapping[str, Any], after: str | None) -> tuple[list[Call], tuple[str, ...]]:
        """The call towards the wanted attribute, and what is left for a later deploy: AWS takes one change an hour, and
        another attribute takes two (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html).
        """
        before = view["ttl_attribute"]
        if before == after:
            return [], ()
        later = f"{self.address}: time to live can change once an hour; deploy again in an hour"
        if view["ttl_changing"]:
            return [], (f"{later} to set it to {after or 'off'}",)
        if before and after:
            return [self._ttl(before, False)], (f"{later} to go from {before} to {after}",)
        return [self._ttl(before or str(after), after is not None)], ()

    def _create(self, desired: Mapping[str, Any]) -> Call:
        keys = [("HASH", desired["hash_key"]), ("RANGE", desired["range_key"])]
        keys = [(kind, name) for kind, name in keys if name]
        return Call(
            "dynamodb",
            "create_table",
            {
                "TableName": self.name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for _, name in keys],
                "KeySchema": [{"AttributeName": name, "KeyType": kind} for kind, name in keys],
                "Tags": tag_list(desired["tags"]),
            },
        )

    def _ttl(self, attribute: str, enabled: bool) -> Call:
        specification = {"AttributeName": attribute, "Enabled": enabled}
        params = {"TableName": self.name, "TimeToLiveSpecification": specification}
        return Call("dynamodb", "update_time_to_live", params)

    def _recovery(self, enabled: bool) -> Call:
        specification = {"PointInTimeRecoveryEnabled": enabled}
        params = {"TableName": self.name, "PointInTimeRecoverySpecification": specification}
        return Call("dynamodb", "update_continuous_backups", params)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (Call("dynamodb", "delete_table", {"TableName": self.name}),)


class ReadTable(Table):
    """The tool's own, whose items have just been read: that it is there is known, and the rest as it was applied."""

    def read(self, aws: Aws) -> Actual | None:
        if self.known is None:
            return super().read(aws)
        facts = {name: self.known.get(name) for name in FACTS}
        return Actual(dict(self.known["tags"]), {**facts, "ttl_changing": False})
