"""A LangGraph serializer that keeps no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from core.redaction import redact, redacted


class RedactingSerializer(JsonPlusSerializer):
    """Takes the secrets out of what it writes: a run that goes on after a kill reads `[secret]` instead."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        if isinstance(obj, BaseException):  # of which langgraph keeps the words
            return super().dumps_typed(redact(repr(obj)))
        if (
            isinstance(obj, Mapping) and "channel_values" in obj
        ):  # a checkpoint: state among langgraph's own ids
            return super().dumps_typed({**obj, "channel_values": redacted(obj["channel_values"])})
        return super().dumps_typed(redacted(obj))
