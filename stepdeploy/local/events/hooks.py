"""Where moto hands over to us: the few functions of moto that deliver, answer about metrics, or change alarms.

Installed for a service when moto's package for it is loaded. moto would deliver inside the request, to its own Lambda
and Step Functions, and would fail the request when a target fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from xml.etree import ElementTree

from stepdeploy.local.events import s3, sns
from stepdeploy.local.events.eventbridge import clean
from stepdeploy.local.events.schedules import rate_seconds
from stepdeploy.local.wire import NOT_IMPLEMENTED, ApiError

_NO_CRON = (
    "The embedded AWS of stepdeploy fires rules with rate(...) only: {expression} is not supported. "
    "Use a rate, or a real AWS account."
)
_NO_DEFAULT = "Invalid parameter: Message Structure - No default entry in JSON message body"
_S3_NAMES = "http://s3.amazonaws.com/doc/2006-03-01/"
_originals: dict[tuple[Any, str], Any] = {}


class Sink(Protocol):
    """Who is told. Nothing is told while `replaying`: the journal restores state, and nobody gets mail again."""

    @property
    def replaying(self) -> bool: ...

    def published(
        self, subscription: Any, message: sns.Message, group: str | None, deduplication: str | None
    ) -> None: ...

    def offered(self, rule: Any, event: dict[str, Any]) -> None: ...

    def object_changed(self, account: str, name: str, bucket: Any, key: Any) -> None: ...

    def bucket_configured(self, bucket: Any) -> None: ...

    def alarm_changed(self, alarm: Any, before: str) -> None: ...

    def answer(self, operation: str, backend: Any, params: dict[str, Any]) -> dict[str, Any]: ...


def install(service: str, sink: Sink) -> None:
    """Make moto's package for a service (SigV4 name) tell `sink`. A later call for the same service replaces the sink."""
    installer = _INSTALLERS.get(service)
    if installer is not None:
        installer(sink)


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    original = _originals.setdefault((owner, name), getattr(owner, name))
    setattr(owner, name, make(original))


def _sns(sink: Sink) -> None:
    from moto.sns.exceptions import SNSInvalidParameter
    from moto.sns.models import Subscription

    def publish(
        subscription: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> None:
        text = sns.text_for(subscription.protocol, message) if message_structure == "json" else message
        if text is None:
            raise SNSInvalidParameter(_NO_DEFAULT)
        if sink.replaying or not sns.wanted(subscription, message, message_attributes):
            return
        made = sns.Message(
            subscription.topic.arn, subscription.arn, message_id, text, subject or None, message_attributes or {}
        )
        sink.published(subscription, made, group_id, deduplication_id)

    _replace(Subscription, "publish", lambda _: publish)


def _events(sink: Sink) -> None:
    from moto.events.exceptions import ValidationException
    from moto.events.models import EventsBackend, Rule

    def send_to_targets(rule: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        if sink.replaying:
            return
        if rule.managed_by:  # the rule behind an archive
            _archive(rule, original_event)
        else:
            sink.offered(rule, clean(original_event))

    def put_rule(original: Any) -> Any:
        def checked(backend: Any, name: str, *rest: Any, scheduled_expression: str | None = None, **more: Any) -> Any:
            if scheduled_expression and rate_seconds(scheduled_expression) is None:
                if scheduled_expression.startswith("cron("):
                    raise ApiError(NOT_IMPLEMENTED, _NO_CRON.format(expression=scheduled_expression))
                raise ValidationException("Parameter ScheduleExpression is not valid.")
            return original(backend, name, *rest, scheduled_expression=scheduled_expression, **more)

        return checked

    def _archive(rule: Any, event: Any) -> None:
        from moto.events.models import events_backends

        if rule.event_pattern.matches_event(event):
            for archive in events_backends[rule.account_id][rule.region_name].archives.values():
                if archive.rule is rule:
                    archive.events.append(event)

    _replace(Rule, "send_to_targets", lambda _: send_to_targets)
    _replace(EventsBackend, "put_rule", put_rule)


def _s3(sink: Sink) -> None:
    from moto.s3 import notifications
    from moto.s3.models import S3Backend
    from moto.s3.responses import S3Response

    def send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        """moto tells of tags and ACLs with every new object, and of few deletions: those are left to `deleting`."""
        name = str(getattr(event_name, "value", event_name))
        if name.startswith("s3:ObjectCreated:"):
            tell(account_id, name, bucket, key)

    def tell(account_id: str, name: str, bucket: Any, key: Any) -> None:
        if bucket.notification_configuration is not None and not sink.replaying:
            sink.object_changed(account_id, name, bucket, key)

    def deleting(original: Any) -> Any:
        def delete(
            backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
        ) -> Any:
            bucket = backend.get_bucket(bucket_name)
            before = s3.found(bucket, key_name, version_id)
            answer = original(backend, bucket_name, key_name, version_id, bypass)
            if answer[0] and bucket.is_versioned and version_id is None:
                marker = bucket.keys.get(key_name)
                tell(backend.account_id, "s3:ObjectRemoved:DeleteMarkerCreated", bucket, marker)
            elif answer[0] and before is not None:
                tell(backend.account_id, "s3:ObjectRemoved:Delete", bucket, before)
            return answer

        return delete

    def send_test_event(account_id: str, bucket: Any) -> None:
        if not sink.replaying:
            sink.bucket_configured(bucket)

    def telling_of_events(original: Any) -> Any:
        """moto keeps that a bucket tells EventBridge, and leaves it out of its answer."""

        def get(response: Any) -> Any:
            status, headers, body = original(response)
            kept = response.backend.get_bucket_notification_configuration(response.bucket_name)
            if kept is not None and kept.event_bridge is not None:
                root = ElementTree.fromstring(body)
                ElementTree.SubElement(root, f"{{{_S3_NAMES}}}EventBridgeConfiguration")
                body = ElementTree.tostring(root, encoding="utf-8", default_namespace=_S3_NAMES)
            return status, headers, body

        return get

    def with_tags(original: Any) -> Any:
        """moto passes over the tags that a new bucket is made with
        (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html)."""

        def put(response: Any, request: Any, name: str, query: Any) -> Any:
            is_new = name not in response.backend.buckets
            answer = original(response, request, name, query)
            if is_new and name in response.backend.buckets and (tags := s3.tags_of(response.body)):
                response.backend.put_bucket_tagging(name, tags)
            return answer

        return put

    _replace(S3Response, "_bucket_response_put", with_tags)
    _replace(S3Response, "get_bucket_notification", telling_of_events)
    _replace(notifications, "send_event", lambda _: send_event)
    _replace(notifications, "send_test_event", lambda _: send_test_event)
    _replace(S3Backend, "delete_object", deleting)


def _monitoring(sink: Sink) -> None:
    from moto.cloudwatch.models import Alarm, CloudWatchBackend
    from moto.cloudwatch.responses import CloudWatchResponse
    from moto.core.responses import ActionResult

    def update_state(original: Any) -> Any:
        def update(alarm: Any, reason: str, reason_data: str, state_value: str) -> None:
            before = alarm.state_value
            original(alarm, reason, reason_data, state_value)
            if before != state_value and not sink.replaying:
                sink.alarm_changed(alarm, before)

        return update

    def put_metric_alarm(original: Any) -> Any:
        """A new alarm begins as INSUFFICIENT_DATA; one that is put again keeps its state.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        """

        def put(backend: Any, *positional: Any, **named: Any) -> Any:
            before = backend.alarms.get(named.get("name") or positional[0])
            alarm = original(backend, *positional, **named)
            alarm.state_value = "INSUFFICIENT_DATA"
            if before is not None:
                for kept in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history"):
                    setattr(alarm, kept, getattr(before, kept))
            return alarm

        return put

    def answering(operation: str) -> Callable[[Any], Any]:
        def answer(response: Any) -> Any:
            return ActionResult(sink.answer(operation, response.cloudwatch_backend, response._get_params()))

        return lambda _: answer

    _replace(Alarm, "update_state", update_state)
    _replace(CloudWatchBackend, "put_metric_alarm", put_metric_alarm)
    for operation, name in (
        ("GetMetricStatistics", "get_metric_statistics"),
        ("GetMetricData", "get_metric_data"),
        ("ListMetrics", "list_metrics"),
    ):
        _replace(CloudWatchResponse, name, answering(operation))


_INSTALLERS: dict[str, Callable[[Sink], None]] = {
    "sns": _sns,
    "events": _events,
    "s3": _s3,
    "monitoring": _monitoring,
}
