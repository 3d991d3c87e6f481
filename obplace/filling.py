"""A first packing at once, and a good one: best machines are filled with the best sets, a few at a time.

What a copy is worth comes from a program that knows resources only: as if items were fluid.
"""

import numpy as np

from obplace.engine import linear
from obplace.fleet import Fleet, Ints, Load, Reals, Seconds
from obplace.generate import scale_for
from obplace.model import Row
from obplace.pricers import Pricer
from obplace.pricing import grouped, leading
from obplace.rest import Task
from obplace.surrogate import fitting

AGAIN = 0.9  # share of the copies: where no more are left, prices are found again
A_TIME = 0.1  # share of the copies left that is placed before worths are found again
WORSE = 0.97  # times what the best machine gives for its price: what gives less waits, unless it pays
WORTHLESS = 1000  # a part of its price, above which a machine gives at least
AT_ONCE = 400  # shapes of machines that are looked at in one go
SPARE = 0.02  # share of the whole that a resource costs at least, though there be enough of it
FREE = 0.05  # share of the whole below which a resource does not count as paid for
LARGE = 0.01  # by which large items are worth more where that is so: they go first


def fluid(fleet: Fleet, left: Ints, free: Ints) -> Reals | None:
    """Return what a unit of each resource is worth, shape (resources,); None where there is not enough of one.

    Parameters
    ----------
    left
        Copies of each kind to place, shape (kinds,).
    free
        Machines of each stand, the dearest ones, shape (stands,).
    """
    upper: list[int] = []
    objective: dict[int, int] = {}
    rows: list[dict[int, int]] = [{} for _ in fleet.resources]
    for stand, taken in zip(fleet.stands, (fleet.sizes - free).tolist(), strict=True):
        for price, number in stand.prices:
            machines = number - min(taken, number)
            taken -= number - machines
            for row, capacity in zip(rows, stand.capacities, strict=True):
                row[len(upper)] = capacity * machines
            objective[len(upper)] = price * machines
            upper.append(1)
    asked = (fleet.needs * left[:, None]).sum(axis=0)
    program = [Row(row, low, None) for row, low in zip(rows, asked.tolist(), strict=True)]
    solved = linear([0] * len(upper), upper, objective, program)
    if solved is None:
        return None
    least = SPARE * solved.value / max(1, len(rows)) / np.maximum(1, asked)
    found: Reals = np.maximum(np.array(solved.prices), least)
    return found


def at_once(task: Task, prices: Reals) -> list[Load]:
    """Return loads that do a task, or as much of it as this way finds a place for: large copies first, in no time.

    Machines that have most for their price come first, and each takes the largest copies that still fit.

    Parameters
    ----------
    prices
        Of a unit of each resource, shape (resources,).
    """
    fleet, task = task.fleet, task.copy()
    order = np.argsort(-(fleet.needs @ prices), kind="stable")
    has = np.maximum(fleet.capacities @ prices, np.finfo(np.float64).tiny)
    free = [slots[size - n :] for slots, size, n in zip(fleet.slots, fleet.sizes, task.free, strict=True)]
    machines = sorted((price / has[s], s) for s, slots in enumerate(free) for price in slots)
    loads = []
    for _, stand in machines:
        load = Load(stand, _largest(task, stand, order))
        if load.items.any():
            task.take(load, 1)
            loads.append(load)
        if not task.left.any():
            break
    return loads


def _largest(task: Task, stand: int, order: Ints) -> Ints:
    """Return a set for a machine of some stand: of the kinds in an order as many copies as fit, one after another."""
    fleet, counts = task.fleet, list(task.fleet.counted[stand])
    room, allowed = fleet.capacities[stand].copy(), task.room[counts]
    tally = fleet.tally[counts]
    items: Ints = np.zeros(len(fleet.kinds), dtype=np.int64)
    waiting = order[(fleet.able[stand] & (task.left > 0))[order]]
    while True:
        fits = (fleet.needs[waiting] <= room).all(axis=1)
        if counts:
            fits &= (tally[:, waiting] <= allowed[:, None]).all(axis=0)
        waiting = waiting[fits]
        if not len(waiting):
            return items
        kind, waiting = int(waiting[0]), waiting[1:]
        limits = [int(task.left[kind]), *(allowed[tally[:, kind] > 0]).tolist()]
        most = np.array([min(int(fleet.most[kind]), *limits)])
        copies = int(fitting(fleet.needs[kind : kind + 1], room, most)[0])
        items[kind] = copies
        room -= copies * fleet.needs[kind]
        allowed = allowed - copies * tally[:, kind]
        if fleet.apart:
            waiting = waiting[[(min(kind, k), max(kind, k)) not in fleet.apart for k in waiting.tolist()]]


def fill(pricer: Pricer, task: Task, seconds: Seconds) -> list[Load]:
    """Return loads that do a task, or as much of it as this way finds a place for; the task is not changed."""
    fleet, task = task.fleet, task.copy()
    scale = scale_for(fleet)
    sizes = fleet.needs / np.maximum(1, fleet.capacities.max(axis=0, initial=1))
    loads: list[Load] = []
    prices: Reals | None = None
    known = 0  # copies that were left when prices were found
    while task.left.any() and seconds():
        left = task.left
        if prices is None or left.sum() <= AGAIN * known:
            known = int(left.sum())
            if (prices := fluid(fleet, left, task.free)) is None:
                break
        asked = np.maximum(1, (fleet.needs * left[:, None]).sum(axis=0))
        share = prices * asked / (prices @ asked)
        # Where every resource is paid for, sets without waste come out best by themselves.
        bonus = 1 + LARGE * sizes.max(axis=1, initial=0.0) if share.min(initial=1.0) < FREE else 1.0
        worth = np.where(left > 0, np.maximum(1, (fleet.needs @ prices) * bonus * scale), 0).astype(np.int64)
        placed = _some(pricer, worth, task)
        if not placed:
            break
        loads += placed
    return loads if prices is None or not task.left.any() else loads + at_once(task, prices)


def _some(pricer: Pricer, worth: Ints, task: Task) -> list[Load]:
    """Fill the machines that give most for their price; the task shrinks with them."""
    fleet = task.fleet
    scale = scale_for(fleet)  # a machine that gives that much for its price pays
    full = np.where(task.room > 0, 0, -int(worth.max(initial=0)) - 1)
    price = np.array(
        [slots[size - n] if n else 1 for slots, size, n in zip(fleet.slots, fleet.sizes, task.free, strict=True)]
    )

    def choose(stands: Ints, worth: Ints) -> Ints:
        gives = worth / np.maximum(1, price[stands])
        return leading(np.argsort(-gives, kind="stable"), fleet.shapes[stands], AT_ONCE)

    free = ((stands[task.free[stands] > 0], values) for stands, values in grouped(fleet, worth, full))
    groups = [(stands, values) for stands, values in free if len(stands)]
    if not groups:
        return []
    open_ = np.concatenate([stands for stands, _ in groups])
    # No set of interest is worth so little; it tells where to look first.
    floor = price[open_] * scale // WORTHLESS
    found = pricer.best(groups, np.minimum(fleet.most, task.left), choose, floor)
    ratio = found.values / np.maximum(1, price[open_[found.places]])
    fitting = [Load(int(s), items) for s, items in zip(open_[found.places], found.sets, strict=True)]
    wanted = max(1, int(A_TIME * task.left.sum()))
    loads: list[Load] = []
    for place in np.argsort(-ratio, kind="stable").tolist():
        load = fitting[place]
        if wanted <= 0 or (ratio[place] < min(scale, WORSE * ratio.max()) and loads):
            break
        if not (copies := int(load.items.sum())):
            continue
        machines = min(task.fits(load), -(-wanted // copies))
        if machines <= 0:
            continue
        loads += [load] * machines
        task.take(load, machines)
        wanted -= copies * machines
    return loads
