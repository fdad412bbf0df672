"""Secrets do not show; what is none does, and a change of a secret is still seen as one."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepdeploy.engine.model import Action, Call, Change, Drift, JsonText, Plan
from stepdeploy.masking import mask, mask_pair, mask_text
from stepdeploy.references import Pending, Ref
from stepdeploy.report.lines import plan_lines

MASK = re.compile(r"\*\*\* \(sha256:[0-9a-f]{4}\)")


def hidden(secret: str) -> str:
    return f"*** (sha256:{sha256(secret.encode()).hexdigest()[:4]})"


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "password", "DB_PASSWORD", "DBPASSWORD", "dbPassword", "db-passwd", "PWD", "SMTP_PASS", "client_secret",
            "ClientSecret", "AUTHTOKEN", "auth_token", "accessToken", "API_KEY", "apiKey", "APIKey", "apikey", "X-Api-Key",
            "SIGNING_KEY", "PrivateKey", "AWS_SECRET_ACCESS_KEY", "Authorization", "credentials", "SERPER_SECRET_ID",
            "session_cookie", "passphrase", "ROUTING_KEY", "api_key.$",
        ],
    )  # fmt: skip
    def test_what_says_secret_is_hidden(self, name: str) -> None:
        assert mask({name: "hunter2"}) == {name: hidden("hunter2")}
        assert mask("hunter2", name) == hidden("hunter2")

    @pytest.mark.parametrize(
        "name",
        ["LOG_LEVEL", "author", "passport", "TOKENIZER_MODEL", "Key", "key", "PartitionKey", "KmsKeyId", "KeySchema",
         "tagKeys", "bypass", "monkey", "PassThrough", "AuthType", "TOKEN_TYPE", "SIGNATURE_ALGORITHM"],
    )  # fmt: skip
    def test_what_does_not_is_shown(self, name: str) -> None:
        assert mask({name: "plain words"}) == {name: "plain words"}

    @pytest.mark.parametrize(
        ("name", "is_hidden"),
        [("KEY", True), ("SERPER_KEY", True), ("S3_KEY", False), ("PARTITION_KEY", False), ("KMS_KEY_ID", False), ("KEY_NAME", False)],
    )  # fmt: skip
    def test_any_key_among_environment_variables_is_one_unless_it_says_of_what(
        self, name: str, is_hidden: bool
    ) -> None:
        for holder in ({"environment": {name: "x"}}, {"Environment": {"Variables": {name: "x"}}}):
            assert (hidden("x") in json.dumps(mask(holder))) is is_hidden
        assert (mask("x", "environment", name) != "x") is is_hidden

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("token", ""), ("token", None), ("token", True), ("max_tokens", 512), ("MAX_TOKENS", "512"), ("tokens", 512),
            ("PASSWORD_LENGTH", "12"), ("TOKEN_TTL_SECONDS", 60), ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x"),
            ("token.$", "$.input.token"), ("token.$", "$$.Task.Token"), ("password.$", "States.Hash($.a, $.b)"),
            ("password", "{% $states.input.password %}"), ("token", Ref("function:f", "arn")),
        ],
    )  # fmt: skip
    def test_what_cannot_be_the_secret_itself_is_shown(self, name: str, value: Any) -> None:
        assert mask({name: value}) == {name: value}

    @pytest.mark.parametrize(
        ("name", "value"),
        [("password", 1234), ("pin_secret", 1.5), ("token", "512"), ("password.$", "States.Format('hunter2-{}', $.a)"), ("token", "{% 'hunter2' %}")],
    )  # fmt: skip
    def test_numbers_and_expressions_that_hold_one_are_hidden(self, name: str, value: Any) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        assert mask({name: value}) == {name: hidden(text)}

    def test_all_that_stands_under_a_secret_name_is_secret(self) -> None:
        value = {"credentials": {"user": "u", "more": ["a", {"S": "b"}]}, "other": {"user": "u"}}
        assert mask(value) == {
            "credentials": {"user": hidden("u"), "more": [hidden("a"), {"S": hidden("b")}]}, "other": {"user": "u"},
        }  # fmt: skip

    def test_a_state_or_policy_named_after_a_secret_is_no_secret(self) -> None:
        state = {"Type": "Task", "Resource": "r", "Parameters": {"password": "x"}}
        assert mask({"States": {"GetToken": state}}) == {
            "States": {"GetToken": {**state, "Parameters": {"password": hidden("x")}}}
        }
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        assert mask({"read-token": [statement]}) == {"read-token": [statement]}

    @pytest.mark.parametrize(
        ("pair", "field"),
        [
            ({"Key": "api-token", "Value": "x"}, "Value"),
            ({"key": "api-token", "value": "x"}, "value"),
            ({"Name": "DB_PASSWORD", "Value": "x"}, "Value"),
            ({"Variable": "$.user.password", "StringEquals": "x"}, "StringEquals"),
        ],
    )
    def test_a_name_and_its_value_side_by_side(self, pair: dict[str, Any], field: str) -> None:
        assert mask(pair) == {**pair, field: hidden("x")}
        assert mask({**pair, "Key": "Team", "key": "Team", "Name": "Team", "Variable": "$.team"})[field] == "x"


SLACK = "https://hooks.slack.com/services/"


class TestShapes:
    @pytest.mark.parametrize(
        ("text", "secret"),
        [
            ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
            ("id ASIAIOSFODNN7EXAMPLE.", "ASIAIOSFODNN7EXAMPLE"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("Bearer abcdef123456", "abcdef123456"),
            ("authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="),
            ("ghp_" + "a1" * 18, "ghp_" + "a1" * 18),
            ("github_pat_" + "a1" * 18, "github_pat_" + "a1" * 18),
            ("xoxb-123-456-abcdef", "xoxb-123-456-abcdef"),
            ("sk_live_" + "a1" * 10, "sk_live_" + "a1" * 10),
            ("AIza" + "b2" * 17 + "c", "AIza" + "b2" * 17 + "c"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x-Y_z", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x-Y_z"),
            ("https://user:pw@example.com/p", "user:pw"),
            ("postgres://user:p%40w@db:5432/x", "user:p%40w"),
            (f"{SLACK}T000/B000/XXXXXXXX", "T000/B000/XXXXXXXX"),
            ("https://discord.com/api/webhooks/12/ab-CD", "12/ab-CD"),
            ("https://example.org/webhook/tiger", "tiger"),
            ("https://api.telegram.org/bot12:ab/send", "bot12:ab/send"),
            ("https://example.org/in/9f8e7d6c5b4a32109f8e", "9f8e7d6c5b4a32109f8e"),
            ("see https://example.org/a?x=1&access_token=tiger&y=2 there", "tiger"),
            ("https://b.s3.amazonaws.com/k?X-Amz-Signature=0a1b2c", "0a1b2c"),
            ("Server=db;Password=tiger;Timeout=3", "tiger"),
            ('{% $states.input.password = "tiger" %}', "tiger"),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"),
        ],
    )  # fmt: skip
    def test_what_looks_like_a_credential_is_hidden_and_what_is_around_it_shown(self, text: str, secret: str) -> None:
        assert mask({"comment": text}) == {"comment": text.replace(secret, hidden(secret))}

    @pytest.mark.parametrize(
        "text",
        [
            "Bearer authentication is used", "a token bucket", "Waits for a token: see docs",
            "arn:aws:lambda:eu-west-1:111122223333:function:CompanyDataExtractionPipeline:3",
            "States.Format('batches/{}/companies.jsonl', $.batch_id)", "$.credentials.token", "$$.Task.Token",
            "https://data.sec.gov/submissions/CIK0000320193.json", "https://www.apple.com/leadership/",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs2024a1b2c3d4e5f6", "name <me@example.org>", "mailto:me@example.org",
            "sha256:0123456789ab", "0123456789abcdef" * 4, "4f16b21c9d3e8a7b6c5d4e3f2a1b0c9d8e7f6a5b",
            "arn:aws:states:::aws-sdk:sfn:describeExecution", "ThisIsAVeryLongNameOfAStateMachineWith40c",
            "https://example.org/webhooks", "https://example.org/2024/01/02/a-long-title-of-a-page",
        ],
    )  # fmt: skip
    def test_what_only_resembles_one_is_shown(self, text: str) -> None:
        assert mask_text(text) == text
        assert mask({"comment": text}) == {"comment": text}

    def test_a_random_value_is_one_under_a_name_with_key_and_among_environment_variables(self) -> None:
        value = "9f8e7d6c5b4a32109f8e7d6c"
        assert mask({"lookup_key": value}) == {"lookup_key": hidden(value)}
        assert mask({"environment": {"SERPER": value, "GIT_COMMIT": value}}) == {
            "environment": {"SERPER": hidden(value), "GIT_COMMIT": value}
        }
        assert mask({"Key": "companies/2024/apple.json", "color": value}) == {
            "Key": "companies/2024/apple.json",
            "color": value,
        }

    def test_the_url_of_a_webhook_is_hidden_whatever_it_looks_like(self) -> None:
        assert mask({"WEBHOOK_URL": "https://example.org/in/abc"}) == {
            "WEBHOOK_URL": f"https://example.org/{hidden('in/abc')}"
        }

    def test_json_in_text_is_looked_into(self) -> None:
        assert json.loads(mask({"Input": '{"user": "u", "password": "x"}'})["Input"]) == {
            "user": "u",
            "password": hidden("x"),
        }
        assert mask({"Input": '{"user":  "u"}'}) == {"Input": '{"user":  "u"}'}
        assert mask({"Input": '{"password": "x", oops'}) == {"Input": f'{{"password": "{hidden("x")}", oops'}


class TestPairs:
    def test_a_changed_secret_is_still_a_change(self) -> None:
        assert mask_pair("a", "b", "password") == (hidden("a"), hidden("b"))
        assert mask_pair("a", "a", "password") == (hidden("a"), hidden("a"))
        assert mask_pair(None, "b", "password") == (None, hidden("b"))

    def test_two_secrets_with_the_same_first_digits_show_more_of_them(self) -> None:
        seen: dict[str, str] = {}
        for number in range(3000):
            secret = f"s{number}"
            first = seen.setdefault(hidden(secret), secret)
            if first != secret:
                break
        else:
            pytest.fail("no two secrets with the same first digits")
        before, after = mask_pair(first, secret, "password")
        assert before != after and before[:16] == after[:16] == hidden(secret)[:16]

    @given(
        st.recursive(
            st.text(max_size=12) | st.integers(),
            lambda inner: (
                st.dictionaries(st.sampled_from(["password", "a", "Key", "Value", "States"]), inner, max_size=3)
                | st.lists(inner, max_size=3)
            ),
        )
    )
    def test_what_is_masked_stays_as_it_is(self, value: Any) -> None:
        assert mask(mask(value)) == mask(value)


class TestPlans:
    """A secret anywhere in a plan is in none of the forms that a plan is shown in."""

    SECRET = "t1ger-t1ger-t1ger"

    def plan(self) -> Plan:
        secret = self.SECRET
        body = {"Type": "Task", "Parameters": {"token": secret, "url": f"{SLACK}{secret}"}}
        changes = (
            Change("environment/API_TOKEN", secret, f"{secret}2"),
            Change("environment", None, {"PASSWORD": secret}),
            Change("definition/States/GetToken/TimeoutSeconds", 3, 4, state="GetToken"),
            Change("definition/States/A/Parameters/Payload/password", secret, None, state="A"),
            Change("definition/States/B", None, body, state="B", note="after A"),
            Change("definition/States/C/Choices[0]", {"Variable": "$.password", "StringEquals": secret}, {}, state="C", note=f'$.password = "{secret}"'),
            Change("definition/States/D/Parameters/url", f"https://x:{secret}@h/", None, state="D"),
            Change("definition/States/E/Next", "GetToken", "GetPassword", "retargeted", "E"),
        )  # fmt: skip
        calls = (
            Call("lambda", "create_function", {"Environment": {"Variables": {"API_TOKEN": secret}}}),
            Call("stepfunctions", "update_state_machine", {"definition": JsonText({"States": {"GetToken": body}})}),
            Call("events", "put_targets", {"Targets": [{"Input": json.dumps({"password": secret})}]}),
            Call("sns", "subscribe", {"Endpoint": Pending((f"https://x:{secret}@", Ref("a:b", "host")))}),
        )
        name = f"topic|https|{SLACK}{secret}"
        action = Action("function:f", name, "update", calls, changes)
        drift = Drift("function:f", (Change("environment/API_TOKEN", secret, "x"),))
        return Plan("p", "e", "1", "r", (action,), notes=(f"{name} has not confirmed",), drift=(drift,))

    def test_as_json(self) -> None:
        text = json.dumps(self.plan().to_json())
        assert self.SECRET not in text
        assert len(MASK.findall(text)) >= 14

    def test_as_text(self) -> None:
        text = "\n".join("".join(part for part, _ in line) for line in plan_lines(self.plan(), verbose=True))
        assert self.SECRET not in text
        assert "TimeoutSeconds" in text and "3 -> 4" in text and "GetToken -> GetPassword" in text

    def test_the_calls_themselves_keep_it(self) -> None:
        plan = self.plan()
        plan.to_json()
        assert plan.actions[0].calls[0].params["Environment"]["Variables"]["API_TOKEN"] == self.SECRET


def test_the_pipeline_as_it_is_shows_no_mask() -> None:
    """What is masked without being a secret would only hide what changed."""
    folder = Path(__file__).resolve().parents[3] / "definitions"
    for path in sorted(folder.glob("*.asl.json")):
        definition = json.loads(path.read_text(encoding="utf-8"))
        assert mask(definition) == definition, path.name
