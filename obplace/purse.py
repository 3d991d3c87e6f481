"""How much the machines of a fleet hold that together cost no more than so much: a dynamic programme over money.

Of machines of one stand the cheapest come first; those of one price come in parcels of 1, 2, 4, ... Where a fleet has
two objectives, money has two axes.
"""

from collections.abc import Sequence
from math import gcd

import numpy as np
from numpy.typing import NDArray

from obplace.fleet import Fleet, Ints

LARGE = 61  # bits of a sum in 64
WORK = 400_000_000  # steps of a programme that is worth its time


def affordable(fleet: Fleet, bound: int) -> bool:
    """Say whether a programme up to a bound takes no more than so much time."""
    cells = 1
    for axis, budget in enumerate(divmod(bound, fleet.unit)):
        unit = gcd(*(divmod(price, fleet.unit)[axis] for stand in fleet.stands for price, _ in stand.prices))
        cells *= 1 + budget // unit if unit else 1
    return cells * sum(number.bit_length() for stand in fleet.stands for _, number in stand.prices) <= WORK


class Programme:
    """Machines within budgets, one for each objective, that have the most value; of any stand the cheapest.

    Parameters
    ----------
    values
        What a machine of each stand adds to the goal.
    budgets
        Of the first objective, or of the first and the second.
    low, high
        Machines of each stand that have to be used, and that may be, shape (stands,).
    """

    def __init__(
        self, fleet: Fleet, values: Sequence[int], goal: int, budgets: tuple[int, ...], low: Ints, high: Ints
    ) -> None:
        unit = fleet.unit
        axes = range(len(budgets))
        amounts = [[divmod(price, unit)[: len(budgets)] for price, _ in stand.prices] for stand in fleet.stands]
        self.units = [gcd(*(each[axis] for several in amounts for each in several)) or 1 for axis in axes]
        total = sum(value * number for value, number in zip(values, high.tolist(), strict=True))
        shift = max(0, total.bit_length() - LARGE)  # values up, the goal down: the row only gets weaker
        self.goal, values = goal >> shift, [-(-value >> shift) for value in values]
        left = list(budgets)
        self.machines = np.zeros(len(fleet.stands), dtype=np.int64)  # what is used in any case
        parcels: list[tuple[int, int, tuple[int, ...], int]] = []
        for s, (stand, value) in enumerate(zip(fleet.stands, values, strict=True)):
            taken = 0
            for each, (_, number) in zip(amounts[s], stand.prices, strict=True):
                forced = min(number, max(0, int(low[s]) - taken))
                free = max(0, min(number, int(high[s]) - taken) - forced)
                taken += number
                left = [room - forced * amount for room, amount in zip(left, each, strict=True)]
                steps = tuple(amount // step for amount, step in zip(each, self.units, strict=True))
                self.machines[s] += forced if any(steps) else forced + free
                parcel = 1
                while free > 0 and value > 0 and any(steps):
                    take = min(parcel, free)
                    parcels.append((s, take, tuple(step * take for step in steps), value * take))
                    free -= take
                    parcel *= 2
        self.base = sum(value * number for value, number in zip(values, self.machines.tolist(), strict=True))
        self.box = [1 + room // step for room, step in zip(left, self.units, strict=True)] if min(left) >= 0 else []
        self.best = np.full(self.box or 1, self.base if self.box else -1, dtype=np.int64)
        self.kept: list[tuple[int, int, tuple[int, ...], NDArray[np.uint8], tuple[int, ...]]] = []
        for s, take, steps, value in parcels if self.box else ():
            if any(step >= side for step, side in zip(steps, self.box, strict=True)):
                continue
            behind = tuple(slice(step, None) for step in steps)
            before = tuple(slice(0, side - step) for step, side in zip(steps, self.box, strict=True))
            candidate = self.best[before] + value
            better = candidate > self.best[behind]
            np.copyto(self.best[behind], candidate, where=better)
            self.kept.append((s, take, steps, np.packbits(better), better.shape))

    @property
    def reached(self) -> bool:
        """Do machines within the budgets reach the goal?"""
        return bool(self.best.max() >= self.goal) and bool(self.box)

    def least(self) -> int:
        """Return the least of the first objective at which the goal is reached, where nothing has to be used."""
        return int(np.argmax(self.best >= self.goal)) * self.units[0]

    def used(self) -> Ints:
        """Return the numbers of machines, shape (stands,), that have the most value."""
        machines, corner = self.machines.copy(), [side - 1 for side in self.box]
        for s, take, steps, bits, shape in reversed(self.kept):
            place = [at - step for at, step in zip(corner, steps, strict=True)]
            if min(place) >= 0:
                index = int(np.ravel_multi_index(place, shape))
                if bits[index >> 3] >> (7 - (index & 7)) & 1:
                    machines[s] += take
                    corner = place
        return machines
