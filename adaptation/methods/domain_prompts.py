"""Domain prompts: vectors before the sentence, m for all domains and m for each (row 8).

Paper: Gan et al. 2023, "Decorate the Newcomers: Visual Domain Prompt for Continual Test Time Adaptation",
arXiv 2212.04145; there prompts are added to pixels. Here the model reads [p_ag; p_sp; sentence]:
    p_ag [m, d] for all, p_sp [T, m, d] by domain, drawn from embeddings of tokens; the base stays as it is
    consistency: + c CE(teacher(x), student(x with some tokens changed)); the teacher's prompts are an average
        over time, theta_T <- mu theta_T + (1 - mu) theta_S after each step. It needs no labels
    penalty: + lambda sum over k of Omega_k (p_ag,k - pbar_k)^2, pbar p_ag as training found it
Trainable: m d (1 + T). Domains are tasks: batches name theirs by `task_ids`, or one is chosen by `select`.
Reconstructed: Omega_k, how far domains disagree on entry k, is the variance over domains of the mean gradient
of p_ag,k so far, divided by its mean over k; how x is changed is for text. Not a peft prompt: see `prompts`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.domains import Sensitivity, follow, frozen_copy, with_noise
from adaptation.layers.linear import site_generator
from adaptation.layers.prefix import drawn_embeddings
from adaptation.layers.soft_prompts import PromptedAttention, PromptMethod
from adaptation.method import Batch, Capabilities, MethodConfig, Serving
from adaptation.training import Callback, Loss, Run, causal_loss
from core.errors import UserError


class DomainPromptsConfig(MethodConfig):
    """`length` is m, `teacher_memory` mu, `noise` the share of tokens that are changed. No `targets` here."""

    tasks: int = Field(default=4, ge=1)
    block: str = "self_attn"
    length: int = Field(default=8, ge=1)
    consistency: float = Field(default=0.0, ge=0)
    teacher_memory: float = Field(default=0.99, ge=0, lt=1)
    noise: float = Field(default=0.15, ge=0, lt=1)
    penalty: float = Field(default=0.0, ge=0)


class Prompts(nn.Module):
    def __init__(self, shared: Tensor, own: Tensor) -> None:
        super().__init__()
        self.shared = nn.Parameter(shared)
        self.own = nn.Parameter(own)


class _Keeper(Callback):
    """Starts anchor and teacher where training starts, and lets the teacher follow."""

    def __init__(self, method: DomainPrompts) -> None:
        self.method = method

    def on_start(self, run: Run) -> None:
        self.method.start()

    def after_step(self, run: Run) -> None:
        if self.method.teacher is not None:
            follow(self.method.teacher, self.method.prompts, self.method.config.teacher_memory)

    def state(self) -> dict[str, Any]:
        return {name: tensor.clone() for name, tensor in self._tensors().items()}

    @torch.no_grad()
    def load(self, state: Mapping[str, Any]) -> None:
        for name, tensor in self._tensors().items():
            tensor.copy_(state[name])

    def _tensors(self) -> dict[str, Tensor]:
        method = self.method
        found = {} if method.teacher is None else dict(method.teacher.state_dict())
        if method.anchor is not None and method.sensitivity is not None:
            found |= {"anchor": method.anchor, "means": method.sensitivity.means}
            found["seen"] = method.sensitivity.seen
        return found


class DomainPrompts(PromptMethod[DomainPromptsConfig]):
    name: ClassVar = "domain-prompts"
    capabilities: ClassVar = Capabilities(
        serving=Serving.RUNTIME_ONLY,
        per_task=True,
        not_identity="the model reads vectors before the sentence from the start",
    )
    config_type: ClassVar = DomainPromptsConfig
    teacher: Prompts | None = None
    anchor: Tensor | None = None
    sensitivity: Sensitivity | None = None

    def prepare(self, model: nn.Module, sites: Mapping[str, nn.Module]) -> None:
        shape, draw = (1 + self.config.tasks, self.config.length), site_generator(self.config.seed, "prompts")
        vectors = drawn_embeddings(model, shape, draw)
        self.prompts = Prompts(vectors[0].clone(), vectors[1:].clone())

    def layer(self, name: str, base: nn.Module, width: int) -> PromptedAttention:
        return PromptedAttention(base, self.prompts, self.choice)

    def vectors(self, tasks: Tensor) -> Tensor:
        shared = self.prompts.shared.expand(tasks.shape[0], -1, -1)
        if self.sensitivity is not None and shared.requires_grad:
            shared.register_hook(partial(self.sensitivity.add, tasks))
        return torch.cat([shared, self.prompts.own[tasks]], dim=1)

    def version(self) -> Hashable:
        shared, own = self.prompts.shared, self.prompts.own
        return id(self.prompts), shared._version, own._version, shared.device, shared.dtype

    def start(self) -> None:
        """Training starts here: the anchor is p_ag as it is; teacher and sensitivity go on if they are."""
        shared = self.prompts.shared
        if self.config.penalty:
            self.anchor = shared.detach().clone()
            self.sensitivity = self.sensitivity or Sensitivity(shared, self.config.tasks)
        if self.config.consistency:
            self.teacher = self.teacher or frozen_copy(self.prompts)

    def callbacks(self) -> Sequence[Callback]:
        return (_Keeper(self),)

    def extra_loss(self) -> Tensor | None:
        if self.anchor is None or self.sensitivity is None:
            return None
        away = (self.prompts.shared - self.anchor).square()
        return self.config.penalty * (self.sensitivity.omega() * away).sum()

    def backward(self, model: nn.Module, batch: Batch, loss: Loss = causal_loss) -> Tensor:
        if self.teacher is None:
            if "labels" not in batch:
                raise UserError("rows without labels can only be learned from with `consistency` above 0")
            return super().backward(model, batch, loss)
        agreement = self.config.consistency * self.disagreement(model, batch)
        agreement.backward()
        return super().backward(model, batch, loss) if "labels" in batch else agreement.detach()

    def disagreement(self, model: nn.Module, batch: Batch) -> Tensor:
        """CE(teacher(x), student(x with noise)), a mean over tokens that are no padding."""
        plain = {key: value for key, value in batch.items() if key != "labels"}
        ids, student = plain["input_ids"], self.prompts
        with torch.no_grad():
            self.prompts = self.teacher or student
            try:
                wanted = model(**plain).logits.softmax(dim=-1)
            finally:
                self.prompts = student
        noisy = with_noise(ids, self.config.noise, wanted.shape[-1])
        said = model(**{**plain, "input_ids": noisy}).logits.log_softmax(dim=-1)
        real = plain.get("attention_mask", torch.ones_like(ids)).to(said.dtype)
        return -((wanted * said).sum(dim=-1) * real).sum() / real.sum()

    def count(self) -> int:
        return int(self.prompts.shared.numel() * (1 + self.config.tasks))
