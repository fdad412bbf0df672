"""Gap filling: nothing without configuration, nothing that a passage does not state."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from common import api_use, aws, breaker, nova, secrets
from common.api_use import Usage
from common.errors import (
    ConfigurationError,
    PageNotFound,
    ServiceUnavailable,
    UnexpectedContent,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from common.evidence import stands_in
from common.gaps import NOT_CONFIGURED, NOTHING_TO_READ, Passage, fill_gaps, reason_not_to_ask

PAGE = Passage(
    "Jane Doe joined in 2019. Jane Doe, Chief Financial Officer. About 164,000 employees.", "https://e.com/t"
)
GAPS = {"ceo": "John Roe", "cfo": None, "employees": None}


@pytest.fixture
def model(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stubbed Nova Pro; call it with what the model is to answer, or with an error code."""
    monkeypatch.setenv("NOVA_MODEL_ID", "amazon.nova-pro-v1:0")
    with Stubber(aws.client("bedrock-runtime")) as stub:

        def answers(value: dict[str, Any] | str) -> None:
            call = {
                "modelId": "amazon.nova-pro-v1:0",
                "system": ANY,
                "messages": ANY,
                "inferenceConfig": {"maxTokens": nova.MAX_ANSWER_TOKENS, "temperature": 0},
                "toolConfig": ANY,
            }
            if isinstance(value, str):
                stub.add_client_error("converse", value, "said no", expected_params=call)
            else:
                stub.add_response("converse", conversation(value), call)

        yield answers
        stub.assert_no_pending_responses()


def conversation(value: dict[str, Any]) -> dict[str, Any]:
    block = {"toolUse": {"toolUseId": "t", "name": "record_answer", "input": value}} if value else {"text": "Well."}
    return {
        "output": {"message": {"role": "assistant", "content": [block]}},
        "stopReason": "tool_use" if value else "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }


def test_without_configuration_nothing_is_tried(cloud: None) -> None:
    result = fill_gaps(GAPS, [PAGE], "cxo")
    assert result == {"filled": {}, "skipped": [NOT_CONFIGURED], "api_calls": {"nova": 0}}
    assert reason_not_to_ask([PAGE]) == NOT_CONFIGURED


def test_without_gaps_nothing_is_tried(model: Any) -> None:
    assert fill_gaps({"ceo": "John Roe"}, [PAGE], "cxo")["api_calls"]["nova"] == 0


@pytest.mark.parametrize("passages", [[], [""], [Passage(" \n ")]])
def test_without_passages_nothing_is_tried(model: Any, passages: list[Any]) -> None:
    result = fill_gaps(GAPS, passages, "cxo")
    assert (result["skipped"], result["api_calls"]["nova"]) == ([NOTHING_TO_READ], 0)
    assert reason_not_to_ask(passages) == NOTHING_TO_READ
    assert reason_not_to_ask([*passages, PAGE]) is None


def test_a_value_that_a_passage_states_fills_the_gap(model: Any) -> None:
    model(
        {
            "cfo": {"value": "Jane Doe", "quote": "Jane Doe, Chief Financial Officer."},
            "employees": {"value": 164000, "quote": "About 164,000 employees."},
        }
    )
    result = fill_gaps(GAPS, ["Other text", PAGE], "cxo")
    assert result["filled"]["cfo"] == {
        "value": "Jane Doe",
        "quote": "Jane Doe, Chief Financial Officer.",
        "source": "https://e.com/t",
    }
    assert result["filled"]["employees"]["value"] == 164000
    assert result["api_calls"] == {"nova": 1}


@pytest.mark.parametrize(
    "answer",
    [
        {"value": "Max Muster", "quote": "Max Muster, Chief Financial Officer."},  # made up
        {"value": "Max Muster", "quote": "Jane Doe, Chief Financial Officer."},  # not in its quote
        {"value": "Jane Do", "quote": "Jane Doe, Chief Financial Officer."},  # half a word
        {"value": "", "quote": "Jane Doe"},
        {"value": "Jane Doe", "quote": ""},
        {"value": "Jane Doe"},
        "Jane Doe",
    ],
)
def test_a_value_that_no_passage_states_is_refused(model: Any, answer: Any) -> None:
    model({"cfo": answer})
    result = fill_gaps({"cfo": None}, [PAGE], "cxo")
    assert result["filled"] == {}
    assert "cfo: the model's value does not stand in a passage" in result["skipped"]


def test_a_field_that_was_not_asked_for_is_ignored(model: Any) -> None:
    model({"ceo": {"value": "Jane Doe", "quote": "Jane Doe"}})
    result = fill_gaps(GAPS, [PAGE], "cxo")
    assert result["filled"] == {}
    assert "cfo: the passages do not state it" in result["skipped"]


@pytest.mark.parametrize("trouble", ["AccessDeniedException", {}])
def test_a_model_that_refuses_or_talks_is_a_reason_not_an_error(model: Any, trouble: Any) -> None:
    model(trouble)
    result = fill_gaps(GAPS, [PAGE], "sec")
    assert result["filled"] == {}
    assert any(reason.startswith("Nova Pro did not answer") for reason in result["skipped"])


@pytest.mark.parametrize(
    ("code", "error"), [("ThrottlingException", UpstreamThrottled), ("ModelTimeoutException", UpstreamUnavailable)]
)
def test_trouble_that_passes_is_an_error(model: Any, code: str, error: type[Exception]) -> None:
    model(code)
    usage = Usage()
    with pytest.raises(error):
        fill_gaps(GAPS, [PAGE], "sec", usage=usage)
    assert usage == Usage(nova=1), "the call was made"


def test_tokens_are_counted_also_for_an_answer_of_no_use(model: Any) -> None:
    model({})
    usage = Usage(input_tokens=10)
    fill_gaps(GAPS, [PAGE], "sec", usage=usage)
    assert usage == Usage(input_tokens=11, output_tokens=1, nova=1)


@pytest.mark.parametrize("stored", [None, [], {}, {"nova": 5}, {"nova": {"input_tokens": "9"}, "serper": -1}])
def test_usage_adds_to_what_is_stored(stored: Any) -> None:
    usage = Usage(input_tokens=5, output_tokens=3, serper=1, nova=1)
    assert usage.after(stored) == usage.to_dict()
    assert usage.after(usage.to_dict()) == {"nova": {"input_tokens": 10, "output_tokens": 6}, "serper": 2}


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (None, ["succeeded"]),
        (PageNotFound("404"), ["succeeded"]),
        (UpstreamThrottled("429"), ["throttled None"]),
        (UpstreamThrottled("429", retry_after=30), ["throttled 30"]),
        (UpstreamUnavailable("503"), ["failed"]),
        (UnexpectedContent("odd"), []),
        (ConfigurationError("denied"), []),
        (ZeroDivisionError(), []),
    ],
)
def test_a_guarded_call_is_reported(monkeypatch: pytest.MonkeyPatch, raised: Exception | None, told: list[str]) -> None:
    reports: list[str] = []
    monkeypatch.setattr(breaker, "check", lambda api, caller: breaker.CLOSED)
    for name in ("succeeded", "failed"):
        monkeypatch.setattr(breaker, name, lambda api, name=name: reports.append(name))
    monkeypatch.setattr(breaker, "throttled", lambda api, seconds: reports.append(f"throttled {seconds}"))

    def call() -> None:
        with api_use.guarded("nova", "arn"):
            if raised:
                raise raised

    if raised:
        with pytest.raises(type(raised)):
            call()
    else:
        call()
    assert reports == told


def test_an_open_breaker_spares_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "check", lambda api, caller: breaker.OPEN)
    with pytest.raises(ServiceUnavailable, match="nova"), api_use.guarded("nova", "arn"):
        raise AssertionError("called")


def test_a_breaker_that_breaks_is_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: str) -> str:
        raise KeyError("poisoned")

    for name in ("check", "succeeded", "failed", "throttled"):
        monkeypatch.setattr(breaker, name, broken)
    with api_use.guarded("nova", "arn"):
        pass
    with pytest.raises(UpstreamThrottled), api_use.guarded("nova", "arn"):
        raise UpstreamThrottled("429")
    assert capsys.readouterr().out.count("breaker not reached") == 4


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ThrottlingException", UpstreamThrottled),
        ("ModelTimeoutException", UpstreamUnavailable),
        ("AccessDeniedException", ConfigurationError),
    ],
)
def test_bedrock_errors_get_our_names(model: Any, code: str, expected: type[Exception]) -> None:
    model(code)
    with pytest.raises(expected, match=code):
        nova.ask("instruction", "text", {"type": "object"})


def test_an_answer_without_the_tool_is_unexpected(model: Any) -> None:
    model({})
    with pytest.raises(UnexpectedContent, match="end_turn"):
        nova.ask("instruction", "text", {"type": "object"})


@pytest.mark.parametrize(
    ("value", "text", "stands"),
    [
        ("Jane Doe", "JANE\n DOE, CFO", True),
        ("O’Neil", "Mr. O'Neil", True),
        ("Ann", "Anne Doe", False),
        (1_500_000, "about 1.5 million people", True),
        (1.5, "about 1.5 million people", False),
        (164000, "164,000.", True),
        (164, "164,000", False),
        (2024, "in 12024", False),
        (True, "True", False),
        (None, "None", False),
        ("", "anything", False),
    ],
)
def test_stands_in(value: object, text: str, stands: bool) -> None:
    assert stands_in(value, text) is stands


def test_secrets_come_from_both_stores(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.client("secretsmanager").create_secret(Name="plain", SecretString="key-1")
    made = aws.client("secretsmanager").create_secret(Name="object", SecretString=json.dumps({"api_key": "key-2"}))
    aws.client("ssm").put_parameter(Name="/serper/key", Value="key-3", Type="SecureString")
    wanted = {"plain": "key-1", made["ARN"]: "key-2", "/serper/key": "key-3"}
    wanted["arn:aws:ssm:us-east-1:123456789012:parameter/serper/key"] = "key-3"
    for identifier, value in wanted.items():
        monkeypatch.setenv("KEY", identifier)
        assert secrets.get("KEY") == value


def test_a_secret_is_read_once(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "name")
    made = aws.client("secretsmanager").create_secret(Name="name", SecretString="before")
    assert secrets.get("KEY") == "before"
    aws.client("secretsmanager").put_secret_value(SecretId=made["ARN"], SecretString="after")
    assert secrets.get("KEY") == "before"
    secrets.forget()
    assert secrets.get("KEY") == "after"


@pytest.mark.parametrize("text", ["", " ", '{"other": "hidden"}', '{"api_key": ""}'])
def test_an_unusable_secret_is_refused_without_showing_it(
    cloud: None, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(secrets, "_read", lambda identifier: text)
    monkeypatch.setenv("KEY", "name")
    with pytest.raises(ConfigurationError) as raised:
        secrets.get("KEY")
    assert "hidden" not in str(raised.value)


def test_a_secret_that_is_not_there_is_named(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "no-such-secret")
    with pytest.raises(ConfigurationError, match="no-such-secret"):
        secrets.get("KEY")
    monkeypatch.delenv("KEY")
    with pytest.raises(ConfigurationError, match="KEY must hold"):
        secrets.get("KEY")
