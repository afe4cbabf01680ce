"""STN: a LoRA whose ranks are gated by the training's own settings, which are tuned on the way (row 17).

Paper: MacKay et al. 2019, "Self-Tuning Networks: Bilevel Optimization of Hyperparameters using
Structured Best-Response Functions".
    delta(l) = s B diag(1 + V h(l)) A;  A [r, i], B [o, r], V [r, H] zero, one h for all layers
    h(l) = l - l_start [H], the settings on their free scale: logit of dropout and smoothing, log of pull
    training step    of A, B, V on the training loss at l + softplus(spread) e, e ~ N(0, 1) drawn anew
    validation step  of l and spread on the validation loss so perturbed - tau sum(log softplus(spread)),
                     without dropout, pull and smoothing: they act by the response V alone
T_train steps of the one, T_val of the other. Settings: dropout of the adapter's input, pull / 2 |delta|^2,
label smoothing. Trainable: r (o + i) + r H a matrix, and 2 H. V = 0 is plain LoRA; so is the adapter at any
fixed l, hence exact LoRA. Reconstructed: the gate of a LoRA (the paper gates hidden units), h counted from
where l starts. Validation batches are what `plan` is given, of groups that are not trained on; they are
not stored with the adapter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import LowRankLinear, kaiming, site_generator
from adaptation.layers.probing import needed
from adaptation.method import Batch, Capabilities, LinearMethod, MethodConfig, Plan, Serving
from adaptation.training import Callback, Loss, Run, causal_loss
from core.errors import UserError


class StnConfig(MethodConfig):
    """`dropout`, `pull` and `smoothing` are where the settings start; None leaves one out.

    `spread` is the deviation of the draws at the start, on the free scale; `entropy` is tau.
    """

    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    dropout: float | None = Field(default=0.1, gt=0, lt=1)
    pull: float | None = Field(default=1e-4, gt=0)
    smoothing: float | None = Field(default=None, gt=0, lt=1)
    spread: float = Field(default=0.5, gt=0)
    entropy: float = Field(default=1e-3, ge=0)
    train_steps: int = Field(default=2, ge=1)
    validation_steps: int = Field(default=1, ge=1)
    settings_rate: float = Field(default=3e-2, gt=0)


class Settings(nn.Module):
    """l and its spread, [H] each; shared by all layers. `drawn` is l perturbed, while a step lasts."""

    def __init__(self, config: StnConfig, like: Tensor) -> None:
        super().__init__()
        free = {"dropout": _logit(config.dropout), "smoothing": _logit(config.smoothing)}
        free["pull"] = None if config.pull is None else math.log(config.pull)
        self.names = tuple(name for name, value in free.items() if value is not None)
        if not self.names:
            raise UserError("stn has nothing to tune: give a start to dropout, pull or smoothing")
        start = torch.tensor([free[name] for name in self.names]).to(like)
        self.register_buffer("start", start, persistent=False)
        self.mean = nn.Parameter(start.clone())
        self.raw_spread = nn.Parameter(torch.full_like(start, math.log(math.expm1(config.spread))))
        self.drawn: Tensor | None = None
        self.training_loss = False
        """Whether dropout, pull and smoothing act."""

    def offset(self) -> Tensor:
        """h [H]."""
        return (self.mean if self.drawn is None else self.drawn) - self.start

    def value(self, name: str) -> Tensor | None:
        """A setting as it acts now, a scalar; None where it does not."""
        if name not in self.names or not self.training_loss or self.drawn is None:
            return None
        free = self.drawn[self.names.index(name)]
        return free.exp() if name == "pull" else free.sigmoid()

    def entropy(self) -> Tensor:
        return functional.softplus(self.raw_spread).log().sum()

    @contextmanager
    def perturbed(self, *, training_loss: bool) -> Iterator[None]:
        """Draw once, for all layers. In a training step l itself gets no gradient."""
        drawn = self.mean + functional.softplus(self.raw_spread) * torch.randn_like(self.mean)
        self.drawn, self.training_loss = (drawn.detach() if training_loss else drawn), training_loss
        try:
            yield
        finally:
            self.drawn, self.training_loss = None, False


class StnLinear(LowRankLinear):
    def __init__(self, base: nn.Linear, config: StnConfig, settings: Settings, draw: torch.Generator) -> None:
        super().__init__(base)
        self.a = nn.Parameter(kaiming(config.rank, self.in_features, draw, base.weight))
        self.b = nn.Parameter(base.weight.new_zeros(self.out_features, config.rank))
        self.response = nn.Parameter(base.weight.new_zeros(config.rank, len(settings.names)))
        self.settings = settings
        self.scale = config.alpha / config.rank

    def factors(self) -> tuple[Tensor, Tensor]:
        return self.a, self.b * (self.scale * (1 + self.response @ self.settings.offset()))

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        rate = self.settings.value("dropout")
        return super().branch(x if rate is None else functional.dropout(x, float(rate)), y)

    def size(self) -> Tensor:
        """|delta|^2, by products of r x r."""
        a, b = self.factors()
        return ((b.T @ b) * (a @ a.T)).sum()


class Stn(LinearMethod[StnConfig]):
    name: ClassVar = "stn"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, needs_calibration=True, validates=True)
    config_type: ClassVar = StnConfig

    def __init__(self, config: StnConfig) -> None:
        super().__init__(config)
        self.held_out: Sequence[Batch] = ()
        self.loss: Loss = causal_loss

    def plan(self, model: nn.Module, calibration: Sequence[Batch]) -> Plan:
        needed(calibration)
        self.held_out = tuple(calibration)
        return Plan()

    def prepare(self, sites: Mapping[str, nn.Linear], plan: Plan) -> None:
        self.settings = Settings(self.config, next(iter(sites.values())).weight)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> StnLinear:
        return StnLinear(base, self.config, self.settings, site_generator(self.config.seed, name))

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        own = [self.settings.mean, self.settings.raw_spread]
        rest = [each for each in self.parameters() if all(each is not other for other in own)]
        return [
            {"params": rest, "lr": learning_rate},
            {"params": own, "lr": self.config.settings_rate, "weight_decay": 0.0},
        ]

    def callbacks(self) -> Sequence[Callback]:
        return (Validate(self),)

    def backward(self, model: nn.Module, batch: Batch, loss: Loss = causal_loss) -> Tensor:
        self.loss = loss
        with self.settings.perturbed(training_loss=True):
            found, total = self._smoothed(model, batch)
            pull = self.settings.value("pull")
            if pull is not None:
                sizes = torch.stack([layer.size() for layer in self.layers.values()])
                total = total + pull / 2 * sizes.sum()
            total.backward()
        return found.detach()

    def _smoothed(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """The loss, and what it is with its labels smoothed."""
        share = self.settings.value("smoothing")
        if share is None:
            found = self.loss(self, model, batch)
            return found, found
        out = model(**batch)
        log_p, learned = out.logits[:, :-1].log_softmax(dim=-1), batch["labels"][:, 1:] != -100
        uniform = -log_p.mean(dim=-1)[learned].mean()
        return out.loss, (1 - share) * out.loss + share * uniform

    def tuned(self) -> dict[str, float]:
        """The settings as they are now, by name."""
        free = zip(self.settings.names, self.settings.mean.detach(), strict=True)
        return {name: float(each.exp() if name == "pull" else each.sigmoid()) for name, each in free}

    def count(self) -> int:
        return super().count() + 2 * len(self.settings.names)

    def count_layer(self, layer: StnLinear) -> int:
        return self.config.rank * (layer.out_features + layer.in_features + len(self.settings.names))


class Validate(Callback):
    """After each T_train steps, T_val steps of the settings on held-out batches in turn."""

    def __init__(self, method: Stn) -> None:
        self._method = method
        self._turn = 0

    def on_start(self, run: Run) -> None:
        if not self._method.held_out:
            raise UserError("stn tunes its settings on held-out batches: give them to `plan` before training")

    def after_step(self, run: Run) -> None:
        if (run.step + 1) % self._method.config.train_steps:
            return
        for _ in range(self._method.config.validation_steps):
            self._validate(run)

    def _validate(self, run: Run) -> None:
        method, settings = self._method, self._method.settings
        batch = method.held_out[self._turn % len(method.held_out)]
        self._turn += 1
        was = run.model.training
        run.model.eval()
        with settings.perturbed(training_loss=False):
            loss = method.loss(method, run.model, {k: v.to(run.device) for k, v in batch.items()})
            wanted = loss - method.config.entropy * settings.entropy()
            own = [settings.mean, settings.raw_spread]
            gradients = torch.autograd.grad(wanted, own)
        run.model.train(was)
        run.optimizer.zero_grad(set_to_none=True)  # the settings alone move now
        for each, gradient in zip(own, gradients, strict=True):
            each.grad = gradient
        run.optimizer.step()

    def state(self) -> dict[str, Any]:
        return {"turn": self._turn}

    def load(self, state: Mapping[str, Any]) -> None:
        self._turn = state["turn"]


def _logit(share: float | None) -> float | None:
    return None if share is None else math.log(share / (1 - share))
