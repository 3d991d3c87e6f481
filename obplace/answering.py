"""Solve for somebody who waits at a terminal, and write the answer where it is wanted."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from obplace.console import LIMIT, NONE, Format, form_of, say, write_out
from obplace.interrupts import held

if TYPE_CHECKING:
    from obplace.pool import Pool
    from obplace.problem import Problem
    from obplace.result import Result
    from obplace.solver import Solver

TimeLimit = Annotated[float | None, typer.Option(metavar="S", min=0.001, help="Seconds for the search.")]
Threads = Annotated[int, typer.Option(min=1, max=8, help="Of the search.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the search; no optimal plan depends on it.")]
EXITS = {"infeasible": NONE, "unknown": LIMIT}  # by status; with a plan it is 0


def tell(pool: "Pool") -> None:
    """Say what reading a pool brought up."""
    for text in (*pool.notes, *pool.skipped):
        say(0, text)


def solved(problem: "Problem", solver: "Solver") -> "Result":
    """Solve for somebody who waits: what the pool has to say first, and how far the search is."""
    from obplace.terminal import Display

    tell(problem.pool)
    with Display() as display:
        return replace(solver, watch=display.watch).solve(problem)


@held()  # a plan that was found is told
def answer(result: "Result", form: Format | None, output: Path | None) -> int:
    """Write a result where it is wanted, and return the exit code of its status."""
    from obplace.document import to_json
    from obplace.markdown import as_markdown
    from obplace.notes import why_none
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
        say(0, *why_none(result))
    return EXITS.get(result.status, 0)
