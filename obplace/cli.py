"""The command: read, call, print. Results go to standard output, everything else to standard error.

Exit codes: 0 found or holds; 1 wrong content of a file; 2 wrong flags or values; 3 proven that no plan exists;
4 a limit was reached without a plan; 5 a plan breaks a rule, or obd would refuse it; 70 an internal error.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from obplace.console import INTERNAL, LIMIT, NONE, REPORT, VIOLATED, Format, Output, command, form_of, say, write_out
from obplace.errors import UsageError
from obplace.flags import PoolFile, Question
from obplace.given import PlanFile, alone, checked

if TYPE_CHECKING:
    from obplace.problem import Problem
    from obplace.solver import Result, Solver

TimeLimit = Annotated[float | None, typer.Option(metavar="S", min=0.001, help="Seconds for the search.")]
Threads = Annotated[int, typer.Option(min=1, max=8, help="Of the search.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the search; no optimal plan depends on it.")]
EXITS = {"infeasible": NONE, "unknown": LIMIT}  # by status; with a plan it is 0

app = typer.Typer(
    help="Place the roles of an OceanBase deployment on a pool of machines, proven optimal.",
    no_args_is_help=True,
    rich_markup_mode=None,  # boxes in a pipe help nobody
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command; an error that nobody foresaw asks to be reported and shows no traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Nothing here is linear algebra on floats; without this numpy starts a thread for each core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except Exception as error:
        sys.exit(say(INTERNAL, f"{type(error).__name__}: {error}", REPORT))
    sys.exit(0)


@app.command()
@command
def solve(
    pool: PoolFile,
    asked: Question,
    time_limit: TimeLimit = None,
    gap: Annotated[str, typer.Option(metavar="PCT", help="Be content within this share of the bound.")] = "0%",
    threads: Threads = 2,
    seed: Seed = 0,
    form: Annotated[Format | None, typer.Option("--format", help="How to write the answer.")] = None,
    output: Output = None,
    save_deployment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is asked as a file for -d.")
    ] = None,
) -> int:
    """Choose the machines, prove that no plan is better, and say who runs what."""
    from obplace.quantity import percent
    from obplace.solver import Solver

    try:
        share = float(percent(gap))
    except ValueError as error:
        raise UsageError(f"--gap is '{gap}', {error}") from None
    problem = asked.over(pool)
    if save_deployment is not None:
        from obplace.deployment_form import write

        write_out(write(asked.catalogue.name, asked.deployment), save_deployment)
    return answer(_solved(problem, Solver(time_limit=time_limit, gap=share, threads=threads, seed=seed)), form, output)


def _solved(problem: "Problem", solver: "Solver") -> "Result":
    """Solve for somebody who waits: what the pool has to say first, and how far the search is."""
    from obplace.terminal import Display

    for text in (*problem.pool.notes, *problem.pool.skipped):
        say(0, text)
    with Display() as display:
        return replace(solver, watch=display.watch).solve(problem)


def answer(result: "Result", form: Format | None, output: Path | None) -> int:
    """Write a result where it is wanted, and return the exit code of its status."""
    from obplace.document import to_json
    from obplace.markdown import as_markdown
    from obplace.sheet import as_csv
    from obplace.terminal import show_result

    form = form_of(form, output)
    match form:
        case Format.TABLE:
            text = show_result(result, to_file=output is not None)
        case Format.JSON:
            text = to_json(result)
        case Format.CSV:
            text = as_csv(result.plan) if result.plan else ""
        case Format.MARKDOWN:
            text = as_markdown(result)
    if text:  # no plan as CSV is nothing: a file that is there stays as it is
        write_out(text, output)
    if form is not Format.TABLE and result.plan is None:
        say(0, *result.reasons)
    return EXITS.get(result.status, 0)


@app.command()
@command
def verify(plan: PlanFile, pool: PoolFile, asked: Question) -> int:
    """Check that a plan holds on its pool, and what its certificate proves; a CSV, against solve's flags."""
    source, report = checked(plan, pool, asked)
    if report.findings:
        return say(VIOLATED, *report.findings)
    for text in (f"{source} {report.holds}", *(f"- {sentence}" for sentence in report.proven)):
        typer.echo(text)
    return 0


@app.command()
@command
def drill(
    plan: PlanFile,
    pool: PoolFile,
    asked: Question,
    form: Annotated[Format | None, typer.Option("--format", help="table, json or markdown.")] = None,
    output: Output = None,
) -> int:
    """Lose every machine, pair of machines, rack, zone, IDC and region of a plan, and say what is left."""
    from obplace.drill import drill as drilled
    from obplace.drilled import as_markdown, to_json
    from obplace.terminal import show_drill

    form = form_of(form, output)
    if form is Format.CSV:
        raise UsageError("a drill has no form as csv, expected table, json or markdown")
    _, report = checked(plan, pool, asked)
    if report.plan is None:
        return say(VIOLATED, *report.findings or [report.holds])
    found = drilled(report.plan)
    match form:
        case Format.JSON:
            text = to_json(found)
        case Format.MARKDOWN:
            text = as_markdown(found)
        case _:
            text = show_drill(found, to_file=output is not None)
    write_out(text, output)
    return 0


@app.command()
@command
def preflight(
    plan: PlanFile,
    asked: Question,
    pool: Annotated[
        str | None, typer.Argument(metavar="[POOL]", help="Checks the plan first, and says which architectures run.")
    ] = None,
    form: Annotated[Format | None, typer.Option("--format", help="table, json or markdown.")] = None,
    output: Output = None,
) -> int:
    """Say what OceanBase Deployer (obd) would refuse of a plan, and what to check on each host: 5 if it refuses."""
    from obplace.preflight import preflight as flown
    from obplace.preflighted import as_markdown, to_json
    from obplace.terminal import show_preflight

    form = form_of(form, output)
    if form is Format.CSV:
        raise UsageError("a preflight has no form as csv, expected table, json or markdown")
    if pool is None:
        placed = alone(plan, asked)
    else:
        _, report = checked(plan, pool, asked)
        if report.plan is None:
            return say(VIOLATED, *report.findings or [report.holds])
        placed = report.plan
    found = flown(placed)
    match form:
        case Format.JSON:
            text = to_json(found)
        case Format.MARKDOWN:
            text = as_markdown(found)
        case _:
            text = show_preflight(found, to_file=output is not None)
    write_out(text, output)
    return VIOLATED if found.refused else 0


@app.command()
@command
def explain(
    pool: PoolFile,
    asked: Question,
    prices: Annotated[bool, typer.Option("--prices", help="What more costs at least, less saves at most.")] = False,
    machine: Annotated[list[str] | None, typer.Option(metavar="M", help="At what price it is worth taking.")] = None,
    form: Annotated[Format | None, typer.Option("--format", help="table, json or markdown.")] = None,
    output: Output = None,
) -> int:
    """Say what the proof of a plan tells a buyer of copies, machines and rules."""
    from obplace.solver import Solver
    from obplace.worded import written
    from obplace.worth import worth

    if not prices or (form := form_of(form, output)) is Format.CSV:
        raise UsageError("explain has --prices, as table, json or markdown: say so")
    result = _solved(asked.over(pool), Solver())
    if result.plan is None:
        return answer(result, form, output)
    write_out(written(worth(result, machine or ()), form, to_file=output is not None), output)
    return 0


@app.command()
@command
def frontier(
    pool: PoolFile,
    asked: Question,
    of: Annotated[
        str, typer.Option(metavar="A,B", help="Two or three of servers, cost, spare, moves, ROLE.LEVEL.")
    ] = "servers,cost",
    points: Annotated[int, typer.Option(min=2, help="All plans up to so many, beyond that so many of them.")] = 50,
    time_limit: TimeLimit = None,
    threads: Threads = 2,
    seed: Seed = 0,
    form: Annotated[Format | None, typer.Option("--format", help="How to write the answer.")] = None,
    output: Output = None,
) -> int:
    """Show every plan that no other beats in two objectives: servers and cost, spare capacity, zones, moves."""
    from obplace.ask import names
    from obplace.solver import Solver
    from obplace.trade import trade
    from obplace.traded import written

    problem = asked.over(pool)
    for text in (*problem.pool.notes, *problem.pool.skipped):
        say(0, text)
    found = trade(problem, names(of), points, Solver(time_limit=time_limit, threads=threads, seed=seed))
    form = form_of(form, output)
    if text := written(found, form, to_file=output is not None):
        write_out(text, output)
    if form is not Format.TABLE and not found.points:
        say(0, *found.reasons)
    return EXITS.get(found.status, 0)


@app.command()
@command
def alternatives(
    pool: PoolFile,
    asked: Question,
    number: Annotated[int, typer.Option("-k", "--number", metavar="K", min=1, help="How many plans.")] = 5,
    within: Annotated[
        str | None, typer.Option(metavar="PCT", help="Plans at most so much worse that differ as much as they can.")
    ] = None,
    time_limit: TimeLimit = None,
    threads: Threads = 2,
    seed: Seed = 0,
    form: Annotated[Format | None, typer.Option("--format", help="table, json or markdown.")] = None,
    output: Output = None,
) -> int:
    """Show the best few plans, or a few that differ, each with the machines that serve as well."""
    from obplace.listed import written
    from obplace.ranked import alternatives as ranked
    from obplace.solver import Solver

    if (form := form_of(form, output)) is Format.CSV:
        raise UsageError("alternatives have no form as csv, expected table, json or markdown")
    problem = asked.over(pool)
    for text in (*problem.pool.notes, *problem.pool.skipped):
        say(0, text)
    found = ranked(problem, number, within, Solver(time_limit=time_limit, threads=threads, seed=seed))
    write_out(written(found, form, to_file=output is not None), output)
    return EXITS.get(found.status, 0)


@app.command()
@command
def sweep(
    pool: PoolFile,
    grid: Annotated[Path, typer.Argument(metavar="GRID", help="TOML: under [grid] the values of what differs.")],
    asked: Question,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Processes; one a core by default.")] = None,
    backend: Annotated[str | None, typer.Option(help="processes (the default), dask or ray.")] = None,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of Dask: tcp://host:8786.")] = None,
    time_limit: TimeLimit = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write there: .csv, .jsonl or .parquet.")
    ] = None,
) -> int:
    """Solve every combination of levels, counts, prices, losses ...; one row each, and what is finished is kept."""
    from obplace.grid import read_grid, scenarios
    from obplace.sweeping import Shared, kind_of, swept, write
    from obplace.terminal import Bar

    kind = kind_of(output)
    cases = scenarios(read_grid(grid), table := asked.read(pool))
    for text in (*table.notes, *table.skipped):
        say(0, text)
    journal = None if output is None else output.with_name(f"{output.name}.journal")
    shared = Shared(table, asked.catalogue, asked.deployment, time_limit)
    try:
        with Bar(len(cases)) as bar:
            found = swept(shared, cases, backend, workers, scheduler, journal, bar.watch)
    except KeyboardInterrupt:
        kept = f"; what is finished is kept in {journal}, the same command goes on" if journal else ""
        return say(LIMIT, f"interrupted{kept}")
    write(found, kind, output)
    if journal is not None:
        journal.unlink()
    return 0


@app.command()
@command
def roles(
    catalogue: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="One that ships, or a file.")] = None,
    diff: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="What changed from one catalogue to another.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="table; with --diff also json.")] = Format.TABLE,
) -> int:
    """Show the catalogue in force, every number with the sentence it comes from, or what differs between two."""
    from obplace.catalogue import DEFAULT, load, to_json
    from obplace.terminal import show_catalogue, show_changes

    if diff is not None and catalogue is not None:
        raise UsageError("--diff names both catalogues: leave out --catalogue")
    if form not in (Format.TABLE, Format.JSON) or (form is Format.JSON and diff is None):
        raise UsageError(f"roles has no form as {form}, expected table, or json with --diff")
    if diff is None:
        text = show_catalogue(load(catalogue or DEFAULT))
    else:
        before, after = map(load, diff)
        text = to_json(before, after) if form is Format.JSON else show_changes(before, after)
    typer.echo(text, nl=False)
    return 0


@app.command()
@command
def sample(
    rows: Annotated[int, typer.Argument(metavar="N", help="Machines.")],
    seed: Annotated[int, typer.Option(help="Another seed is another pool.")] = 0,
) -> int:
    """Write a realistic pool to play with, as CSV."""
    from obplace.sample import sample as made

    for text in made(rows, seed):
        sys.stdout.write(text)
    return 0
