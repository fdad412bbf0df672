"""Step Functions state machine and its published versions.

A version is published with the revisionId that our own create or update answered, so a console edit or a racing deploy
cannot slip into it (https://docs.aws.amazon.com/step-functions/latest/apireference/API_PublishStateMachineVersion.html).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Change, Decision, JsonText
from stepdeploy.errors import InvalidProject, NotFound
from stepdeploy.references import Ref
from stepdeploy.resources.base import Base, Tagging, same, tag_list, tag_map
from stepdeploy.resources.definition_diff import definition_changes

TAGGING = Tagging("stepfunctions", "resourceArn", tags="tags", keys="tagKeys", names=("key", "value"))
INITIAL = "INITIAL"
"""What a machine's first revision is called; AWS leaves revisionId out of its answers then."""


class StateMachine(Base):
    """desired: arn, definition (JSON data), role, type, logging (level, include_execution_data, log_group_arn),
    tracing (bool), version_description, tags.

    Outputs: version_arn, revision (that it was published from).
    """

    kind = "state_machine"
    remembered = ("revision", "version_arn")

    def read(self, aws: Aws) -> Actual | None:
        arn = self.desired["arn"]
        try:
            found = aws.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)
        except NotFound:
            return None
        if found["status"] == "DELETING":
            return None
        revision = found.get("revisionId", INITIAL)

        def tags() -> dict[str, str]:
            listed = aws.call("stepfunctions", "list_tags_for_resource", resourceArn=arn).get("tags", [])
            return tag_map(listed, "key", "value")

        view = {**_view(found), "revision": revision, "version_arn": self._version_of(aws, revision)}
        return Actual(self.tags(aws, arn, tags), view)

    def _version_of(self, aws: Aws, revision: str) -> str | None:
        """The version that was published from a revision: as the last deploy recorded, else by looking at the newest."""
        published = (self.known or {}).get("outputs", {})
        if published.get("revision") == revision and isinstance(published.get("version_arn"), str):
            return str(published["version_arn"])
        arn = self.desired["arn"]
        newest = aws.call("stepfunctions", "list_state_machine_versions", stateMachineArn=arn, maxResults=1)
        for version in newest.get("stateMachineVersions", []):
            version_arn = version["stateMachineVersionArn"]
            described = aws.call("stepfunctions", "describe_state_machine", stateMachineArn=version_arn)
            if described.get("revisionId", INITIAL) == revision:
                return str(version_arn)
        return None

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = _wanted(desired)
        if actual is None:
            create = Call(
                "stepfunctions",
                "create_state_machine",
                {
                    "name": self.name,
                    "type": desired["type"],
                    **self._settings(desired),
                    "tags": tag_list(desired["tags"], "key", "value"),
                },
            )
            # The answer to create has no revision: the first one is INITIAL by name.
            return Decision(
                (create, self._publish(desired, INITIAL)),
                (Change("states", None, sorted(desired["definition"]["States"])),),
                {"revision": INITIAL},
            )
        if actual.view["type"] != desired["type"]:
            raise InvalidProject(
                f"{self.name} is {actual.view['type']} and cannot become {desired['type']}: AWS has no such update",
                where=self.address,
                hint="Give the machine another name, or destroy it first.",
            )
        before = {key: actual.view[key] for key in wanted}
        before_tags = actual.tags or {}
        tagging = TAGGING.calls(desired["arn"], before_tags, desired["tags"])
        found = (
            *definition_changes(before["definition"], wanted["definition"]),
            *changes(_settings(before), _settings(wanted)),
            *changes({"tags": before_tags}, {"tags": desired["tags"]}),
        )
        if not same(before, wanted):
            update = Call(
                "stepfunctions",
                "update_state_machine",
                {"stateMachineArn": desired["arn"], **self._settings(desired)},
                {"revision": f"revisionId|{INITIAL}"},
            )
            publish = self._publish(desired, Ref(self.address, "revision"))
            return Decision((update, publish, *tagging), found)
        if actual.view["version_arn"] is None:
            change = Change("version", None, "published from the live revision")
            calls = (self._publish(desired, actual.view["revision"]), *tagging)
            return Decision(calls, (*found, change), {"revision": actual.view["revision"]})
        outputs = {"version_arn": actual.view["version_arn"], "revision": actual.view["revision"]}
        return Decision(tuple(tagging), found, outputs)

    def _settings(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        logging = desired["logging"]
        destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{logging['log_group_arn']}:*"}}
        on = logging["level"] != "OFF"
        return {
            "definition": JsonText(desired["definition"]),
            "roleArn": desired["role"],
            "loggingConfiguration": {
                "level": logging["level"],
                "includeExecutionData": on and logging["include_execution_data"],
                "destinations": [destination] if on else [],
            },
            "tracingConfiguration": {"enabled": desired["tracing"]},
        }

    def _publish(self, desired: Mapping[str, Any], revision: Any) -> Call:
        params = {
            "stateMachineArn": desired["arn"],
            "revisionId": revision,
            "description": desired["version_description"],
        }
        return Call("stepfunctions", "publish_state_machine_version", params, {"version_arn": "stateMachineVersionArn"})

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        """AWS ends running executions and removes versions; it takes a moment, and the session waits for it."""
        return (Call("stepfunctions", "delete_state_machine", {"stateMachineArn": self.desired["arn"]}),)


def _settings(facts: Mapping[str, Any]) -> dict[str, Any]:
    """All but the definition."""
    return {name: value for name, value in facts.items() if name != "definition"}


def _view(found: Mapping[str, Any]) -> dict[str, Any]:
    logging = found.get("loggingConfiguration", {})
    destinations = [item["cloudWatchLogsLogGroup"]["logGroupArn"] for item in logging.get("destinations", [])]
    return {
        "type": found["type"],
        "definition": json.loads(found["definition"]),
        "role": found["roleArn"],
        "logging": {
            "level": logging.get("level", "OFF"),
            "include_execution_data": logging.get("includeExecutionData", False),
            "log_group_arn": destinations[0].removesuffix(":*") if destinations else None,
        },
        "tracing": found.get("tracingConfiguration", {}).get("enabled", False),
    }


def _wanted(desired: Mapping[str, Any]) -> dict[str, Any]:
    logging = desired["logging"]
    if logging["level"] == "OFF":
        logging = {"level": "OFF", "include_execution_data": False, "log_group_arn": None}
    return {
        "definition": desired["definition"],
        "role": desired["role"],
        "logging": dict(logging),
        "tracing": desired["tracing"],
    }
