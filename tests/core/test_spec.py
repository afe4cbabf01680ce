"""SPEC, form by form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.spec import FORMS, Provider, Spec, SpecKind, parse_spec


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("offline", SpecKind.OFFLINE, ""),
        ("local:models/small.gguf", SpecKind.LOCAL, "models/small.gguf"),
        ("local:C D/Small.GGUF", SpecKind.LOCAL, "C D/Small.GGUF"),
        ("python:my.students:Best.attempt", SpecKind.PYTHON, "my.students:Best.attempt"),
        ("http:http://127.0.0.1:9000/a?b=c", SpecKind.HTTP, "http://127.0.0.1:9000/a?b=c"),
        ("http:https://host/a", SpecKind.HTTP, "https://host/a"),
        ("http://host/a", SpecKind.HTTP, "http://host/a"),
        ("https://host/a", SpecKind.HTTP, "https://host/a"),
        ("replay:calls.jsonl", SpecKind.REPLAY, "calls.jsonl"),
        ("adapter:soc-lora_r8.1", SpecKind.ADAPTER, "soc-lora_r8.1"),
    ],
)
def test_forms(text: str, kind: SpecKind, target: str) -> None:
    assert parse_spec(text) == Spec(kind=kind, target=target)


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("openai/gpt-5-mini", Provider.OPENAI, "gpt-5-mini"),
        ("ollama/qwen3:8b", Provider.OLLAMA, "qwen3:8b"),
        ("openrouter/meta-llama/llama-4:free", Provider.OPENROUTER, "meta-llama/llama-4:free"),
    ],
)
def test_providers(text: str, provider: Provider, model: str) -> None:
    assert parse_spec(text) == Spec(kind=SpecKind.PROVIDER, provider=provider, target=model)


def test_space_around_it_does_not_count() -> None:
    assert parse_spec("  offline\n") == Spec(kind=SpecKind.OFFLINE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("Offline", "none of the known forms"),
        ("gpt-5-mini", "none of the known forms"),
        ("/gpt", "none of the known forms"),
        ("openai/", "none of the known forms"),
        ("opneai/gpt", "provider 'opneai' is none of openai, "),
        ("local:", "nothing follows local:"),
        ("local:weights.bin", r"\.gguf"),
        ("python:module", "module:callable"),
        ("python:module:", "module:callable"),
        ("python:my-module:f", "module:callable"),
        ("http:host/path", "URL"),
        ("http:ftp://host", "URL"),
        ("http://", "URL"),
        ("http:http://host:99999", "URL"),
        ("http:http://[", "URL"),
        ("replay: ", "nothing follows replay:"),
        ("adapter:../up", "adapter"),
        ("openai/gpt\x00", "unprintable"),
        ("openai/gpt\n5", "unprintable"),
    ],
)
def test_a_misfit_says_why_and_lists_the_forms(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why) as caught:
        parse_spec(text)
    assert FORMS in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_form_and_provider_is_in_the_list_or_the_complaint() -> None:
    assert all(kind in FORMS for kind in SpecKind)
    with pytest.raises(UserError) as caught:
        parse_spec("nobody/model")
    assert all(provider in str(caught.value) for provider in Provider)


words = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@given(
    st.one_of(
        st.text(),
        st.builds("{}:{}".format, st.sampled_from(list(SpecKind)), st.text()),
        st.builds("{}/{}".format, st.sampled_from(list(Provider)), words),
        st.builds("python:{}:{}".format, words, words),
        st.builds("local:{}.gguf".format, st.text()),
    )
)
def test_any_text_is_a_spec_that_reads_back_or_a_users_error(text: str) -> None:
    try:
        spec = parse_spec(text)
    except UserError:
        return
    assert parse_spec(str(spec)) == spec
