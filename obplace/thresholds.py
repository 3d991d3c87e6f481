"""A bound from whole machines: how many of each stand any packing uses, whatever runs on them.

Take the kinds that need at least so much of a resource or two. A machine holds no more of their copies than its
capacity of any resource divided by the least of their needs, rounded down, and their copies have to be somewhere; and
the machines that can hold any of them have to have room for all they need of each resource. These are rows over the
numbers of machines alone, and so is the bound of column generation at any worths: machines hold no more than their best
sets. The small integer program of all of them counts whole machines, where column generation counts parts.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from obplace.engine import Effort, cpsat
from obplace.fleet import Fleet, Ints, Seconds
from obplace.model import Model, Terms

SETS = 3000  # of kinds that are looked at, at most
A_ROUND = 40  # cuts that join the program at once
SECONDS = 5.0  # for one solve of the program


@dataclass(frozen=True)
class Cut:
    """The machines in use of each stand, each times its factor, are at least so many in every packing.

    Attributes
    ----------
    kinds, resource
        What it counts: copies of these kinds, or what they need of the resource.
    weights
        Instead of both: what a copy of each kind weighs; a machine holds no more than its best set.
    """

    factors: tuple[int, ...]
    least: int
    kinds: tuple[int, ...] = ()
    resource: int | None = None
    weights: tuple[int, ...] | None = None


def cut_of(fleet: Fleet, kinds: NDArray[np.bool_], resource: int | None) -> Cut:
    """Return the cut of some kinds, a mask: their copies counted, or what they need of a resource."""
    some = np.flatnonzero(kinds)
    weights = np.ones(len(some), dtype=np.int64) if resource is None else fleet.needs[some, resource]
    holds = fleet.able[:, some].any(axis=1)
    if resource is None:
        least = fleet.needs[some].min(axis=0)
        each = np.full(len(fleet.stands), int(fleet.most[some].sum()), dtype=np.int64)
        for r in np.flatnonzero(least).tolist():
            each = np.minimum(each, fleet.capacities[:, r] // least[r])
    else:
        each = np.minimum(fleet.capacities[:, resource], int(weights @ fleet.most[some]))
    factors = np.where(holds, each, 0)
    return Cut(tuple(factors.tolist()), int(weights @ fleet.copies[some]), tuple(some.tolist()), resource)


def sets(fleet: Fleet) -> list[NDArray[np.bool_]]:
    """Return the kinds that need at least so much of a resource or two, as masks, each once."""
    resources = range(len(fleet.resources))
    pairs = len(fleet.resources) * (len(fleet.resources) - 1) // 2
    points = max(4, int((SETS / max(1, pairs)) ** 0.5))
    levels = []
    for r in resources:
        needs = np.unique(fleet.needs[:, r])
        levels.append(np.unique(needs[np.linspace(0, len(needs) - 1, min(points, len(needs))).astype(int)]))
    found: dict[bytes, NDArray[np.bool_]] = {}
    for r in resources:
        for least in levels[r]:
            mask = fleet.needs[:, r] >= least
            found.setdefault(mask.tobytes(), mask)
    for a, b in combinations(resources, 2):
        for first in levels[a]:
            for second in levels[b]:
                mask = (fleet.needs[:, a] >= first) & (fleet.needs[:, b] >= second)
                if mask.any():
                    found.setdefault(mask.tobytes(), mask)
    return list(found.values())


def machines_bound(fleet: Fleet, known: list[Cut], seconds: Seconds, effort: Effort) -> tuple[int, list[Cut]]:
    """Return a bound on the cost of every packing, and the cuts that it rests on, ``known`` ones among them."""
    cuts = list(known)
    waiting = [cut_of(fleet, mask, each) for mask in sets(fleet) for each in (None, *range(len(fleet.resources)))]
    factors = np.array([cut.factors for cut in waiting], dtype=np.int64).reshape(len(waiting), len(fleet.stands))
    least = np.array([cut.least for cut in waiting], dtype=np.int64)
    bound = 0
    while seconds():
        model, slots = _model(fleet, cuts)
        answer = cpsat(
            model, model.objectives["cost"], (), None, Effort(seconds=min(SECONDS, seconds()), workers=effort.workers)
        )
        if answer.interrupted:
            raise KeyboardInterrupt
        if answer.infeasible:
            return 1 + fleet.money, cuts
        if answer.bound is not None:
            bound = max(bound, answer.bound)
        if answer.values is None or answer.bound is None:
            break
        machines = np.array([sum(answer.values[x] for x in each) for each in slots], dtype=np.int64)
        lacking = least - factors @ machines
        share = lacking / np.maximum(1, least)
        worst = [n for n in np.argsort(-share, kind="stable")[:A_ROUND].tolist() if lacking[n] > 0]
        if not worst:
            break
        cuts += [waiting[n] for n in worst]
    return bound, cuts


def _model(fleet: Fleet, cuts: list[Cut]) -> tuple[Model, list[list[int]]]:
    model = Model()
    objective: Terms = {}
    slots: list[list[int]] = []
    for stand in fleet.stands:
        slots.append([model.variable(0, number) for _, number in stand.prices])
        objective.update(zip(slots[-1], (price for price, _ in stand.prices), strict=True))
    for cut in cuts:
        model.row(
            {x: factor for factor, each in zip(cut.factors, slots, strict=True) if factor for x in each}, cut.least
        )
    model.objectives["cost"] = objective
    return model, slots


def worth_cut(factors: Ints, weights: Ints, fleet: Fleet) -> Cut:
    """Return the cut that machines hold no more than their best sets, at some weights of the kinds."""
    return Cut(tuple(factors.tolist()), int(weights @ fleet.copies), (), None, tuple(weights.tolist()))
