"""`atlas ideas probe`: how often tricks raise what the reward, or a learned judge, says of an idea."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.ideas.learning import read_judged
from app.ideas.running import Corpus
from app.options import Json
from core.errors import UserError

if TYPE_CHECKING:
    from core.embedder import Embedder
    from ideation.families.adapters.probes import Found, Trick, Values

_PROMPT = "Which of these two ideas is the better one? Compare them on novelty, excitement and feasibility."


def probe(
    ideas: Annotated[Path, typer.Argument(help="Ideas made anywhere: JSON lines or a JSON list.")],
    topic: Annotated[str, typer.Option(help="What they are about.")],
    corpus: Corpus = None,
    scored: Annotated[
        list[Path] | None, typer.Option(help="Scored ideas: a judge is learned from them and probed too.")
    ] = None,
    prompt: Annotated[str, typer.Option(help="What a judge is asked: one trick copies it.")] = _PROMPT,
    limit: Annotated[int, typer.Option(min=1, help="So many of the ideas.")] = 40,
    as_json: Json = False,
) -> None:
    """Play seven tricks on each idea and tell how often each raises its worth."""
    from app.ideas.workshop import open_papers, the_embedder
    from app.output import print_json, print_text
    from core.settings import load_settings
    from ideation.families.adapters.probes import probe as play
    from ideation.families.adapters.reward import Reward

    if not topic.strip():
        raise UserError("say what the ideas are about: --topic 'membranes that do not tear'")
    texts = [each.text for each, _ in read_judged(ideas, needs_score=False)][:limit]
    settings = load_settings()
    embedder = the_embedder(settings)
    with open_papers(settings, list(corpus or []), embedder) as papers:
        known = [each.text for each in papers.view().papers()]
    reward = Reward(topic=topic, embedder=embedder, reference=known, prompts=(prompt,))
    probed: dict[str, Values] = {"reward": reward.values}
    if scored:
        probed["learned judge"] = _learned(scored, topic, embedder)
    found = {name: play(texts, values, prompt) for name, values in probed.items()}
    if as_json:
        print_json(
            {name: {trick: asdict(each) for trick, each in rows.items()} for name, rows in found.items()}
        )
        return
    print_text("\n".join(line for name, rows in found.items() for line in _told(name, rows)))


def _learned(scored: list[Path], topic: str, embedder: Embedder) -> Values:
    from ideation.families.adapters.features import Judged
    from ideation.families.adapters.learned_judge import learn, pairs_from_scores

    read = [(file, *each) for file in scored for each in read_judged(file, needs_score=True)]
    groups = [f"{file}\x1f{idea.topic}" for file, idea, _ in read]
    judge = learn(
        [idea for _, idea, _ in read], pairs_from_scores([score for _, _, score in read], groups), embedder
    )
    return lambda texts: judge.strengths(
        [Judged(id=str(at), text=text, topic=topic) for at, text in enumerate(texts)], embedder
    ).tolist()


def _told(name: str, rows: Mapping[Trick, Found]) -> list[str]:
    return [
        f"{name}, n {next(iter(rows.values())).n}",
        *(
            f"  {trick:<28} raised {each.raised:4.0%},"
            f" by {each.change:+.3f} ({each.low:+.3f} to {each.high:+.3f})"
            for trick, each in rows.items()
        ),
    ]
