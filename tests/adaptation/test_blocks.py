"""What the papers of the block methods say of them, beside what holds for every method."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from adaptation.artifact import make  # noqa: E402
from adaptation.layers.blocks import decoder_blocks  # noqa: E402
from adaptation.layers.linear import site_generator  # noqa: E402
from adaptation.method import Plan  # noqa: E402
from adaptation.methods.mam import PrefixAttention, ScaledAdapter  # noqa: E402
from adaptation.methods.polyhistor import kronecker  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import ROWS, TASKS, attached, logits, randomised, rows, states, tiny  # noqa: E402

MLP = "model.layers.1.mlp"


def learned(name: str, model: Any = None, steps: int = 4, **config: Any) -> tuple[Any, Any]:
    model, method = attached(name, model, **config)
    batch = rows(tasks=method.capabilities.per_task)
    train(model, method, shuffled(batch, 8), TrainingConfig(steps=steps, learning_rate=3e-3))
    return model, method


def test_mam_without_prefix_changes_nothing_at_the_start() -> None:
    model, method = attached("mam", prefix=0)
    assert all(isinstance(layer, ScaledAdapter) for layer in method.layers.values())
    assert float((logits(model, rows()) - logits(tiny(), rows())).abs().max()) <= 1e-5
    assert method.count() == 2 * (2 * 64 * 10 + 10 + 64)
    with_prefix = attached("mam", prefix=3)[1]
    assert with_prefix.count() - method.count() == 2 * 2 * 3 * 32
    assert sum(isinstance(layer, PrefixAttention) for layer in with_prefix.layers.values()) == 2


def test_the_prefix_of_mam_starts_as_tokens_that_the_model_has_read() -> None:
    model, method = attached("mam", prefix=3)
    fresh = tiny()
    drawn = torch.randint(128, (1, 3), generator=site_generator(0, "prefix"))
    read = torch.cat([drawn.expand(ROWS, -1), rows()["input_ids"]], dim=1)
    wanted = logits(fresh, {"input_ids": read})[:, 3:]
    assert float((logits(model, rows()) - wanted).abs().max()) <= 1e-5
    assert all(p.requires_grad for p in method.parameters())


def test_the_adapter_of_mam_is_scaled_by_four_and_in_parallel() -> None:
    _, method = randomised("mam")
    layer, x = method.layers[MLP], states(64)
    narrow = functional.relu(x @ layer.down.T + layer.down_bias)
    wanted = layer.base(x) + 4 * (narrow @ layer.up.T + layer.up_bias)
    assert torch.allclose(layer(x), wanted, atol=1e-5)


def test_the_pieces_of_mosa_are_the_adapter_and_none_is_in_two() -> None:
    _, whole = attached("bottleneck", width=11)
    _, method = attached("mosa", width=11, pieces=4)
    for name, layer in method.layers.items():
        assert [each.shape[0] for each in layer.down] == [3, 3, 3, 2]
        assert [each.shape[1] for each in layer.up] == [3, 3, 3, 2]
        assert [each.shape[0] for each in layer.down_bias] == [3, 3, 3, 2]
        assert torch.equal(layer.merged_weights()[0], whole.layers[name].down)
        storage = [each.untyped_storage().data_ptr() for each in layer.down]
        assert len(set(storage)) == 4
    assert method.count() == whole.count()


def test_a_convolution_taken_out_gives_the_cache_back() -> None:
    model, method = attached("bottleneck", form="conv")
    assert model.generation_config.use_cache is False
    method.detach(model)
    fresh = tiny()
    assert model.generation_config.use_cache == fresh.generation_config.use_cache is not False
    assert model.config.use_cache == fresh.config.use_cache is True


def test_mosa_in_one_piece_is_the_bottleneck() -> None:
    found = [learned("mosa", width=11, pieces=1), learned("bottleneck", width=11)]
    assert torch.allclose(logits(found[0][0], rows()), logits(found[1][0], rows()), atol=1e-6)
    with pytest.raises(UserError, match="`pieces` cannot be more than `width`"):
        make("mosa", {"width": 2, "pieces": 3})


def test_the_mean_over_what_is_drawn_is_what_is_served_and_one_piece_learns() -> None:
    _, method = randomised("mosa", width=11, pieces=3)
    layer, x = method.layers[MLP], states(64)
    layer.eval()
    served = layer.branch(x, x)
    pieces = torch.stack([3 * layer.piece(x, n) + layer.up_bias for n in range(3)])
    assert torch.allclose(pieces.mean(dim=0), served, atol=1e-5)
    layer.train()
    drawn = set()
    torch.manual_seed(0)
    for _ in range(20):
        layer.zero_grad(set_to_none=True)
        out = layer.branch(x, x)
        number = next(n for n in range(3) if torch.allclose(out, pieces[n]))
        out.sum().backward()
        assert [p.grad is not None for p in layer.down] == [n == number for n in range(3)]
        assert [p.grad is not None for p in layer.up] == [n == number for n in range(3)]
        drawn.add(number)
    assert drawn == {0, 1, 2}


def test_polyhistor_is_kronecker_products_of_kernels_and_templates() -> None:
    draw = torch.Generator().manual_seed(2)
    kernel = torch.randn(4, 4, generator=draw)
    u, v = torch.randn(3, 5, 2, generator=draw), torch.randn(3, 2, 16, generator=draw)
    x = torch.randn(3, 7, 64, generator=draw)
    found = kronecker(x, kernel, (u, v))
    for row in range(3):
        weight = torch.kron(kernel, u[row] @ v[row])
        assert weight.shape == (20, 64)
        assert torch.allclose(found[row], x[row] @ weight.T, atol=1e-4)


def test_more_tasks_cost_a_code_each() -> None:
    counts = [attached("polyhistor", tasks=tasks)[1].count() for tasks in (3, 6, 12)]
    assert [b - a for a, b in itertools.pairwise(counts)] == [3 * 5, 6 * 5]


def test_tasks_in_one_batch_are_tasks_one_by_one_and_differ() -> None:
    model, method = learned("polyhistor", steps=10)
    batch = rows(tasks=True)
    mixed = logits(model, batch)
    alone = []
    for task in range(TASKS):
        method.select(task)
        alone.append(logits(model, {"input_ids": batch["input_ids"]}))
        mine = batch["task_ids"] == task
        assert float((alone[-1][mine] - mixed[mine]).abs().max()) <= 1e-5
    assert float((alone[0] - alone[1]).abs().max()) > 1e-4


def test_polyhistor_that_does_not_divide_is_refused() -> None:
    with pytest.raises(UserError, match="5 `pieces` do not divide 64 and 16"):
        attached("polyhistor", pieces=5)
    with pytest.raises(UserError, match="4 `pieces` do not divide 64 and 18"):
        attached("polyhistor", width=18)


def test_the_shares_of_sherl_have_the_sum_one_whatever_is_read() -> None:
    _, method = randomised("sherl", tiny(layers=5))
    speaker = list(method.layers.values())[-1]
    draw = torch.Generator().manual_seed(3)
    features = torch.randn(5, 2, 9, 12, generator=draw)
    shares = speaker.shares(features)
    assert bool((shares >= 0).all())
    assert torch.allclose(shares.sum(dim=0), torch.ones(2, 9), atol=1e-6)
    dead = speaker.shares(torch.zeros(5, 2, 9, 12))
    assert torch.allclose(dead, torch.full((5, 2, 9), 0.2), atol=1e-6)


def test_layers_that_say_the_same_share_one_part() -> None:
    """Of twins, each is as redundant as the other: neither weighs what it would weigh alone."""
    _, method = randomised("sherl", tiny(layers=5))
    speaker = list(method.layers.values())[-1]
    one, other, guide = torch.eye(12)[:3].abs() + 0.1
    with torch.no_grad():
        speaker.mix.fill_(1.0)
        single = speaker.shares(torch.stack([one, other, guide])[:, None, None])[:, 0, 0]
        twins = speaker.shares(torch.stack([one, one, other, guide])[:, None, None])[:, 0, 0]
    assert float(twins[0]) == pytest.approx(float(twins[1]))
    assert float(twins[0]) < 0.75 * float(single[0])


@pytest.mark.parametrize("late", [1, 2])
def test_no_gradient_reaches_what_is_frozen_and_early_layers_are_not_in_the_graph(late: int) -> None:
    model, method = learned("sherl", tiny(layers=4), late=late)
    early: list[bool] = []
    for block in list(method.layers.values())[:-1]:
        block.base.register_forward_hook(lambda module, given, out: early.append(out.requires_grad))
    model.train()
    model(**rows()).loss.backward()
    ours = {id(p) for p in method.parameters()}
    assert all((p.grad is not None) == (id(p) in ours) for p in model.parameters())
    assert early == [False] * (4 - late)
    assert not method._read, "nothing is left of the pass"


def saved_bytes(name: str, layers: int, **config: Any) -> int:
    """Bytes of what autograd keeps for the way back, weights apart, each storage once."""
    model, method = attached(name, tiny(layers=layers), **config)
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    found: dict[int, int] = {}
    kept: list[Any] = []

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            found[storage.data_ptr()] = storage.nbytes()
            kept.append(tensor)  # alive, so that no other storage gets its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model.train()
        loss = model(**rows()).loss
    assert loss.requires_grad
    assert method.layers
    return sum(found.values())


def test_sherl_keeps_less_for_the_way_back_than_lora_and_much_less_for_each_layer() -> None:
    lora = {layers: saved_bytes("lora", layers, rank=4) for layers in (4, 8)}
    side = {layers: saved_bytes("sherl", layers, width=12) for layers in (4, 8)}
    assert side[8] < lora[8] / 2
    assert side[8] - side[4] < (lora[8] - lora[4]) / 4


def test_sherl_needs_an_early_layer() -> None:
    with pytest.raises(UserError, match="the model has 2 layers: `late` must be fewer"):
        attached("sherl", late=2)
    with pytest.raises(UserError, match="no list of layers"):
        decoder_blocks(nn.Linear(2, 2))


def test_two_adapters_do_not_go_on_one_model() -> None:
    for first, second in (
        ("lora", "bottleneck"),
        ("bottleneck", "lora"),
        ("mam", "sherl"),
        ("mola", "widenet"),
    ):
        model, _ = attached(first)
        with pytest.raises(UserError, match="has an adapter already"):
            make(second, {}).attach(model, Plan())
    with pytest.raises(UserError, match="no block named nowhere: set `attention`"):
        attached("mam", attention="nowhere")
    with pytest.raises(UserError, match="no block named nowhere: set `block`"):
        attached("mosa", block="nowhere")


def test_a_refused_adapter_leaves_the_model_as_it_was() -> None:
    model = tiny()
    with pytest.raises(UserError, match="do not divide"):
        attached("polyhistor", model, pieces=5)
    assert [type(m) for m in model.modules()] == [type(m) for m in tiny().modules()]
    assert logits(model, rows()).shape == (ROWS, 12, 128)
