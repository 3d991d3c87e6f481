"""Why all that is asked is more than the machines hold where anything may share one, though each role fits somewhere.

Each sentence is a proof that there is no plan: of a resource all copies need no more than all machines have; a role has
room for its copies, in all and as a limit in a domain leaves it; and roles of which no two may share a server need
servers of their own.
"""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from obplace.fleet import Fleet, Ints
from obplace.lot import Lot
from obplace.quantity import show
from obplace.rules import sentence


def overfull(made: Lot, told: Collection[str] = ()) -> Iterator[str]:
    """Yield why there is no plan, as far as counting shows it; nothing on roles of which it was told already."""
    fleet, problem = made.fleet, made.problem
    fits = _fits(fleet)
    room = _room(fits, fleet)
    yield from _totals(made, room)
    for k, kind in enumerate(fleet.kinds):
        if room[k] < kind.copies and kind.name not in told:
            needs = ", ".join(
                f"{name} {show(need * unit, problem.catalogue.kinds[name])}"
                for name, need, unit in zip(fleet.resources, kind.needs, made.units, strict=True)
                if need and name in problem.catalogue.kinds
            )
            yield f"all machines together have room for {room[k]} of {kind.copies} {kind.name}, which needs {needs}"
            told = {*told, kind.name}
    yield from _limited(made, fits, told)
    yield from _apart(made, fits)


def _fits(fleet: Fleet) -> Ints:
    """Return how many copies of each kind a machine of each stand runs at most, shape (stands, kinds)."""
    most = np.where(fleet.able, fleet.most, 0)
    for r in range(len(fleet.resources)):
        need = fleet.needs[:, r]
        most = np.where(need > 0, np.minimum(most, fleet.capacities[:, r, None] // np.maximum(need, 1)), most)
    return most


def _room(fits: Ints, fleet: Fleet) -> list[int]:
    """Return how many copies of each kind the machines run at most; of one stand no more than there are copies."""
    return [int(each) for each in np.minimum(fits * fleet.sizes[:, None], fleet.copies).sum(axis=0)]


def _totals(made: Lot, room: Sequence[int]) -> Iterator[str]:
    """Compare what all copies need with what all machines have; what fits nowhere is another matter."""
    fleet, supply, kinds = made.fleet, made.supply, made.problem.catalogue.kinds
    free = f" with {made.problem.deployment.headroom} left free" if made.problem.headroom else ""
    some = f"the {supply.machines:,} machines that can run any of them have"
    if supply.machines == 1:
        some = "the one machine that can run any of them has"
    for r, (name, unit) in enumerate(zip(fleet.resources, made.units, strict=True)):
        asked = unit * sum(kind.needs[r] * kind.copies for kind, has in zip(fleet.kinds, room, strict=True) if has)
        if name in kinds and (missing := asked - supply.room[r]) > 0:
            kind = kinds[name]
            has = f"{some} room for {show(supply.room[r], kind)}{free}"
            yield f"all copies together need {name} {show(asked, kind)}, and {has}: {show(missing, kind)} are missing"


def _limited(made: Lot, fits: Ints, told: Collection[str]) -> Iterator[str]:
    """Look at each rule that limits copies in domains: what all domains together then have room for."""
    fleet = made.fleet
    by_rule: dict[int, list[int]] = {}
    for c, (number, _) in enumerate(made.limits):
        by_rule.setdefault(number, []).append(c)
    for number, counts in by_rule.items():
        kinds = sorted({k for c in counts for k in fleet.counts[c].kinds})
        if {fleet.kinds[k].name for k in kinds} & set(told):
            continue
        rooms = dict.fromkeys(counts, 0)
        elsewhere = 0
        there = np.minimum(fits[:, kinds].sum(axis=1) * fleet.sizes, fleet.copies.sum()).tolist()
        for room, counted in zip(there, fleet.counted, strict=True):
            under = [c for c in counted if c in rooms]
            for c in under:
                rooms[c] += room
            elsewhere += 0 if under else room
        room = elsewhere + sum(min(fleet.counts[c].most, room) for c, room in rooms.items())
        asked = int(fleet.copies[kinds].sum())
        if room < asked:
            rule = made.problem.rules[number]
            level = getattr(rule, "level", None) or "domain"
            domains = sum(1 for each in rooms.values() if each)
            lie = f"{domains:,} {level}{'' if domains == 1 else 's'}"
            yield f"{sentence(rule)}: machines for it lie in {lie}, which is room for {room} of {asked}"


def _apart(made: Lot, fits: Ints) -> Iterator[str]:
    """Look for roles of which no two share a server, and that need more servers than can run any of them."""
    fleet = made.fleet
    beside: dict[int, set[int]] = {}
    for a, b in fleet.apart:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    servers = {k: _servers(fits[:, k], fleet.sizes, fleet.kinds[k].copies) for k in beside}
    order = sorted((k for k in beside if fits[:, k].any()), key=lambda k: (-servers[k], k))
    known: set[frozenset[int]] = set()
    for first in order:
        group = [first]
        for k in order:
            if k != first and beside[k].issuperset(group):
                group.append(k)
        wanted = sum(servers[k] for k in group)
        there = int(fleet.sizes[fits[:, group].any(axis=1)].sum())
        if wanted > there and frozenset(group) not in known:
            known.add(frozenset(group))
            names = [fleet.kinds[k].name for k in sorted(group)]
            rule = "share no server" if len(group) == 2 else "share no server with one another"
            yield (
                f"{', '.join(names[:-1])} and {names[-1]} {rule} and so need {wanted:,} of them at least, "
                f"and {there:,} can run one of these roles"
            )


def _servers(fits: Ints, sizes: Ints, copies: int) -> int:
    """Return how many servers so many copies need at least, if the machines that run most of them are taken."""
    needed = 0
    for number, size in sorted(zip(fits.tolist(), sizes.tolist(), strict=True), reverse=True):
        if copies <= 0 or not number:
            break
        taken = min(size, -(-copies // number))
        needed += taken
        copies -= taken * number
    return needed
