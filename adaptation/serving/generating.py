"""Text from a causal language model, a token at a time.

Not `generate` of transformers: sampling there draws from the process's one random state, which others use
meanwhile; and a text must come out piece by piece, and end between any two tokens.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from adaptation.serving.caching import roomy_cache

if TYPE_CHECKING:
    from adaptation.serving.shaping import Shape

BROKEN = "�"
PROBE_TOKENS, PROBE_TOLERANCE = 12, 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Temperature 0 takes the likeliest token. `top_p` keeps the likeliest tokens that make up that share."""

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """`tokens` counts all that were written, with the end mark; `ended` is False where a limit cut it.

    `reused` of the prompt's tokens were still known from the text before.
    """

    text: str
    tokens: int
    ended: bool
    reused: int


class Reader:
    """Reads texts from left to right. What one has in common with the text before is not read again.

    Without `cached` every text is read whole at each token: the same result, and slow.
    """

    def __init__(self, model: nn.Module, *, cached: bool = True) -> None:
        self.model, self._cached = model, cached
        self._ids: list[int] = []
        self._cache: Any = None
        self.reused = 0
        """Tokens of the last text that were not read again."""
        known = inspect.signature(model.forward).parameters
        self._options = {"logits_to_keep": 1} if "logits_to_keep" in known else {}

    def known(self, ids: Sequence[int]) -> int:
        """How many of the first tokens need not be read to say what follows the last."""
        most = min(len(self._ids), len(ids) - 1)
        if list(ids[:most]) == self._ids[:most]:
            return most
        return next(place for place in range(most) if ids[place] != self._ids[place])

    def next(self, ids: Sequence[int]) -> Tensor:
        """Logits [vocabulary] of what follows, float32 on the CPU."""
        cache, start = self._kept(self.known(ids))
        self.reused = start
        if cache is None and self._cached:
            cache = roomy_cache(self.model)
        # Whatever ends the pass halfway leaves a cache that is not worth having.
        self._ids, self._cache = [], None
        read = torch.tensor([ids[start:]], device=_device(self.model))
        with torch.inference_mode():
            out = self.model(input_ids=read, past_key_values=cache, use_cache=self._cached, **self._options)
        if self._cached:
            self._ids, self._cache = list(ids), out.past_key_values
        return out.logits[0, -1].float().cpu()

    def _kept(self, count: int) -> tuple[Any, int]:
        """The cache of the first tokens, as far as it can be had."""
        if count and (more := len(self._ids) - count):
            try:
                self._cache.crop(-more)
            except (RuntimeError, ValueError, NotImplementedError):
                return None, 0  # layers that forget what is long ago cannot go back to it
        return (self._cache, count) if count else (None, 0)


def write(
    model: nn.Module,
    tokenizer: Any,
    prompt: Sequence[int],
    sampling: Sampling,
    *,
    reader: Reader | None = None,
    shape: Shape | None = None,
    told: Callable[[str], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Written:
    """Answer a prompt of token ids. `told` hears each new piece of the text; `stopped` ends it early.

    A `shape` says which tokens may come. A `reader` of this model knows the text that it has read before.
    """
    reader = reader or Reader(model)
    ends, text = end_ids(model, tokenizer), Text(tokenizer, sampling.stop)
    count, reused, ended = 0, 0, False
    for token in _tokens(reader, prompt, sampling, shape):
        count, reused = count + 1, reused if count else reader.reused
        ended = token in ends
        piece = "" if ended else text.add(token)
        if told is not None and piece:
            told(piece)
        ended = ended or text.stopped or (shape is not None and shape.ended)
        if ended or stopped():
            break
    rest = text.rest()
    if told is not None and rest:
        told(rest)
    return Written(text=text.said, tokens=count, ended=ended, reused=reused)


def end_ids(model: nn.Module, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer: the tokenizer's, and those that the model was published with."""
    found: set[int] = set()
    for each in (tokenizer.eos_token_id, getattr(model.generation_config, "eos_token_id", None)):
        found.update(each if isinstance(each, list) else [] if each is None else [each])
    return frozenset(found)


class Text:
    """Token ids as text, given out as far as it is certain: no half letter, and no beginning of a stop."""

    def __init__(self, tokenizer: Any, stop: tuple[str, ...] = ()) -> None:
        self._tokenizer, self._stop = tokenizer, stop
        self._ids: list[int] = []
        self._text = ""
        self.said = ""
        self.stopped = False

    def add(self, token: int) -> str:
        """The next piece, perhaps empty. A stop ends the text before itself."""
        self._ids.append(token)
        self._text = self._tokenizer.decode(
            self._ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        found = [place for place in map(self._text.find, self._stop) if place >= 0]
        if found:
            self.stopped = True
            self._text = self._text[: min(found)]
            return self.rest()
        return self._say(len(self._text.rstrip(BROKEN)) - self._pending())

    def rest(self) -> str:
        """What was held back, when there will be no more."""
        return self._say(len(self._text))

    def _pending(self) -> int:
        """How many characters at the end may be the beginning of a stop."""
        most = max((len(stop) for stop in self._stop), default=1) - 1
        for size in range(min(most, len(self._text)), 0, -1):
            if any(stop.startswith(self._text[-size:]) for stop in self._stop):
                return size
        return 0

    def _say(self, until: int) -> str:
        piece = self._text[len(self.said) : until]
        self.said += piece
        return piece


def reads_on(model: nn.Module) -> bool:
    """Whether the model, as it stands, says the same from its cache as when it reads everything anew.

    A layer that looks at earlier tokens by itself, such as a convolution, finds none of them in the cache.
    """
    size = int(model.config.vocab_size)
    ids = [place * 7 % size for place in range(1, PROBE_TOKENS + 1)]
    on, anew = Reader(model), Reader(model, cached=False)
    for end in range(PROBE_TOKENS // 2, PROBE_TOKENS + 1):
        wanted = anew.next(ids[:end])
        apart = (on.next(ids[:end]) - wanted).abs().max()
        if apart > PROBE_TOLERANCE * max(1.0, float(wanted.abs().max())):
            return False
    return True


def _tokens(reader: Reader, prompt: Sequence[int], sampling: Sampling, shape: Shape | None) -> Iterator[int]:
    # On the CPU, so that a seed gives the same text wherever the model is.
    draw = torch.Generator().manual_seed(sampling.seed)
    ids = list(prompt)
    for _ in range(sampling.max_tokens):
        logits = reader.next(ids)
        if shape is not None:
            logits = logits.masked_fill(~torch.from_numpy(shape.allowed()), -torch.inf)
        ids.append(_chosen(logits, sampling, draw))
        if shape is not None:
            shape.take(ids[-1])
        yield ids[-1]


def _chosen(logits: Tensor, sampling: Sampling, draw: torch.Generator) -> int:
    """The next token for logits [vocabulary]."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    shares = (logits / sampling.temperature).softmax(dim=-1)
    if sampling.top_p < 1:
        ordered, places = shares.sort(descending=True)
        ordered[ordered.cumsum(dim=-1) - ordered >= sampling.top_p] = 0
        return int(places[torch.multinomial(ordered, 1, generator=draw)])
    return int(torch.multinomial(shares, 1, generator=draw))


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
