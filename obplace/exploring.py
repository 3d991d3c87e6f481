"""The commands that explore: `frontier`, `alternatives` and `sweep`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from obplace.answering import EXITS, Seed, Threads, TimeLimit, tell
from obplace.console import LIMIT, Figure, Format, Output, check_figure, command, form_of, say, write_out
from obplace.errors import UsageError
from obplace.flags import PoolFile, Question


@command
def frontier(
    asked: Question,
    pool: PoolFile = None,
    of: Annotated[
        str, typer.Option(metavar="A,B", help="Two or three of servers, cost, spare, moves, ROLE.LEVEL.")
    ] = "servers,cost",
    points: Annotated[int, typer.Option(min=2, help="All plans up to so many, beyond that so many of them.")] = 50,
    time_limit: TimeLimit = None,
    threads: Threads = 2,
    seed: Seed = 0,
    form: Annotated[Format | None, typer.Option("--format", help="How to write the answer.")] = None,
    output: Output = None,
    figure: Figure = None,
) -> int:
    """Show every plan that no other beats in two objectives: servers and cost, spare capacity, zones, moves."""
    from obplace.ask import names
    from obplace.solver import Solver
    from obplace.trade import trade
    from obplace.traded import written

    check_figure(figure)
    wanted = names(of)
    if figure is not None and len(wanted) != 2:
        raise UsageError(f"--figure draws two objectives, --of names {len(wanted)}")
    problem = asked.over(pool)
    tell(problem.pool)
    found = trade(problem, wanted, points, Solver(time_limit=time_limit, threads=threads, seed=seed))
    form = form_of(form, output)
    if text := written(found, form, to_file=output is not None):
        write_out(text, output)
    if form is not Format.TABLE and not found.points:
        say(0, *found.reasons)
    if figure is not None and found.points:
        from obplace.report import plot_frontier, write_picture

        write_picture(partial(plot_frontier, found), figure)
    return EXITS.get(found.status, 0)


@command
def alternatives(
    asked: Question,
    pool: PoolFile = None,
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
    tell(problem.pool)
    found = ranked(problem, number, within, Solver(time_limit=time_limit, threads=threads, seed=seed))
    write_out(written(found, form, to_file=output is not None), output)
    return EXITS.get(found.status, 0)


@command
def sweep(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="As in solve.")],
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
    tell(table)
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
