"""Machines that nearly have what a role needs: by how much they fall short, and how many there are."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from obplace.classes import usable
from obplace.patterns import alone
from obplace.pool import Batch
from obplace.problem import Problem
from obplace.quantity import Kind
from obplace.rules import Ban

NEAR = Fraction(1, 20)  # share of a need by which a machine may fall short and still be near
NAMED = 3  # machines of a role that are named
PPM = 10**6


@dataclass(frozen=True)
class Miss:
    """A machine and what it lacks: by resource the amount, and the least that would do, in base units."""

    machine: str
    lacks: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Misses:
    """The nearest machines that narrowly fail what one copy of a role needs, and how many do in all."""

    role: str
    nearest: tuple[Miss, ...]
    machines: int


def near_misses(problem: Problem) -> tuple[Misses, ...]:
    """Return by role the machines that fail it alone by at most `NEAR` of each threshold; not roles without any."""
    found = []
    banned = problem.pool.find([rule.machine for rule in problem.rules if isinstance(rule, Ban)])
    for role in problem.counts:
        least = dict(zip(problem.catalogue.resources, alone(problem, role).least, strict=True))
        least = {name: amount for name, amount in least.items() if amount}
        number, rows = 0, []
        for batch in problem.pool:
            short = _shortfall(problem, batch, least)
            if short is None:
                continue
            here = np.flatnonzero((short > 0) & usable(problem, batch))
            here = here[~np.isin(here + batch.first, list(banned.values()))]
            number += _machines(problem, batch, here)
            # Of machines that are equally near the first by name count, so all of the nearest are looked at.
            if len(here) > NAMED:
                here = here[short[here] <= np.partition(short[here], NAMED - 1)[NAMED - 1]]
            rows += list(zip(short[here].tolist(), (here + batch.first).tolist(), strict=True))
        if rows:
            names = problem.pool.names([row for _, row in rows])
            nearest = sorted((short, name, row) for (short, row), name in zip(rows, names, strict=True))[:NAMED]
            machines = problem.pool.take([row for _, _, row in nearest])
            misses = [
                Miss(
                    each.name,
                    tuple(
                        (name, amount - has, amount)
                        for name, amount in least.items()
                        if (has := each.capacity[name]) is not None and has < amount
                    ),
                )
                for each in machines
            ]
            found.append(Misses(role, tuple(misses), number))
    return tuple(found)


def _shortfall(problem: Problem, batch: Batch, least: dict[str, int]) -> NDArray[np.int64] | None:
    """Return what each row lacks, in millionths of the needs; -1 where that is too much; None where none is near.

    Values are few, so that most batches are known to hold no near miss before any row is looked at.
    """
    shares = {}
    for name, amount in least.items():
        measured = problem.catalogue.resources[name].kind is not Kind.CLASS
        shares[name] = [_share(value, amount, measured) for value in batch.column(name).values]
    if not any(share > 0 for each in shares.values() for share in each):
        return None
    total = np.zeros(batch.size, dtype=np.int64)
    far = np.zeros(batch.size, dtype=np.bool_)
    for name, each in shares.items():
        column = np.array(each, dtype=np.int64)[batch.column(name).codes]
        far |= column < 0
        total += column
    return np.where(far, -1, total)


def _share(value: int | str | None, amount: int, measured: bool) -> int:
    if value is None:
        return -1
    if int(value) >= amount:
        return 0
    near = measured and int(value) >= ceil(amount * (1 - NEAR))
    return max(1, (amount - int(value)) * PPM // amount) if near else -1


def _machines(problem: Problem, batch: Batch, rows: NDArray[np.int64]) -> int:
    if "quantity" not in problem.pool.columns:
        return len(rows)
    column = batch.column("quantity")
    numbers = np.array([1 if value is None else int(value) for value in column.values], dtype=np.int64)
    return int(numbers[column.codes[rows]].sum())
