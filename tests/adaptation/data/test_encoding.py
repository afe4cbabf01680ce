"""Examples as tokens: what is learned is the right role's, what is read is what the model will be sent."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from adaptation.data.batches import batch_source, collate, pad_id  # noqa: E402
from adaptation.data.encoding import (  # noqa: E402
    IGNORED,
    InformedExample,
    InformedRow,
    PairRow,
    Row,
    encode,
    prompt_ids,
)
from core.adapters import SftExample, Turn  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made_model import preference_examples, tiny_tokenizer, turns  # noqa: E402

TOKENIZER = tiny_tokenizer()
TALK = SftExample(
    messages=(Turn(role="system", content="Be brief."), *turns("One?", "First.", "Two?", "Second."))
)


def learned(row: Row) -> str:
    return str(TOKENIZER.decode([label for label in row.labels if label != IGNORED]))


def only(example: SftExample, most: int = 512) -> Row:
    (row,) = encode(TOKENIZER, [example], most).rows
    assert isinstance(row, Row)
    return row


def test_only_the_last_turn_is_learned_with_the_mark_that_ends_it() -> None:
    row = only(TALK)
    assert learned(row) == "Second.<|im_end|>"
    assert row.learned == len("Second.") + 1
    assert all(label in (IGNORED, token) for label, token in zip(row.labels, row.ids, strict=True))


def test_what_is_read_is_what_the_model_is_sent_when_it_answers() -> None:
    row = only(TALK)
    asked = [{"role": turn.role, "content": turn.content} for turn in TALK.messages[:-1]]
    sent = TOKENIZER.apply_chat_template(asked, add_generation_prompt=True)["input_ids"]
    assert list(row.ids[: len(sent)]) == sent == prompt_ids(TOKENIZER, TALK.messages[:-1])
    assert set(row.labels[: len(sent)]) == {IGNORED}


def test_a_tokenizer_without_a_template_gets_chatml() -> None:
    bare = tiny_tokenizer(template=False)
    (row,) = encode(bare, [TALK], 512).rows
    assert row == only(TALK)


def test_a_template_that_ends_no_turn_gets_the_end_mark() -> None:
    plain = tiny_tokenizer()
    plain.chat_template = (
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    (row,) = encode(plain, [TALK], 512).rows
    assert isinstance(row, Row)
    assert learned(row) == "Second.<|im_end|>"


def test_a_template_whose_prompt_is_no_beginning_of_the_whole_is_refused() -> None:
    odd = tiny_tokenizer()
    odd.chat_template = "{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    with pytest.raises(UserError, match="no beginning of the whole"):
        encode(odd, [TALK], 512)


def test_an_example_must_end_with_the_assistant() -> None:
    with pytest.raises(UserError, match="must end with one turn of the assistant"):
        encode(TOKENIZER, [SftExample(messages=turns("One?", "First.", "Two?"))], 512)


def test_of_pairs_both_answers_are_learned_behind_one_prompt() -> None:
    (pair,) = encode(TOKENIZER, [preference_examples(1, 1)[0]], 512).rows
    assert isinstance(pair, PairRow)
    assert (learned(pair.chosen), learned(pair.rejected)) == ("red<|im_end|>", "none<|im_end|>")
    prompt = pair.chosen.labels.count(IGNORED)
    assert pair.chosen.ids[:prompt] == pair.rejected.ids[:prompt]


def test_of_context_distillation_one_answer_stands_behind_both_prompts() -> None:
    example = InformedExample(
        prompt=turns("Which?"), informed=turns("Which? It is blue."), answer=turns("?", "blue")[1]
    )
    (row,) = encode(TOKENIZER, [example], 512).rows
    assert isinstance(row, InformedRow)
    assert learned(row.row) == learned(row.informed) == "blue<|im_end|>"
    assert len(row.informed.ids) > len(row.row.ids)


@given(st.integers(9, 90))
def test_a_long_prompt_loses_its_beginning_and_an_answer_nothing(most: int) -> None:
    whole, found = only(TALK), encode(TOKENIZER, [TALK], most)
    (row,) = found.rows
    assert isinstance(row, Row)
    assert len(row.ids) == min(most, len(whole.ids))
    assert row.ids == whole.ids[-most:]
    assert learned(row) == "Second.<|im_end|>"
    assert found.cut == (most < len(whole.ids))


def test_an_answer_that_is_too_long_leaves_its_example_out_and_is_counted() -> None:
    found = encode(TOKENIZER, [TALK, SftExample(messages=turns("One?", "x"))], 8)
    assert (len(found.rows), found.left_out) == (1, 1)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_padding_is_masked_and_never_learned(sizes: list[int]) -> None:
    rows = [Row(ids=tuple(range(1, size + 1)), labels=(IGNORED, *range(2, size + 1))) for size in sizes]
    batch = collate(rows, pad=99)
    assert batch["input_ids"].shape[1] % 8 == 0
    for number, row in enumerate(rows):
        size = len(row.ids)
        assert batch["input_ids"][number, :size].tolist() == list(row.ids)
        assert batch["labels"][number, :size].tolist() == list(row.labels)
        assert set(batch["input_ids"][number, size:].tolist()) <= {99}
        assert set(batch["labels"][number, size:].tolist()) <= {IGNORED}
        assert batch["attention_mask"][number].tolist() == [1] * size + [0] * (
            batch["input_ids"].shape[1] - size
        )


def test_pairs_lie_in_one_batch_the_chosen_first() -> None:
    rows = encode(TOKENIZER, preference_examples(3, 1), 512).rows
    batch = collate(rows, pad_id(TOKENIZER))
    assert batch["input_ids"].shape[0] == 6
    assert batch["weights"].tolist() == [1.0] * 3
    chosen = [label for label in batch["labels"][1].tolist() if label != IGNORED]
    rejected = [label for label in batch["labels"][4].tolist() if label != IGNORED]
    assert TOKENIZER.decode(chosen) == "green<|im_end|>"
    assert TOKENIZER.decode(rejected) == "none<|im_end|>"


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 3))
def test_each_pass_has_each_row_at_most_once_and_a_batch_can_be_asked_again(
    count: int, size: int, seed: int
) -> None:
    rows = [Row(ids=(number, 1), labels=(IGNORED, 1)) for number in range(count)]
    batches, per_pass = batch_source(rows, size, 0, seed), max(1, count // size)
    seen = Counter(int(ids[0]) for step in range(per_pass) for ids in batches(step)["input_ids"])
    assert set(seen.values()) == {1}
    assert len(seen) == min(count, per_pass * size)
    assert torch.equal(batches(5)["input_ids"], batches(5)["input_ids"])


def test_rows_of_several_kinds_make_no_batch() -> None:
    rows = (*encode(TOKENIZER, preference_examples(1, 1), 512).rows, only(TALK))
    with pytest.raises(UserError, match="of one kind"):
        collate(rows, 0)
