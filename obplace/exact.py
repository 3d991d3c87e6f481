"""The best set of items for a machine by CP-SAT: where sets grown kind by kind leave its worth open."""

from typing import NamedTuple

import numpy as np

from obplace.engine import Effort, cpsat
from obplace.fleet import Fleet, Ints
from obplace.model import Model, Terms


class Best(NamedTuple):
    """No set is worth more than ``worth``; ``items`` are one worth more than the floor, shape (kinds,), or None."""

    worth: int
    items: Ints | None


def exact(fleet: Fleet, stand: int, values: Ints, most: Ints, floor: int, seconds: float) -> Best | None:
    """Return the best set for a stand among those worth more than the floor; None where nothing was found out.

    Parameters
    ----------
    values, most
        Worth of a copy of each kind, and copies at most, shapes (kinds,).
    seconds
        Where they are not enough the worth is a bound, and the set may not be the best.
    """
    kinds = np.flatnonzero(fleet.able[stand] & (values > 0) & (most > 0)).tolist()
    model = Model()
    counts = {kind: model.variable(0, top(fleet, stand, kind, int(most[kind]))) for kind in kinds}
    for r, capacity in enumerate(fleet.stands[stand].capacities):
        model.row({x: need for kind, x in counts.items() if (need := fleet.kinds[kind].needs[r])}, high=capacity)
    keep_apart(fleet, model, counts)
    gain: Terms = {x: -int(values[kind]) for kind, x in counts.items()}
    model.row(gain, high=-floor - 1)
    answer = cpsat(model, gain, (), None, Effort(seconds=seconds))
    if answer.infeasible:
        return Best(floor, None)
    if answer.bound is None:
        return None
    if answer.values is None:
        return Best(-answer.bound, None)
    items = np.zeros(len(fleet.kinds), dtype=np.int64)
    items[kinds] = [answer.values[x] for x in counts.values()]
    return Best(-answer.bound, items)


def top(fleet: Fleet, stand: int, kind: int, most: int) -> int:
    """Return how many copies of a kind one machine could run, of so many at most."""
    if not fleet.able[stand, kind]:
        return 0
    pairs = zip(fleet.kinds[kind].needs, fleet.stands[stand].capacities, strict=True)
    return min(most, int(fleet.most[kind]), *(capacity // need for need, capacity in pairs if need))


def keep_apart(fleet: Fleet, model: Model, counts: dict[int, int]) -> None:
    """Let one machine run only one of two kinds that keep apart; ``counts`` is the variable of each kind on it."""
    for a, b in sorted(fleet.apart):
        if a in counts and b in counts:
            first = model.variable(0, 1)
            model.row({counts[a]: 1, first: -model.upper[counts[a]]}, high=0)
            model.row({counts[b]: 1, first: model.upper[counts[b]]}, high=model.upper[counts[b]])
