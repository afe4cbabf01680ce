"""Full tuning under the width rule: the row whose rule is `adaptation/width_rule.py` (row 25).

Paper: "Robust Layerwise Scaling Rules by Proper Weight Decay Tuning".
    every tensor of the model is tuned by AdamW; matrices with eta0 d0 / d and lambda0 sqrt(d / d0), vectors
    with eta0 and no decay;  d = the model's hidden size
Trainable: all of the model. The run's learning rate is eta0, and its own weight decay is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field
from torch import nn

from adaptation.layers.whole import WholeMethod
from adaptation.method import Capabilities, MethodConfig, Plan, Serving
from adaptation.width_rule import WidthRule, ends_of


class WidthRuleConfig(MethodConfig):
    """`rule.proxy_width` is where learning rate and decay were found; 576 is that of SmolLM2-135M.

    `targets` has no meaning here: everything is tuned.
    """

    rule: WidthRule = Field(default=WidthRule(proxy_width=576))


class FullByWidth(WholeMethod[WidthRuleConfig]):
    name: ClassVar = "width-rule"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE, in_place=True)
    config_type: ClassVar = WidthRuleConfig

    def __init__(self, config: WidthRuleConfig) -> None:
        super().__init__(config)
        self._width = 0
        self._ends: list[nn.Parameter] = []

    def tensors(self, model: nn.Module) -> Mapping[str, nn.Parameter]:
        return dict(model.named_parameters())

    def attach(self, model: nn.Module, plan: Plan) -> None:
        super().attach(model, plan)
        self._width, self._ends = int(model.config.hidden_size), ends_of(model)

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        return self.config.rule.applied(super().param_groups(learning_rate), self._width, self._ends)
