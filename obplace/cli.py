"""The command: read, call, print. Results go to standard output, everything else to standard error.

Exit codes: 0 found or holds; 1 wrong content of a file; 2 wrong flags or values; 3 proven that no plan exists;
4 a limit was reached without a plan; 5 a plan breaks a rule, or obd would refuse it; 70 an internal error.
"""

import atexit
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from obplace.answering import Seed, Threads, TimeLimit, answer, solved
from obplace.console import (
    INTERNAL,
    REPORT,
    VIOLATED,
    Figure,
    Format,
    Output,
    check_figure,
    command,
    form_of,
    interrupted,
    say,
    write_out,
)
from obplace.errors import UsageError
from obplace.explaining import explain
from obplace.exploring import alternatives, frontier, sweep
from obplace.flags import PoolFile, Question
from obplace.given import PlanFile, alone, checked
from obplace.interrupts import halt, ignored, noted

INTERRUPTED = 130  # what typer makes of Ctrl-C while it reads the flags

app = typer.Typer(
    help="Place the roles of an OceanBase deployment on a pool of machines, proven optimal.",
    no_args_is_help=True,
    rich_markup_mode=None,  # boxes in a pipe help nobody
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command; an error that nobody foresaw asks to be reported and shows no traceback."""
    # Nothing here is linear algebra on floats; without this numpy starts a thread for each core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    atexit.register(ignored)
    with noted(signal.SIGTERM):
        try:
            app()
        except KeyboardInterrupt:  # before the command itself has begun
            sys.exit(interrupted())
        except SystemExit as end:
            sys.exit(interrupted() if end.code == INTERRUPTED else end.code)
        except Exception as error:
            if halt.is_set():  # native code that is interrupted may end in an error of its own
                sys.exit(interrupted())
            sys.exit(say(INTERNAL, f"{type(error).__name__}: {error}", REPORT))
    sys.exit(0)


@app.command()
@command
def solve(
    asked: Question,
    pool: PoolFile = None,
    time_limit: TimeLimit = None,
    gap: Annotated[str, typer.Option(metavar="PCT", help="Be content within this share of the bound.")] = "0%",
    threads: Threads = 2,
    seed: Seed = 0,
    form: Annotated[Format | None, typer.Option("--format", help="How to write the answer.")] = None,
    output: Output = None,
    save_deployment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is asked as a file for -d.")
    ] = None,
    bill: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what is to be bought as CSV.")] = None,
    figure: Figure = None,
) -> int:
    """Choose the machines, prove that no plan is better, and say who runs what."""
    from obplace.quantity import percent
    from obplace.solver import Solver

    try:
        share = float(percent(gap))
    except ValueError as error:
        raise UsageError(f"--gap is '{gap}', {error}") from None
    if bill is not None and asked.offers is None:
        raise UsageError("--bill goes with --offers: without them nothing can be bought")
    check_figure(figure)
    problem = asked.over(pool)
    if save_deployment is not None:
        from obplace.deployment_form import write

        write_out(write(asked.catalogue.name, asked.deployment), save_deployment)
    result = solved(problem, Solver(time_limit=time_limit, gap=share, threads=threads, seed=seed))
    if bill is not None and result.plan is not None:
        from obplace.billed import bill_csv

        write_out(bill_csv(result.plan), bill)
    code = answer(result, form, output)
    if figure is not None and result.plan is not None:
        from obplace.report import plot_places, write_picture

        write_picture(partial(plot_places, result.plan), figure)
    return code


@app.command()
@command
def verify(plan: PlanFile, asked: Question, pool: PoolFile = None) -> int:
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
    asked: Question,
    pool: PoolFile = None,
    form: Annotated[Format | None, typer.Option("--format", help="table, json or markdown.")] = None,
    output: Output = None,
    figure: Figure = None,
) -> int:
    """Lose every machine, pair of machines, rack, zone, IDC and region of a plan, and say what is left."""
    from obplace.drill import drill as drilled
    from obplace.drilled import as_markdown, to_json
    from obplace.terminal import show_drill

    form = form_of(form, output)
    if form is Format.CSV:
        raise UsageError("a drill has no form as csv, expected table, json or markdown")
    check_figure(figure)
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
    if figure is not None:
        from obplace.report import plot_drill, write_picture

        write_picture(partial(plot_drill, found), figure)
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
    if pool is None and asked.offers is None:
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


for each in (explain, frontier, alternatives, sweep):
    app.command()(each)


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
