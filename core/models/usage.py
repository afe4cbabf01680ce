"""A server's usage object, read into exclusive buckets."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.usage import TokenUsage


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


_Count = Annotated[int, Field(ge=0)] | None


class _PromptDetails(_Wire):
    cached_tokens: _Count = None
    cache_write_tokens: _Count = None
    cache_creation_tokens: _Count = None


class _CompletionDetails(_Wire):
    reasoning_tokens: _Count = None


class _Usage(_Wire):
    prompt_tokens: _Count = None
    completion_tokens: _Count = None
    total_tokens: _Count = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None
    # Names that gateways to Anthropic and DeepSeek use beside OpenAI's.
    cache_read_input_tokens: _Count = None
    cache_creation_input_tokens: _Count = None
    prompt_cache_hit_tokens: _Count = None


def read_usage(usage: object) -> TokenUsage:
    """Exclusive buckets from a server's usage object; what it does not say is None.

    Where the server does not tell cached, written or reasoning tokens apart, they lie inside `input` and
    `output`. Counts that contradict each other make the bucket unknown.
    """
    try:
        counts = _Usage.model_validate(usage)
    except ValidationError:
        return TokenUsage()
    prompt = counts.prompt_tokens_details or _PromptDetails()
    completion = counts.completion_tokens_details or _CompletionDetails()
    read = _first(prompt.cached_tokens, counts.cache_read_input_tokens, counts.prompt_cache_hit_tokens)
    write = _first(
        prompt.cache_write_tokens, prompt.cache_creation_tokens, counts.cache_creation_input_tokens
    )
    output, reasoning = _output(counts, completion.reasoning_tokens)
    return TokenUsage(
        input=_less(counts.prompt_tokens, (read or 0) + (write or 0)),
        cache_read=read,
        cache_write=write,
        output=output,
        reasoning=reasoning,
    )


def _output(counts: _Usage, reasoning: int | None) -> tuple[int | None, int | None]:
    completion = counts.completion_tokens
    if completion is None:
        return None, reasoning
    beside = 0
    if counts.total_tokens is not None and counts.prompt_tokens is not None:
        beside = counts.total_tokens - counts.prompt_tokens - completion
    # xAI and Gemini count reasoning beside the completion, and only the total shows it.
    if beside > 0 and reasoning in (None, beside):
        return completion, beside
    return _less(completion, reasoning or 0), reasoning


def _less(total: int | None, part: int) -> int | None:
    return None if total is None or part > total else total - part


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
