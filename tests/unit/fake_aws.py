"""An AWS of prepared answers. Every call and every answer must have the shape of botocore's model of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from stepdeploy.errors import NotFound
from tests.unit.resources.shapes import answer_problems, parameter_problems

Answer = Mapping[str, Any] | Exception
Answers = Answer | Sequence[Answer] | Callable[..., Answer]


class FakeAws:
    """answers: "service:operation" -> an answer, an exception, several (one a call or page, the last one stays), or a
    function of the call's parameters. An operation without an answer fails the test. made: calls in order."""

    def __init__(self, answers: Mapping[str, Answers]) -> None:
        self.answers = dict(answers)
        self.made: list[tuple[str, dict[str, Any]]] = []

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        assert parameter_problems(service, operation, params) == ""
        self.made.append((f"{service}:{operation}", params))
        answer = self._next(f"{service}:{operation}", params)
        if isinstance(answer, Exception):
            raise answer
        assert answer_problems(service, operation, answer) == []
        return dict(answer)

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        """All pages: the prepared list of answers, or the one answer."""
        label = f"{service}:{operation}"
        count = len(self.answers[label]) if isinstance(self.answers[label], list) else 1
        for _ in range(count):
            yield from self.call(service, operation, **params).get(key, [])

    def tagged(self, arn: str) -> None:
        """No index: each resource is asked for its tags."""

    def labels(self) -> list[str]:
        return [label for label, _ in self.made]

    def _next(self, label: str, params: Mapping[str, Any]) -> Answer:
        assert label in self.answers, f"{label} was not expected: {params}"
        answer = self.answers[label]
        if callable(answer):
            return answer(**params)
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        assert isinstance(answer, Mapping | Exception)
        return answer


GONE = NotFound("it is not there", code="ResourceNotFoundException")
