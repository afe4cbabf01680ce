"""`atlas run`: one task, worked and shown."""

from __future__ import annotations

from typing import Annotated

import typer

from app.options import BenchmarkName, Data, Json, LaneWord, MemoryWord, Seed, Student, Teacher


def run(
    task: Annotated[
        str | None, typer.Argument(help="The task in words, over the logs of --incident.")
    ] = None,
    question: Annotated[
        str | None, typer.Option(help="Id of a benchmark's question, e.g. excytin/5/test/137-136.")
    ] = None,
    benchmark: Annotated[BenchmarkName, typer.Option(help="Whose logs to search.")] = BenchmarkName.SYNTHETIC,
    data: Data = None,
    incident: Annotated[int, typer.Option(help="Which incident's logs a task in words is about.")] = 1,
    student: Student = "offline",
    teacher: Teacher = "offline",
    memory: Annotated[
        MemoryWord, typer.Option(help="on reads and learns, frozen reads only.")
    ] = MemoryWord.FROZEN,
    lane: Annotated[LaneWord, typer.Option(help="How closely the Teacher supervises.")] = LaneWord.PAIRED,
    seed: Seed = 0,
    max_steps: Annotated[int, typer.Option(min=1)] = 25,
    as_json: Json = False,
) -> None:
    """Work one task and show its steps, its answer and what the Teacher says of it."""
    from app.output import print_json, print_text
    from app.single import RunOrder, run_single, single_json, single_text
    from core.errors import UserError

    if (task is None) == (question is None):
        raise UserError('give one task: in words, atlas run "TASK", or by --question ID')
    if question is not None:
        benchmark = BenchmarkName.EXCYTIN if question.startswith("excytin/") else BenchmarkName.SYNTHETIC
    done = run_single(
        RunOrder(
            task=task,
            question=question,
            benchmark=benchmark,
            data=data,
            incident=incident,
            student=student,
            teacher=teacher,
            memory=memory,
            lane=lane,
            seed=seed,
            max_steps=max_steps,
        )
    )
    if as_json:
        print_json(single_json(done))
    else:
        print_text(single_text(done))
    if done.outcome.answer is None:
        raise typer.Exit(1)
