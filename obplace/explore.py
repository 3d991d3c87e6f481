"""The Python doors for exploring: every trade-off, the best few plans, many scenarios at once."""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from obplace.ask import Asked, Words, book_of, deployment_of, names, read_pool
from obplace.catalogue import Catalogue
from obplace.grid import scenarios
from obplace.pareto import Frontier
from obplace.pose import pose
from obplace.problem import Problem
from obplace.ranked import Alternatives
from obplace.ranked import alternatives as ranked
from obplace.solver import Solver
from obplace.sweeping import Shared, swept
from obplace.trade import trade

if TYPE_CHECKING:
    import pandas as pd


def frontier(
    pool: Any,
    *,
    of: Words = ("servers", "cost"),
    points: int = 50,
    catalogue: str | PathLike[str] | Catalogue = "oceanbase-4.1",
    skip_bad_rows: bool = False,
    time_limit: float | None = None,
    threads: int = 2,
    seed: int = 0,
    **asked: Unpack[Asked],
) -> Frontier:
    """Return all plans that no other plan beats in two or three objectives, each with its proof.

    Parameters
    ----------
    of
        Objectives: servers, cost, spare, moves, or ROLE.LEVEL such as observer.zone; `Axis.meaning` says what each
        counts.
    points
        All are found while there are no more; of more than that so many, at even distances in the first objective,
        with what is proven of those between.
    pool, catalogue, skip_bad_rows, time_limit, threads, seed, **asked
        As in `solve`, without ``minimize``.

    Raises
    ------
    DataError
        The pool, or the file of a catalogue, cannot be read; every fault is listed.
    UsageError
        A keyword asks for what does not exist or contradicts another.
    """
    problem = problem_of(pool, catalogue, skip_bad_rows, asked)
    return trade(problem, names(of), points, Solver(time_limit=time_limit, threads=threads, seed=seed))


def alternatives(
    pool: Any,
    k: int = 5,
    *,
    within: str | None = None,
    catalogue: str | PathLike[str] | Catalogue = "oceanbase-4.1",
    skip_bad_rows: bool = False,
    time_limit: float | None = None,
    threads: int = 2,
    seed: int = 0,
    **asked: Unpack[Asked],
) -> Alternatives:
    """Return the k best plans, or k plans nearly as good that differ as much as they can, with what serves as well.

    Parameters
    ----------
    k
        How many; there are fewer where no more exist.
    within
        A share such as ``"5%"``: plans whose first objective is at most so much worse than the best, each as far as
        can be from those before. None: the best.
    pool, catalogue, skip_bad_rows, time_limit, threads, seed, **asked
        As in `solve`.

    Raises
    ------
    DataError
        The pool, or the file of a catalogue, cannot be read; every fault is listed.
    UsageError
        A keyword asks for what does not exist or contradicts another.
    """
    problem = problem_of(pool, catalogue, skip_bad_rows, asked)
    return ranked(problem, k, within, Solver(time_limit=time_limit, threads=threads, seed=seed))


def sweep(
    pool: Any,
    grid: Mapping[str, Any],
    *,
    workers: int | None = None,
    backend: str | None = None,
    scheduler: str | None = None,
    journal: str | PathLike[str] | None = None,
    watch: Callable[[int], object] | None = None,
    catalogue: str | PathLike[str] | Catalogue = "oceanbase-4.1",
    skip_bad_rows: bool = False,
    time_limit: float | None = None,
    **asked: Unpack[Asked],
) -> "pd.DataFrame":
    """Solve every scenario of a grid in parallel, and return one row for each, in order.

    A script that calls this needs ``if __name__ == "__main__":``, as the processes are begun anew.

    Parameters
    ----------
    grid
        List of values by what differs: a field of `Deployment` (``level``), an entry of one (``roles.observer``),
        ``price`` (``+10%``, ``zone=z1:-5%``) or ``lost`` (``rack=r1``; a level alone for each of its domains). Every
        combination is a scenario.
    workers
        Processes on this machine; as many as it has cores when None.
    backend, scheduler
        ``dask`` or ``ray`` for the workers of a cluster; the address of a Dask scheduler, or None where a
        client is connected already.
    journal
        A file that keeps what is finished: the same sweep goes on from there.
    watch
        Told how many scenarios are finished.
    time_limit
        Seconds for each scenario.
    pool, catalogue, skip_bad_rows, **asked
        As in `solve`: what all scenarios have in common.

    Returns
    -------
    pandas.DataFrame
        What differs, status, objectives with bounds, ``machines`` as JSON, ``kernel``, equal where the pool comes to
        the same, and ``why`` of a scenario that asks for what cannot be.

    Raises
    ------
    DataError
        The pool, or the file of a catalogue, cannot be read; every fault is listed.
    UsageError
        The grid is empty or names what cannot differ, the journal is of another sweep, or no scheduler answers.
    """
    book = book_of(catalogue)
    table = read_pool(pool, book, skip_bad_rows)
    cases = scenarios(grid, table)
    shared = Shared(table, book, deployment_of(asked), time_limit)
    return swept(shared, cases, backend, workers, scheduler, None if journal is None else Path(journal), watch)


def problem_of(
    pool: Any, catalogue: str | PathLike[str] | Catalogue, skip_bad_rows: bool, asked: Mapping[str, Any]
) -> Problem:
    """Return the problem that some keywords state over a pool in any form."""
    book = book_of(catalogue)
    return pose(book, deployment_of(asked), read_pool(pool, book, skip_bad_rows))
