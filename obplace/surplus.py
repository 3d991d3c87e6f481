"""How large machines are, all resources together: in parts of the pool's largest, resource by resource."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from obplace.catalogue import Combine
from obplace.pool import Batch
from obplace.problem import Problem

WHOLE = 10**6  # parts in which ties are broken
COARSE = 100  # parts in which spare capacity is traded: nobody trades a millionth, and each is a point of its own


def shares(problem: Problem, amounts: Mapping[str, int | None]) -> int:
    """Return the sum of amounts, by resource and in base units, each as hundredths of the pool's largest capacity.

    Resources that do not add up, or of which no machine has any, do not count; what is unknown is 0.
    """
    largest = problem.pool.largest
    return sum((amounts.get(name) or 0) * COARSE // largest[name] for name in summed(problem))


def summed(problem: Problem) -> Iterable[str]:
    """Return the resources that add up and that some machine has."""
    for name, resource in problem.catalogue.resources.items():
        if resource.combine is Combine.SUM and problem.pool.largest.get(name, 0) > 0:
            yield name


def of_rows(problem: Problem, batch: Batch, rows: NDArray[np.int64], whole: int) -> NDArray[np.int64]:
    """Return for some rows of a batch the sum of their capacities, in parts of the pool's largest, shape (rows,)."""
    total = np.zeros(len(rows), dtype=np.int64)
    for name in summed(problem):
        column = batch.column(name)
        largest = problem.pool.largest[name]
        each = [0 if value is None else int(value) * whole // largest for value in column.values]
        total += np.array(each, dtype=np.int64)[column.codes[rows]]
    return total
