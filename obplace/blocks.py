"""The domains of a level, each reckoned as a whole: a sharper sum than that of its machines one by one.

A rule that spreads a role says of each domain that it is used or not. Where it is not, no copy of the role runs there;
where it is, at least ``low`` and at most ``high`` do. Every machine has a share of a sum for each set of copies of such
roles that it may run, and each role has a factor for a domain that is used. The least that a domain can make of the sum
is found by going through its machines, for each number of copies of each role so far. No more than H machines count,
the highs of its roles together, so of those with the same copies the H with the least share are enough.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.claims import Claim
from obplace.pool import Column
from obplace.problem import Problem
from obplace.rules import Limit

FAR = 1 << 62  # stands for: cannot be
BEYOND = 1 << 400  # the same where numbers are not of 64 bits
MOST = 1000  # numbers of copies that one block goes through for each machine
ABREAST = 4096  # domains that are gone through at once
WAITING = 100_000  # machines that may wait before those are chosen that could count

Array = NDArray[Any]
Load = tuple[tuple[str, int], ...]


@dataclass
class Member:
    """A rule of a block.

    Attributes
    ----------
    rule, role, level
        Its number, whose copies it counts, and in the domains of what.
    chosen
        Whether it says that a domain is used or not; else it only bounds the copies there.
    low, high
        Copies in a domain, where that is used.
    limit
        (level, copies): the most copies in one domain of another level, where a rule says so.
    factor, factors
        What a domain that is used adds to the sum: in general, and where it is something else.
    ends
        Domains that splits have fixed: 0 to 0 is unused, 1 to 1 used.
    """

    rule: int
    role: str
    level: str
    chosen: bool
    low: int
    high: int
    limit: tuple[str, int] | None
    factor: int = 0
    factors: Mapping[str, int] = field(default_factory=dict)
    ends: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def factor_in(self, domain: str) -> int:
        """Return what the domain adds if it is used."""
        return self.factors.get(domain, self.factor)


def member(problem: Problem, rule: int, claim: Claim, level: str) -> Member | None:
    """Return what a rule says of a domain of a level; None where it does not bound the copies of one role there.

    A rule on another level bounds them too: by the domains of that level in which the domain has machines. Of several
    such limits the smallest counts.
    """
    role, low, high = _bounds(claim)
    given = "zone" if problem.zoned else None  # where the plan gives zones a machine without one may lie in any
    if high is None or claim.level in (None, given):
        return None
    limits = {(each.copies, each.level) for each in problem.rules if isinstance(each, Limit) and each.role == role}
    if claim.level != level:
        limits.add((high, claim.level))
        low, high = 0, problem.bounds(role)[1]
    high = min([high, *(copies for copies, there in limits if there == level)])
    others = sorted((copies, there) for copies, there in limits if there not in (level, given))
    chosen = claim.level == level and "used" in claim.choices
    return Member(rule, role, level, chosen, low, high, (others[0][1], others[0][0]) if others else None)


def _bounds(claim: Claim) -> tuple[str, int, int | None]:
    """Return the role that a rule bounds in each domain that is used, or in each one, and its least and most copies."""
    role, low, high = "", 0, None
    for part in claim.parts.values():
        counted = list(part.copies.items())
        if not part.domains or part.everywhere or len(counted) != 1 or counted[0][1] != 1 or counted[0][0][1]:
            continue
        if part.amount and part.choices:
            continue
        role = counted[0][0][0]
        if part.sense < 0:
            high = -part.choices["used"] if part.choices else part.amount
        elif part.sense > 0 and part.choices:
            low = -part.choices["used"]
    return role, low, high


class Block:
    """The domains of one level while the machines go by.

    Raises
    ------
    ValueError
        The members are not all of one level and of different roles, or have too many numbers of copies together.
    """

    def __init__(self, members: Sequence[Member], loads: Sequence[Load]) -> None:
        self.members = members
        if len({each.role for each in members}) < len(members) or len({each.level for each in members}) > 1:
            raise ValueError("domains are reckoned as a whole for one level, and once for a role")
        self.sizes = tuple(each.high + 1 for each in members)
        if prod(self.sizes) > MOST:
            raise ValueError(f"more than {MOST} numbers of copies to go through in a domain")
        self.copies = [tuple(dict(load).get(each.role, 0) for each in members) for load in loads]
        self.groups = sorted({copies for copies in self.copies if any(copies)})
        self.machines = sum(each.high for each in members)  # that can count in one domain
        self.numbers: dict[str, int] = {}
        # For each member with a limit: which domains of the limit's level a domain has machines in, and how many.
        self.inside: list[set[tuple[int, int]]] = [set() for _ in members]
        self.touched: list[Counter[int]] = []
        none = np.zeros(0, dtype=np.int64)
        self.parts: list[tuple[Array, ...]] = [(none, none, *(none for _ in self.groups))]
        self.waiting = 0
        self.far = FAR

    @property
    def level(self) -> str:
        """The level whose domains are reckoned as a whole."""
        return self.members[0].level

    @property
    def reach(self) -> int:
        """How many times a machine's largest share the numbers may be that it adds up."""
        return 2 * (2 + self.machines)

    @property
    def largest(self) -> int:
        """The most that the factors of a domain come to."""
        return sum(max(map(abs, (each.factor, *each.factors.values()))) for each in self.members)

    def add(self, columns: Sequence[Column], fits: Sequence[Array], shares: Sequence[Array], counts: Array) -> Array:
        """Take machines, and return the least that each can make of the sum without these roles, 0 at most.

        Parameters
        ----------
        columns
            Their domain, and for each member with a limit the domain that this counts in.
        fits, shares
            Of each load: which machines can run it, and what they then add to the sum.
        """
        if any(share.dtype == object for share in shares) and self.far == FAR:
            self._widen()
        kind: Any = np.int64 if self.far == FAR else object
        free = np.zeros(len(counts), dtype=kind)
        added = np.full((len(self.groups), len(counts)), self.far, dtype=kind)
        for copies, fit, share in zip(self.copies, fits, shares, strict=True):
            if not any(copies):
                free = np.where(fit, np.minimum(free, share), free)
        for copies, fit, share in zip(self.copies, fits, shares, strict=True):
            if any(copies):
                row = added[self.groups.index(copies)]
                row[:] = np.where(fit, np.minimum(row, share - free), row)
        able = np.flatnonzero((added < self.far).any(axis=0))
        domain = self._numbered(columns[0], able)
        others = iter(columns[1:])
        for number, each in enumerate(self.members):
            if each.limit is not None:
                pairs = np.stack([domain, self._numbered(next(others), able)], axis=1)
                self.inside[number].update(map(tuple, np.unique(pairs, axis=0).tolist()))
        self.parts.append((domain, counts[able], *added[:, able]))
        self.waiting += len(able)
        if self.waiting > WAITING and len(self.parts) > 1:
            self._choose()
        return free

    def _widen(self) -> None:
        """Go on with numbers of any size."""
        self.far = BEYOND
        for number, (domain, counts, *added) in enumerate(self.parts):
            wide = [np.where(amounts < FAR, amounts.astype(object), BEYOND) for amounts in added]
            self.parts[number] = (domain, counts, *wide)

    def _numbered(self, column: Column, rows: Array) -> Array:
        numbers = [self.numbers.setdefault(str(value), len(self.numbers)) for value in column.values]
        return np.array(numbers, dtype=np.int64)[column.codes[rows]]

    def _choose(self) -> None:
        """Keep of each domain and group the machines that add least, as many as can count."""
        domain, counts, *added = (np.concatenate(each) for each in zip(*self.parts, strict=True))
        stay = np.zeros(len(domain), dtype=np.bool_)
        for amounts in added:
            able = np.flatnonzero(amounts < self.far)
            order = able[np.argsort(amounts[able], kind="stable")]
            order = order[np.argsort(domain[order], kind="stable")]
            firsts = np.flatnonzero(np.diff(domain[order], prepend=-1))
            before = np.cumsum(counts[order]) - counts[order]
            before -= np.repeat(before[firsts], np.diff(np.append(firsts, len(order))))
            stay[order[before < self.machines]] = True
        kept = np.flatnonzero(stay)
        kept = kept[np.argsort(domain[kept], kind="stable")]
        self.parts = [(domain[kept], counts[kept], *(amounts[kept] for amounts in added))]
        self.waiting = 0

    def least(self, domains: int) -> tuple[int | None, list[str]]:
        """Return the least sum of all domains, so many, and the names of those that make it less than 0.

        None where a domain has to be used and cannot be: then there is no plan.
        """
        self._choose()
        domain, counts, *added = self.parts[0]
        names = {number: name for name, number in self.numbers.items()}
        self.touched = [Counter(place for place, _ in self.inside[number]) for number in range(len(self.members))]
        places, starts = np.unique(domain, return_index=True)
        here = [names[number] for number in places.tolist()]
        total = 0
        chosen: list[str] = []
        fixed = {name for each in self.members for name in each.ends}
        best = np.minimum.reduce(added) if added else np.zeros(0, dtype=np.int64)
        below = np.minimum(best, 0) * np.minimum(counts, self.machines)
        lowest: Array = np.add.reduceat(below, starts) if here else below
        ends = np.append(starts, len(domain)).tolist()
        near = [
            place
            for place, name in enumerate(here)
            if name in fixed or lowest[place] + sum(min(0, each.factor_in(name)) for each in self.members) < 0
        ]
        for place, value in zip(near, self._values(near, here, places, ends), strict=True):
            if value is None:
                return None, []
            total += value
            if value < 0:
                chosen.append(here[place])
        # Domains without such machines: a rule may call them used where that asks for no copy.
        others = {name for each in self.members for name in (*each.factors, *each.ends)} - set(here)
        for name in others:
            value = self._empty(name)
            if value is None:
                return None, []
            total += value
        rest = max(0, domains - len(here) - len(others))
        total += rest * sum(min(0, each.factor) for each in self.members if each.chosen and not each.low)
        return total, chosen

    def _empty(self, name: str) -> int | None:
        """Return the least of a domain in which none of the roles can run."""
        total = 0
        for each in self.members:
            low, high = each.ends.get(name, (0, 1))
            high = high if each.low == 0 else min(high, 0)
            if low > high:
                return None
            if each.chosen:
                total += min(low * each.factor_in(name), high * each.factor_in(name))
        return total

    def _values(self, near: Sequence[int], here: Sequence[str], places: Array, ends: Sequence[int]) -> list[int | None]:
        """Return the least of each of these domains."""
        _, counts, *added = self.parts[0]
        counts = np.minimum(counts, self.machines)
        units = [
            np.repeat(np.arange(first, last), counts[first:last])
            for first, last in ((ends[place], ends[place + 1]) for place in near)
        ]
        found: dict[int, int | None] = {}
        by_size = sorted(range(len(near)), key=lambda n: len(units[n]))
        amounts = np.stack(added) if near else np.zeros((0, 0))
        for first in range(0, len(by_size), ABREAST):
            part = by_size[first : first + ABREAST]
            rows = len(units[part[-1]])
            table = np.full((len(self.groups), rows, len(part)), self.far, dtype=amounts.dtype)
            for column, n in enumerate(part):
                table[:, : len(units[n]), column] = amounts[:, units[n]]
            sums = self._sums(table)
            for column, n in enumerate(part):
                found[n] = self._best(sums[..., column], here[near[n]], int(places[near[n]]))
        return [found[n] for n in range(len(near))]

    def _sums(self, table: Array) -> Array:
        """Return the least sum for each number of copies of each role, shape (high + 1, ..., domains)."""
        sums = np.full((*self.sizes, table.shape[2]), self.far, dtype=table.dtype)
        sums[(0,) * len(self.sizes)] = 0
        for machine in range(table.shape[1]):
            before = sums.copy()
            for group, copies in enumerate(self.groups):
                if any(n >= size for n, size in zip(copies, self.sizes, strict=True)):
                    continue
                target = sums[tuple(slice(n, None) for n in copies)]
                source = before[tuple(slice(0, size - n) for n, size in zip(copies, self.sizes, strict=True))]
                able = (source < self.far) & (table[group, machine] < self.far)
                more = source + np.where(table[group, machine] < self.far, table[group, machine], 0)
                np.minimum(target, np.where(able, more, self.far), out=target)
        return sums

    def _best(self, sums: Array, name: str, place: int) -> int | None:
        """Return the least of one domain over which roles use it, and with how many copies."""
        ranges = []
        for number, each in enumerate(self.members):
            high = each.high
            if each.limit is not None:
                high = min(high, each.limit[1] * self.touched[number][place])
            if not each.chosen:
                ranges.append([(0, slice(0, high + 1))])
                continue
            low, most = each.ends.get(name, (0, 1))
            options = [(0, slice(0, 1))] if low == 0 else []
            if most == 1 and low <= 1 and each.low <= high:
                options.append((each.factor_in(name), slice(each.low, high + 1)))
            ranges.append(options)
        values = []
        for each_way in product(*ranges):
            least = sums[tuple(copies for _, copies in each_way)].min()
            if least < self.far:
                values.append(int(least) + sum(factor for factor, _ in each_way))
        return min(values, default=None)
