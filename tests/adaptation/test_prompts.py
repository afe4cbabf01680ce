"""What stands before a sentence: prefixes of attention, and prompts by domain with their options."""

from __future__ import annotations

import copy
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from transformers import DynamicCache  # noqa: E402

from adaptation.layers.domains import Sensitivity, with_noise  # noqa: E402
from adaptation.methods.mam import PrefixAttention  # noqa: E402
from adaptation.training import Callback, Run, TrainingConfig, Watcher, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import ROWS, attached, logits, rows, tiny  # noqa: E402

PREFIXED = ["mam", "domain-prompts"]


def learned(name: str, model: Any = None, steps: int = 6, **config: Any) -> tuple[Any, Any]:
    model, method = attached(name, model, **config)
    batch = rows(tasks=method.capabilities.per_task)
    train(model, method, shuffled(batch, 8), TrainingConfig(steps=steps, learning_rate=3e-2))
    if method.capabilities.per_task:
        method.select(1)
    return model, method


def eager() -> Any:
    model = tiny()
    model.set_attn_implementation("eager")
    return model


def test_a_prefix_is_what_transformers_makes_of_a_filled_cache() -> None:
    model, method = learned("mam", width=1)
    ids = rows()["input_ids"]
    ours = logits(model, {"input_ids": ids})
    cache = DynamicCache(config=model.config)
    for place, layer in enumerate(
        each for each in method.layers.values() if isinstance(each, PrefixAttention)
    ):
        layer.active = False
        wide = [tensor.detach().expand(ROWS, -1, -1, -1) for tensor in (layer.keys, layer.values)]
        cache.update(*wide, place)
    positions = torch.arange(ids.shape[1])[None].expand(ROWS, -1)
    theirs = logits(model, {"input_ids": ids, "past_key_values": cache, "position_ids": positions})
    assert float((ours - theirs).abs().max()) <= 1e-5
    assert float((ours - logits(model, {"input_ids": ids})).abs().max()) > 1e-2


@pytest.mark.parametrize("name", PREFIXED)
def test_padding_on_the_left_changes_no_real_token(name: str) -> None:
    model, _ = learned(name)
    ids = rows()["input_ids"]
    mask = torch.cat([torch.zeros(ROWS, 4, dtype=torch.long), torch.ones_like(ids)], dim=1)
    padded = {"input_ids": torch.cat([ids[:, :4], ids], dim=1), "attention_mask": mask}
    padded["position_ids"] = (mask.cumsum(1) - 1).clamp_min(0)
    assert float((logits(model, padded)[:, 4:] - logits(model, {"input_ids": ids})).abs().max()) <= 1e-5


@pytest.mark.parametrize("name", PREFIXED)
def test_both_attentions_of_transformers_say_the_same(name: str) -> None:
    one, other = learned(name)[0], learned(name, eager())[0]
    assert float((logits(one, rows()) - logits(other, rows())).abs().max()) <= 1e-4


@pytest.mark.parametrize("name", PREFIXED)
def test_a_sentence_can_be_read_in_parts(name: str) -> None:
    model, _ = learned(name)
    ids = rows()["input_ids"]
    whole, cache = logits(model, {"input_ids": ids}), DynamicCache(config=model.config)
    parts = [
        logits(model, {"input_ids": ids[:, a:b], "past_key_values": cache}) for a, b in ((0, 5), (5, 12))
    ]
    assert float((torch.cat(parts, dim=1) - whole).abs().max()) <= 1e-5
    assert cache.get_seq_length() == ids.shape[1], "the cache holds the sentence alone"


@pytest.mark.parametrize("name", PREFIXED)
def test_a_cache_of_fixed_size_gives_the_same_text(name: str) -> None:
    model, _ = learned(name)
    ids = rows()["input_ids"][:2, :5]
    told = {
        "attention_mask": torch.ones_like(ids),
        "max_new_tokens": 6,
        "do_sample": False,
        "pad_token_id": 0,
    }
    fixed = model.generate(ids, **told, cache_implementation="static")
    assert torch.equal(fixed, model.generate(ids, **told, use_cache=False))


def test_an_attention_without_a_full_mask_is_refused() -> None:
    _, method = attached("mam")
    layer = method.layers["model.layers.0.self_attn"]
    with pytest.raises(UserError, match="`sdpa` or `eager`"):
        layer(hidden_states=torch.zeros(2, 3, 64), attention_mask=torch.ones(2, 3))
    assert "model.layers.0.mlp" in method.layers


def test_domain_prompts_are_vectors_before_the_sentence() -> None:
    model, method = learned("domain-prompts")
    batch = rows(tasks=True)
    ours = logits(model, batch)
    vectors = method.vectors(batch["task_ids"]).detach()
    fresh = tiny()
    embeds = torch.cat([vectors, fresh.get_input_embeddings()(batch["input_ids"])], dim=1)
    theirs = logits(fresh, {"inputs_embeds": embeds})
    assert float((ours - theirs[:, vectors.shape[1] :]).abs().max()) <= 1e-5


def test_what_one_domain_learns_leaves_the_others_and_choosing_leaves_all() -> None:
    model, method = attached("domain-prompts")
    own, shared = method.prompts.own.detach().clone(), method.prompts.shared.detach().clone()
    batch = {**rows(), "task_ids": torch.full((ROWS,), 1)}
    train(model, method, shuffled(batch, 8), TrainingConfig(steps=3, weight_decay=0.0))
    moved = [not torch.equal(before, after) for before, after in zip(own, method.prompts.own, strict=True)]
    assert moved == [False, True, False]
    assert not torch.equal(shared, method.prompts.shared)
    kept, said = method.prompts.shared.detach().clone(), []
    for domain in (0, 2, 0):
        method.select(domain)
        said.append(logits(model, rows()))
    assert torch.equal(method.prompts.shared, kept)
    assert torch.equal(said[0], said[2])
    assert float((said[0] - said[1]).abs().max()) > 1e-3


def test_states_are_kept_while_nothing_changes() -> None:
    model, method = learned("domain-prompts")
    seen: list[int] = []
    model.model.embed_tokens.register_forward_hook(lambda *_: seen.append(0))
    model.model.register_forward_hook(lambda *_: seen.append(1))
    first = logits(model, rows())
    again = logits(model, rows())
    assert torch.equal(first, again)
    assert seen.count(1) == 3, "one pass over the vectors and two over sentences"
    with torch.no_grad():
        method.prompts.own[1] += 0.5
    assert float((logits(model, rows()) - first).abs().max()) > 1e-3


def test_wrong_ids_are_told_in_one_line() -> None:
    model, method = attached("domain-prompts")
    with pytest.raises(UserError, match="the adapter has 3 tasks: select one"):
        model(input_ids=rows()["input_ids"])
    with pytest.raises(UserError, match="task_ids has 2 entries for a batch of 8"):
        model(input_ids=rows()["input_ids"], task_ids=torch.tensor([0, 1]))
    with pytest.raises(UserError, match="task_ids must be from 0 to 2"):
        model(input_ids=rows()["input_ids"], task_ids=torch.full((ROWS,), 3))
    assert all(layer.states is None for layer in method.layers.values())


def test_the_teacher_is_the_average_over_time_of_the_student() -> None:
    model, method = attached("domain-prompts", consistency=1.0, teacher_memory=0.8)
    students = [method.prompts.shared.detach().clone()]

    class Watch(Callback):
        def after_step(self, run: Run) -> None:
            students.append(method.prompts.shared.detach().clone())

    watched = (*method.callbacks(), Watch())
    method.callbacks = lambda: watched
    train(model, method, shuffled(rows(tasks=True), 8), TrainingConfig(steps=5, learning_rate=3e-2))
    wanted = 0.8**5 * students[0] + sum(0.2 * 0.8 ** (5 - n) * students[n] for n in range(1, 6))
    assert torch.allclose(method.teacher.shared, wanted, atol=1e-6)
    assert float((method.teacher.shared - students[-1]).abs().max()) > 1e-3
    assert not any(p.requires_grad for p in method.teacher.parameters())


def test_consistency_learns_without_labels_to_say_the_same_of_changed_text() -> None:
    batch = {key: value for key, value in rows(tasks=True).items() if key != "labels"}
    model, method = attached("domain-prompts", consistency=1.0, noise=0.4, teacher_memory=0.99)
    train(model, method, shuffled(batch, 8), TrainingConfig(steps=1, learning_rate=1e-9))
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        with torch.no_grad():
            found.append(float(method.disagreement(model, batch)))
        train(model, method, shuffled(batch, 8), TrainingConfig(steps=20, learning_rate=1e-2))
    assert found[1] < found[0] - 1e-4
    fresh, plain = attached("domain-prompts")
    with pytest.raises(UserError, match="`consistency` above 0"):
        plain.backward(fresh, batch)


def test_padding_does_not_count_in_consistency() -> None:
    model, method = attached("domain-prompts", consistency=1.0, noise=0.0)
    method.start()
    batch = rows(tasks=True)
    longer = {key: torch.nn.functional.pad(batch[key], (0, 4)) for key in ("input_ids", "labels")}
    longer["attention_mask"] = torch.nn.functional.pad(torch.ones_like(batch["input_ids"]), (0, 4))
    longer["task_ids"] = batch["task_ids"]
    one, other = method.disagreement(model, batch), method.disagreement(model, longer)
    assert float((one - other).detach().abs()) <= 1e-5


def test_the_penalty_holds_where_domains_disagree() -> None:
    away = []
    for penalty in (0.0, 300.0):
        model, method = attached("domain-prompts", penalty=penalty)
        start = method.prompts.shared.detach().clone()
        train(model, method, shuffled(rows(tasks=True), 8), TrainingConfig(steps=25, learning_rate=1e-2))
        if penalty:
            omega = method.sensitivity.omega()
        away.append((method.prompts.shared.detach() - start).square())
    sensitive = omega > omega.median()
    free, held = away
    assert float(omega.mean()) == pytest.approx(1.0, abs=1e-4)
    assert float(held[sensitive].mean()) < 0.5 * float(free[sensitive].mean())
    ratio = held / free.clamp_min(1e-12)
    assert float(ratio[sensitive].median()) < float(ratio[~sensitive].median())


def test_the_extra_loss_is_the_formula_and_its_gradient_comes_by_domain() -> None:
    model, method = attached("domain-prompts", penalty=2.0)
    method.start()
    batch = rows(tasks=True)
    model(**batch).loss.backward()
    gradients = []
    for domain in range(3):
        mine = batch["task_ids"] == domain
        other, alone = attached("domain-prompts")
        loss = other(**{key: value[mine] for key, value in batch.items()}).loss
        (loss * float(mine.sum()) / ROWS).backward()
        gradients.append(alone.prompts.shared.grad)
    omega = torch.stack(gradients).var(dim=0)
    omega /= omega.mean()
    assert torch.allclose(method.sensitivity.omega(), omega, rtol=1e-3, atol=1e-4)
    with torch.no_grad():
        method.prompts.shared += 0.1
    assert float(method.extra_loss().detach()) == pytest.approx(2.0 * 0.01 * float(omega.sum()), rel=1e-3)


def test_teacher_and_sensitivity_outlive_a_break() -> None:
    options = {"consistency": 0.5, "penalty": 2.0, "teacher_memory": 0.7}
    batches, config = shuffled(rows(tasks=True), 3), TrainingConfig(steps=8, learning_rate=1e-2)
    held: list[dict[str, Any]] = []

    class Breaks(Watcher):
        def after_step(self, run: Run) -> bool:
            if run.step == 4:
                held.append(copy.deepcopy(run.state()))
            return run.step == 4

    class TakesUp(Watcher):
        def on_start(self, run: Run) -> None:
            run.restore(held[0])

    def trained(watcher: Watcher | None) -> tuple[tuple[float, ...], Any]:
        model, method = attached("domain-prompts", **options)
        return train(model, method, batches, config, watcher=watcher).losses, method

    losses, whole = trained(None)
    trained(Breaks())
    again, taken_up = trained(TakesUp())
    assert losses == again
    assert torch.equal(whole.teacher.own, taken_up.teacher.own)
    assert torch.equal(whole.sensitivity.omega(), taken_up.sensitivity.omega())
    assert torch.equal(whole.prompts.own, taken_up.prompts.own)


def test_sensitivity_is_zero_until_two_domains_are_seen() -> None:
    found = Sensitivity(torch.zeros(2), 3)
    found.add(torch.tensor([1]), torch.tensor([[1.0, 4.0]]))
    assert found.omega().tolist() == [0.0, 0.0]
    found.add(torch.tensor([0, 1]), torch.tensor([[1.0, 0.0], [1.0, 2.0]]))
    assert found.means.tolist() == [[1.0, 0.0], [1.0, 3.0], [0.0, 0.0]]
    assert found.omega().tolist() == pytest.approx([0.0, 2.0])


def test_noise_replaces_about_its_share() -> None:
    torch.manual_seed(0)
    ids = torch.full((100, 100), 200)
    changed = with_noise(ids, 0.3, 100)
    assert 0.27 < float((changed != ids).float().mean()) < 0.33
    assert torch.equal(with_noise(ids, 0.0, 100), ids)
