"""`atlas bench`: run a benchmark, test transfer, read and compare stored runs."""

from __future__ import annotations

from typing import Annotated

import typer

from app.options import BenchmarkName, Data, FeedbackWord, Json, LaneWord, MemoryWord, Seed, Student, Teacher

app = typer.Typer(help="Run benchmarks and read what came of them.", no_args_is_help=True)

Incidents = Annotated[
    list[int] | None, typer.Option("--incident", help="An incident; repeat the option. Default: all.")
]
Workers = Annotated[int, typer.Option(min=1, help="Tasks worked side by side.")]
MaxSteps = Annotated[int, typer.Option(min=1, help="Actions in an attempt, the answer included.")]
BudgetUsd = Annotated[float | None, typer.Option(min=0, help="Stop in good order when so much is spent.")]
Runs = Annotated[list[str], typer.Argument(help="Ids of stored runs.")]


@app.command("run")
def bench_run(
    benchmark: BenchmarkName,
    data: Data = None,
    incident: Incidents = None,
    split: Annotated[str, typer.Option(help="test or train.")] = "test",
    student: Student = "offline",
    teacher: Teacher = "offline",
    memory: Annotated[
        MemoryWord, typer.Option(help="on reads and learns, frozen reads only.")
    ] = MemoryWord.OFF,
    snapshot: Annotated[
        str | None, typer.Option(help="With --memory frozen: the pamphlets as this snapshot holds them.")
    ] = None,
    feedback: Annotated[
        FeedbackWord, typer.Option(help="What learning hears; score needs --split train.")
    ] = FeedbackWord.JUDGE,
    lane: Annotated[LaneWord, typer.Option(help="How closely the Teacher supervises.")] = LaneWord.PAIRED,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many questions.")] = None,
    workers: Workers = 1,
    seed: Seed = 0,
    max_steps: MaxSteps = 25,
    budget_usd: BudgetUsd = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run.")] = None,
    as_json: Json = False,
) -> None:
    """Work the questions of a benchmark; report success with its interval, tokens and money."""
    from app.benching import run_order
    from app.output import print_json, print_text
    from app.plans import BenchOrder, make_plan, parse_split, snapshot_of
    from benchmarks.report_text import report_text

    report = run_order(
        BenchOrder(
            benchmark=benchmark,
            plan=make_plan(student, teacher, lane, memory, feedback),
            data=data,
            snapshot=snapshot_of(memory, snapshot),
            incidents=tuple(incident or ()),
            split=parse_split(split),
            limit=limit,
            workers=workers,
            seed=seed,
            max_steps=max_steps,
            budget_usd=budget_usd,
            resume=resume,
        ),
    )
    if as_json:
        print_json(report.to_json())
    else:
        print_text(report_text(report))
    _leave(report.status.value, all_failed=bool(report.tasks) and report.errors == len(report.tasks))


@app.command("transfer")
def bench_transfer(
    benchmark: BenchmarkName,
    data: Data = None,
    learn: Annotated[
        list[int] | None, typer.Option(help="Learn on this incident; repeat the option.")
    ] = None,
    test: Annotated[list[int] | None, typer.Option(help="Test on this incident; repeat the option.")] = None,
    orders: Annotated[int, typer.Option(min=1, help="Shuffles of the learning order.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of the agent.")] = 1,
    student: Student = "offline",
    teacher: Teacher = "offline",
    feedback: Annotated[FeedbackWord, typer.Option(help="What learning hears.")] = FeedbackWord.JUDGE,
    seed: Seed = 0,
    max_steps: MaxSteps = 25,
    workers: Workers = 1,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many questions of an incident and split.")
    ] = None,
    budget_usd: BudgetUsd = None,
    as_json: Json = False,
) -> None:
    """Learn on the train questions of some incidents, freeze, test on others; default: leave one out."""
    from app.output import print_json, print_text, say
    from app.transferring import TransferOrder, run_transfer, transfer_text

    report = run_transfer(
        TransferOrder(
            benchmark=benchmark,
            data=data,
            learn=tuple(learn or ()),
            test=tuple(test or ()),
            orders=orders,
            seeds=seeds,
            student=student,
            teacher=teacher,
            feedback=feedback,
            seed=seed,
            max_steps=max_steps,
            workers=workers,
            limit=limit,
            budget_usd=budget_usd,
        ),
    )
    if as_json:
        print_json(report.to_json())
    else:
        print_text(transfer_text(report))
    if report.errors:
        say(f"atlas: {report.errors} tasks failed and count as wrong: atlas bench report {report.runs[0]}")
        raise typer.Exit(1)


@app.command("report")
def bench_report(runs: Runs, as_json: Json = False) -> None:
    """What stored runs came to."""
    from app.benching import stored_reports
    from app.output import print_json, print_text
    from benchmarks.report_text import report_text

    reports = stored_reports(runs)
    if as_json:
        print_json([report.to_json() for report in reports])
    else:
        print_text("\n\n".join(report_text(report) for report in reports))


@app.command("compare")
def bench_compare(first: str, second: str, as_json: Json = False) -> None:
    """Two runs, paired on the questions that both worked."""
    from app.benching import stored_reports
    from app.output import print_json, print_text
    from benchmarks.comparison import compare, comparison_text

    comparison = compare(*stored_reports([first, second]))
    if as_json:
        print_json(comparison)
    else:
        print_text(comparison_text(comparison))


@app.command("leaderboard")
def bench_leaderboard(
    limit: Annotated[int, typer.Option(min=1, help="So many of the newest runs.")] = 50, as_json: Json = False
) -> None:
    """The stored runs, those over the same questions together, best first."""
    from app.benching import leaderboard, leaderboard_text
    from app.output import print_json, print_text

    reports = leaderboard(limit)
    if as_json:
        print_json({"runs": [report.to_json() for report in reports]})
    else:
        print_text(leaderboard_text(reports))


@app.command("conformance")
def bench_conformance(
    data: Data = None,
    incident: Incidents = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many statements of an incident.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How well our engine answers logged statements as the real MySQL did."""
    from app.benching import conformance_report
    from app.output import print_json, print_text
    from benchmarks.report_text import text_table

    report = conformance_report(data, tuple(incident or ()) or None, limit)
    rows = dict(report.by_kind)
    if as_json:
        kinds = {
            kind: {"comparable": p.comparable, "same_class": p.same_class, "same_text": p.same_text}
            for kind, p in rows.items()
        }
        print_json(
            {
                "statements": report.statements,
                "comparable": report.comparable,
                "same_class": report.same_class,
                "same_text": report.same_text,
                "by_kind": kinds,
            }
        )
        return
    table = [
        {
            "logged result": kind,
            "comparable": str(part.comparable),
            "same class": _share(part.same_class),
            "same text": _share(part.same_text),
        }
        for kind, part in rows.items()
    ]
    total = f"{report.statements} statements, {report.comparable} comparable"
    shares = f"same class {_share(report.same_class)}, same text {_share(report.same_text)}"
    print_text(f"{total}: {shares}\n\n{text_table(table)}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _leave(status: str, *, all_failed: bool = False) -> None:
    """A run that was stopped, failed, or in which no task could be worked ends with its own exit status."""
    if status == "budget":
        raise typer.Exit(3)
    if status == "failed" or all_failed:
        raise typer.Exit(1)
