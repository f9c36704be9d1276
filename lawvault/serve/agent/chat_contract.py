"""What a chat client sends, in OpenAI's dialect, and which of it means something here.

What only shapes how a model draws words is taken and has no effect; what would have to change the
answer (tools, several answers, another format) is refused with the reason.  Everything else is
refused by name, so that nobody believes to have set what was not.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from lawvault.serve.agent.contract import MAX_REGIONS, MAX_ROUNDS, Bounds, Kind, Turn, Wanted
from lawvault.serve.contract import ApiError, Day, Text

MODELS: dict[str, Kind] = {"lawvault-ask": "ask", "lawvault-agent": "research"}
REASONING = ":reasoning"
"""After a model's name: thinking comes as `reasoning_content` instead of `<think>…</think>`."""

MAX_TURNS = 200
NO_EFFECT = {
    *("temperature", "top_p", "top_k", "min_p", "seed", "logit_bias"),
    *("max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty"),
    *("repetition_penalty", "repeat_penalty", "reasoning_effort", "reasoning", "verbosity"),
    *("user", "metadata", "store", "service_tier", "parallel_tool_calls", "safety_identifier"),
    *("prompt_cache_key", "prompt_cache_retention", "keep_alive"),
    *("enable_thinking", "thinking", "chat_template_kwargs"),
}
"""Fields of clients that are taken and change nothing: the agent's own settings hold."""

REFUSED: dict[str, tuple[str, str]] = {
    "tools": ("tools_unsupported", "不支持 tools：本模型只检索法律，不调用客户端的工具"),
    "functions": ("tools_unsupported", "不支持 functions：本模型只检索法律，不调用客户端的工具"),
    "logprobs": ("logprobs_unsupported", "不支持 logprobs"),
    "top_logprobs": ("logprobs_unsupported", "不支持 top_logprobs"),
    "stop": ("stop_unsupported", "不支持 stop：回答须完整，引用才能核对"),
    "audio": ("modality_unsupported", "只支持文字"),
    "prediction": ("prediction_unsupported", "不支持 prediction"),
    "web_search_options": ("web_search_unsupported", "不检索网页，只检索法律"),
}
"""Fields that would have to change the answer, unless they are empty."""

NOTHING: tuple[Any, ...] = (None, False, 0, "", [], {})
ABOUT_NOTHING = {"tool_choice": ("none", "auto"), "function_call": ("none", "auto")}
MODALITIES = (None, ["text"])


class Part(BaseModel):
    """One part of a turn's content; only text can be read."""

    model_config = ConfigDict(extra="allow")
    type: str
    text: Text = ""


class ChatMessage(BaseModel):
    """One turn as clients send it; what an assistant's turn holds beside its content is ignored."""

    model_config = ConfigDict(extra="ignore")
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | Annotated[list[Part], Field(max_length=MAX_TURNS)] | None = None

    def text(self) -> str:
        """Return what the turn says.

        Raises:
            ApiError: it is not text.
        """
        if isinstance(self.content, str) or self.content is None:
            return self.content or ""
        other = next((part.type for part in self.content if part.type != "text"), "")
        if other:
            raise ApiError(
                400, "modality_unsupported", f"只支持文字，不支持 {other[:40]}", "messages"
            )
        return "\n".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    """Whether the tokens are told at the end of a stream."""

    model_config = ConfigDict(extra="ignore")
    include_usage: bool | None = False


def _tell_fields(schema: JsonDict) -> None:
    """Say which other fields are taken."""
    properties = schema["properties"]
    assert isinstance(properties, dict)
    properties.update({name: {"description": "has no effect"} for name in sorted(NO_EFFECT)})
    schema["additionalProperties"] = False


class ChatRequest(BaseModel):
    """OpenAI's request for a chat completion.  Four fields are ours.

    reasoning_format: raw puts thinking into the text as `<think>…</think>`, parsed beside it as
    `reasoning_content`, hidden leaves it out.
    as_of, region, max_rounds: as of a run.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_tell_fields)
    model: Text
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_TURNS)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, Field(json_schema_extra={"enum": [1, None]})] = 1
    reasoning_format: Literal["raw", "parsed", "hidden"] | None = None
    as_of: Day | None = None
    region: Annotated[list[Text], Field(max_length=MAX_REGIONS)] = []
    max_rounds: Annotated[int, Field(ge=0, le=MAX_ROUNDS)] | None = None

    @property
    def base_model(self) -> str:
        """The model's name without what follows it."""
        return self.model.removesuffix(REASONING)

    @property
    def thinking(self) -> Literal["raw", "parsed", "hidden"]:
        """How thinking is to come."""
        by_name: Literal["raw", "parsed"] = "parsed" if self.model.endswith(REASONING) else "raw"
        return self.reasoning_format or by_name

    @property
    def has_usage(self) -> bool:
        """Whether a stream is to tell the tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def wanted(self) -> Wanted:
        """Return the run that this chat asks for.

        Turns of system and developer are not read: what to say is the agent's own to know.

        Raises:
            ApiError: there is no such model (404), or what is asked is not possible here (400).
        """
        if self.base_model not in MODELS:
            raise ApiError(
                *(404, "model_not_found"),
                f"没有名为 {self.model[:80]} 的对话模型，可用：{'、'.join(MODELS)}",
                "model",
            )
        self._check_fields()
        if self.max_rounds is not None and MODELS[self.base_model] == "ask":
            raise ApiError(400, "invalid_value", "lawvault-ask 只检索一次", "max_rounds")
        turns = _turns(self.messages)
        return Wanted(
            kind=MODELS[self.base_model],
            question=turns[-1].content,
            turns=turns[:-1],
            as_of=self.as_of,
            region=self.region,
            bounds=Bounds(max_rounds=self.max_rounds),
        )

    def _check_fields(self) -> None:
        if self.n not in (None, 1):
            raise ApiError(400, "n_unsupported", "n 只能是 1：一次只给一个回答", "n")
        for name, value in (self.model_extra or {}).items():
            if name in NO_EFFECT or (name in REFUSED and value in NOTHING):
                continue
            if name in REFUSED:
                raise ApiError(400, *REFUSED[name], name)
            if not _is_harmless(name, value):
                raise ApiError(400, "unknown_parameter", f"不认识的参数 {name[:80]}", name[:80])


def _is_harmless(name: str, value: object) -> bool:
    """Say whether a field asks for what is so anyway."""
    if name == "response_format":
        return value is None or value == {"type": "text"}
    if name == "modalities":
        return value in MODALITIES
    return name in ABOUT_NOTHING and (value is None or value in ABOUT_NOTHING[name])


def _turns(messages: Sequence[ChatMessage]) -> list[Turn]:
    """Return what was said, the question last.

    Raises:
        ApiError: the last turn is not a user's, or says nothing, or a tool speaks.
    """
    if any(message.role in ("tool", "function") for message in messages):
        raise ApiError(400, *REFUSED["tools"], "messages")
    said = [message for message in messages if message.role in ("user", "assistant")]
    if not said or said[-1].role != "user":
        raise ApiError(400, "no_question", "最后一条消息须是用户的提问", "messages")
    turns = [
        Turn(role="user" if message.role == "user" else "assistant", content=message.text())
        for message in said
    ]
    if not turns[-1].content.strip():
        raise ApiError(400, "empty_text", "提问是空的", "messages")
    return [*(turn for turn in turns[:-1] if turn.content.strip()), turns[-1]]
