"""The command: read, call, print. Results go to standard output, everything else to standard error.

Exit codes: 0 found or holds; 1 wrong content of a file; 2 wrong flags or values; 3 proven that no plan exists;
4 a limit was reached without a plan; 5 a plan breaks a rule; 70 an internal error.
"""

import contextlib
import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from obplace.errors import DataError, InternalError, ObplaceError, UsageError
from obplace.flags import PoolFile, Question, question

if TYPE_CHECKING:
    from obplace.check import Report
    from obplace.solver import Result

DATA, USAGE, NONE, LIMIT, VIOLATED, INTERNAL = 1, 2, 3, 4, 5, 70

app = typer.Typer(
    help="Place the roles of an OceanBase deployment on a pool of machines, proven optimal.",
    no_args_is_help=True,
    rich_markup_mode=None,  # boxes in a pipe help nobody
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


SUFFIXES = {".json": Format.JSON, ".csv": Format.CSV, ".md": Format.MARKDOWN}


def main() -> NoReturn:
    """Run the command; an error that nobody foresaw asks to be reported and shows no traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Nothing here is linear algebra on floats; without this numpy starts a thread for each core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except Exception as error:
        sys.exit(_say(INTERNAL, f"{type(error).__name__}: {error}", REPORT))
    sys.exit(0)


REPORT = "this is a fault of obplace: please report it, with the command and if you can the files"


def command(work: Callable[..., int]) -> Callable[..., None]:
    """Make a command of a function that returns the exit code: its errors become messages.

    A parameter ``asked`` stands for all flags of `question`.
    """
    own = inspect.signature(work, eval_str=True).parameters
    flags = inspect.signature(question, eval_str=True).parameters if "asked" in own else {}

    @functools.wraps(work)
    def run(**given: Any) -> None:
        try:
            if flags:
                given["asked"] = question(**{name: given.pop(name) for name in flags})
            code = work(**given)
            sys.stdout.flush()
        except ObplaceError as error:
            code = _failed(error)
        except KeyboardInterrupt:
            code = _say(LIMIT, "interrupted before there was a plan")
        except BrokenPipeError:
            # Whoever read has enough; the complaint when Python closes the pipe is kept down.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        raise typer.Exit(code)

    plain = [each for each in own.values() if each.name != "asked"]
    where = [each.name for each in plain if each.default is inspect.Parameter.empty]
    ordered = [*plain[: len(where)], *flags.values(), *plain[len(where) :]]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in ordered]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _failed(error: ObplaceError) -> int:
    match error:
        case InternalError():
            return _say(INTERNAL, *error.problems, REPORT)
        case UsageError():
            return _say(USAGE, *error.problems)
        case _:
            return _say(DATA, *error.problems)


def _say(code: int, *texts: str) -> int:
    from obplace.words import plain

    for text in texts:
        typer.echo(f"obplace: {plain(text)}", err=True)
    return code


Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write there; .json, .csv and .md say how.")]


@app.command()
@command
def solve(
    pool: PoolFile,
    asked: Question,
    time_limit: Annotated[float | None, typer.Option(metavar="S", min=0.001, help="Seconds for the search.")] = None,
    gap: Annotated[str, typer.Option(metavar="PCT", help="Be content within this share of the bound.")] = "0%",
    threads: Annotated[int, typer.Option(min=1, max=8, help="Of the search.")] = 2,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the search; no optimal plan depends on it.")] = 0,
    form: Annotated[Format | None, typer.Option("--format", help="How to write the answer.")] = None,
    output: Output = None,
    save_deployment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is asked as a file for -d.")
    ] = None,
) -> int:
    """Choose the machines, prove that no plan is better, and say who runs what."""
    from obplace.quantity import percent
    from obplace.solver import Solver
    from obplace.terminal import Display

    try:
        share = float(percent(gap))
    except ValueError as error:
        raise UsageError(f"--gap is '{gap}', {error}") from None
    problem = asked.over(pool)
    if save_deployment is not None:
        from obplace.deployment_form import write

        _write(write(asked.catalogue.name, asked.deployment), save_deployment)
    for text in (*problem.pool.notes, *problem.pool.skipped):
        _say(0, text)
    with Display() as display:
        solver = Solver(time_limit=time_limit, gap=share, threads=threads, seed=seed, watch=display.watch)
        result = solver.solve(problem)
    return answer(result, form, output)


def answer(result: "Result", form: Format | None, output: Path | None) -> int:
    """Write a result where it is wanted, and return the exit code of its status."""
    from obplace.document import to_json
    from obplace.markdown import as_markdown
    from obplace.plan import Status
    from obplace.sheet import as_csv
    from obplace.terminal import show_result

    form = _form(form, output)
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
        _write(text, output)
    if form is not Format.TABLE and result.plan is None:
        _say(0, *result.reasons)
    return {Status.INFEASIBLE: NONE, Status.UNKNOWN: LIMIT}.get(result.status, 0)


def _form(said: Format | None, output: Path | None) -> Format:
    """Return the form that was asked for: by name, or by the name of the file."""
    if said is not None:
        return said
    return Format.TABLE if output is None else SUFFIXES.get(output.suffix.lower(), Format.JSON)


def _write(text: str, output: Path | None) -> None:
    """Write to standard output, or to a file that is there whole or not at all."""
    if output is None or str(output) == "-":
        sys.stdout.write(text)
        return
    part = output.parent / f".{output.name}.{os.getpid()}.part"
    try:
        if output.exists() and not output.is_file():
            output.write_text(text, encoding="utf-8")  # a device is not replaced by a file, a directory refuses
            return
        part.write_text(text, encoding="utf-8")
        os.replace(part, output)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


PlanFile = Annotated[str, typer.Argument(metavar="PLAN", help="A plan as JSON, or a CSV of machine and role.")]


@app.command()
@command
def verify(plan: PlanFile, pool: PoolFile, asked: Question) -> int:
    """Check that a plan holds on its pool; a CSV made by hand is checked against solve's flags."""
    source, report = _checked(plan, pool, asked)
    if report.findings:
        return _say(VIOLATED, *report.findings)
    typer.echo(f"{source} {report.holds}")
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

    form = _form(form, output)
    if form is Format.CSV:
        raise UsageError("a drill has no form as csv, expected table, json or markdown")
    _, report = _checked(plan, pool, asked)
    if report.plan is None:
        return _say(VIOLATED, *report.findings)
    found = drilled(report.plan)
    match form:
        case Format.JSON:
            text = to_json(found)
        case Format.MARKDOWN:
            text = as_markdown(found)
        case _:
            text = show_drill(found, to_file=output is not None)
    _write(text, output)
    return 0


def _checked(plan: str, pool: str, asked: Question) -> "tuple[str, Report]":
    """Return what to call a plan, and what its check found."""
    from obplace.check import check_document, check_placement, read_placement
    from obplace.deployment_form import deployment_of
    from obplace.plan_form import read

    source = "standard input" if plan == "-" else Path(plan).name
    text = _text(plan)
    if not text.lstrip().startswith("{"):
        return source, check_placement(asked.over(pool), read_placement(text, source))
    form = read(text, source)
    if asked.deployment.said():
        raise UsageError(f"{source} brings its own deployment: leave out the flags that say another")
    return source, check_document(form, asked.by(form.catalogue, deployment_of(form.deployment)).over(pool))


def _text(path: str) -> str:
    """Return the text of a file; '-' is standard input."""
    try:
        return sys.stdin.read().removeprefix("\ufeff") if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from None


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
