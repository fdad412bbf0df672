"""Questions to Amazon Nova Pro through Bedrock's Converse API. Used only when NOVA_MODEL_ID is set.

Nova Pro has no structured output, so the answer is forced into the input of a tool with a JSON schema.
Source: Bedrock API reference, "Converse"; Bedrock user guide, model card of Nova Pro.
"""

from __future__ import annotations

import os
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from common import aws
from common.api_use import Usage
from common.errors import ConfigurationError, PipelineError, UnexpectedContent, UpstreamThrottled, UpstreamUnavailable

MODEL_ENV = "NOVA_MODEL_ID"
MAX_ANSWER_TOKENS = 2000  # Nova Pro's own limit is 5K
_TOOL = "record_answer"
_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException"})
_UNAVAILABLE = frozenset(
    {"ModelNotReadyException", "ModelTimeoutException", "ServiceUnavailableException", "InternalServerException"}
)


def configured() -> bool:
    """Whether this function may ask a model."""
    return bool(_model())


def ask(instruction: str, text: str, schema: dict[str, Any], usage: Usage | None = None) -> dict[str, Any]:
    """Ask about a text; the answer is an object that the model made to fit `schema` (it may still not fit it).

    usage: the tokens are added to it, also when the answer is of no use: they are paid for.
    Raises ConfigurationError, UpstreamThrottled, UpstreamUnavailable, UnexpectedContent.
    """
    model = _model()
    if not model:
        raise ConfigurationError(f"{MODEL_ENV} must hold a model or inference profile id")
    try:
        answer = aws.client("bedrock-runtime").converse(
            modelId=model,
            system=[{"text": instruction}],
            messages=[{"role": "user", "content": [{"text": text}]}],
            inferenceConfig={"maxTokens": MAX_ANSWER_TOKENS, "temperature": 0},
            toolConfig=_forced_tool(schema),
        )
    except ClientError as error:
        raise _refusal(error, model) from error
    except BotoCoreError as error:
        raise UpstreamUnavailable(f"Bedrock: {error}") from error
    if usage is not None:
        tokens = answer.get("usage", {})
        usage.input_tokens += int(tokens.get("inputTokens", 0))
        usage.output_tokens += int(tokens.get("outputTokens", 0))
    return _tool_input(answer)


def _forced_tool(schema: dict[str, Any]) -> dict[str, Any]:
    tool = {"name": _TOOL, "description": "Records the answer.", "inputSchema": {"json": schema}}
    return {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": _TOOL}}}


def _tool_input(answer: dict[str, Any]) -> dict[str, Any]:
    for block in answer.get("output", {}).get("message", {}).get("content", []):
        found = block.get("toolUse", {}).get("input")
        if isinstance(found, dict):
            return found
    raise UnexpectedContent(f"the model gave no usable answer (stop reason {answer.get('stopReason')})")


def _refusal(error: ClientError, model: str) -> PipelineError:
    code = aws.code_of(error)
    message = f"Bedrock, {model}: {code}: {error.response.get('Error', {}).get('Message', '')}"
    if code in _THROTTLED:
        return UpstreamThrottled(message)
    if code in _UNAVAILABLE:
        return UpstreamUnavailable(message)
    return ConfigurationError(message)


def _model() -> str:
    return os.environ.get(MODEL_ENV, "").strip()
