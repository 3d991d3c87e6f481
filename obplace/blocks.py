"""The domains of a level, each reckoned as a whole: a sharper sum than that of its machines one by one.

A rule that spreads a role says of each domain that it is used or not. Where it is not, no copy of the role runs there;
where it is, at least ``low`` and at most ``high`` copies do. Of a domain every machine has a share of a sum for each set
of copies of such roles that it may run, and each role a factor for being used. The least that the domain can make of
the sum is found by going through its machines, for each number of copies of each role so far.
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
    low, high
        Copies in a domain that is used.
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
    low: int
    high: int
    limit: tuple[str, int] | None
    factor: int = 0
    factors: Mapping[str, int] = field(default_factory=dict)
    ends: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def factor_in(self, domain: str) -> int:
        """Return what the domain adds if it is used."""
        return self.factors.get(domain, self.factor)


def member(problem: Problem, rule: int, claim: Claim) -> Member | None:
    """Return what a rule says of a domain that is used; None where it does not bound the copies of one role there.

    Of limits by other levels the smallest counts.
    """
    role, low, high = "", 0, None
    for part in claim.parts.values():
        counted = list(part.copies.items())
        if part.domains and not part.everywhere and not part.amount and len(counted) == 1 and "used" in part.choices:
            [((role, cap), factor)] = counted
            if factor == 1 and cap is None and part.sense < 0:
                high = -part.choices["used"]
            elif factor == 1 and cap is None:
                low = -part.choices["used"]
    if high is None or claim.level is None:
        return None
    given = "zone" if problem.zoned else None  # where the plan gives zones a machine without one may lie in any
    limits = [each for each in problem.rules if isinstance(each, Limit) and each.role == role]
    high = min([high, *(each.copies for each in limits if each.level == claim.level)])
    others = sorted((each.copies, each.level) for each in limits if each.level not in (claim.level, given))
    return Member(rule, role, claim.level, low, high, (others[0][1], others[0][0]) if others else None)


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
        kind = np.result_type(*shares)
        free = np.zeros(len(counts), dtype=kind)
        added = np.full((len(self.groups), len(counts)), FAR, dtype=kind)
        for copies, fit, share in zip(self.copies, fits, shares, strict=True):
            if not any(copies):
                free = np.where(fit, np.minimum(free, share), free)
        for copies, fit, share in zip(self.copies, fits, shares, strict=True):
            if any(copies):
                row = added[self.groups.index(copies)]
                row[:] = np.where(fit, np.minimum(row, share - free), row)
        able = np.flatnonzero((added < FAR).any(axis=0))
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

    def _numbered(self, column: Column, rows: Array) -> Array:
        numbers = [self.numbers.setdefault(str(value), len(self.numbers)) for value in column.values]
        return np.array(numbers, dtype=np.int64)[column.codes[rows]]

    def _choose(self) -> None:
        """Keep of each domain and group the machines that add least, as many as can count."""
        domain, counts, *added = (np.concatenate(each) for each in zip(*self.parts, strict=True))
        stay = np.zeros(len(domain), dtype=np.bool_)
        for amounts in added:
            able = np.flatnonzero(amounts < FAR)
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
        lowest = np.add.reduceat(np.minimum(best, 0) * np.minimum(counts, self.machines), starts) if here else []
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
        rest = domains - len(here) - len(others)
        total += rest * sum(min(0, each.factor) for each in self.members if not each.low) if rest > 0 else 0
        return total, chosen

    def _empty(self, name: str) -> int | None:
        """Return the least of a domain in which none of the roles can run."""
        total = 0
        for each in self.members:
            low, high = each.ends.get(name, (0, 1))
            high = high if each.low == 0 else min(high, 0)
            if low > high:
                return None
            total += min(low * each.factor_in(name), high * each.factor_in(name))
        return total

    def _values(
        self, near: Sequence[int], here: Sequence[str], places: Array, ends: Sequence[int]
    ) -> list[int | None]:
        """Return the least of each of these domains."""
        _, counts, *added = self.parts[0]
        counts = np.minimum(counts, self.machines)
        units = [
            np.repeat(np.arange(first, last), counts[first:last])
            for first, last in ((ends[place], ends[place + 1]) for place in near)
        ]
        found: dict[int, int | None] = {}
        by_size = sorted(range(len(near)), key=lambda n: len(units[n]))
        amounts = np.stack(added)
        for first in range(0, len(by_size), ABREAST):
            part = by_size[first : first + ABREAST]
            rows = len(units[part[-1]])
            table = np.full((len(self.groups), rows, len(part)), FAR, dtype=amounts.dtype)
            for column, n in enumerate(part):
                table[:, : len(units[n]), column] = amounts[:, units[n]]
            sums = self._sums(table)
            for column, n in enumerate(part):
                found[n] = self._best(sums[..., column], here[near[n]], int(places[near[n]]))
        return [found[n] for n in range(len(near))]

    def _sums(self, table: Array) -> Array:
        """Return the least sum for each number of copies of each role, shape (high + 1, ..., domains)."""
        sums = np.full((*self.sizes, table.shape[2]), FAR, dtype=table.dtype)
        sums[(0,) * len(self.sizes)] = 0
        for machine in range(table.shape[1]):
            before = sums.copy()
            for group, copies in enumerate(self.groups):
                if any(n >= size for n, size in zip(copies, self.sizes, strict=True)):
                    continue
                target = sums[tuple(slice(n, None) for n in copies)]
                source = before[tuple(slice(0, size - n) for n, size in zip(copies, self.sizes, strict=True))]
                amount = table[group, machine]
                better = (source < FAR) & (amount < FAR)
                np.minimum(target, np.where(better, source + np.where(amount < FAR, amount, 0), FAR), out=target)
        return sums

    def _best(self, sums: Array, name: str, place: int) -> int | None:
        """Return the least of one domain over which roles use it, and with how many copies."""
        ranges = []
        for number, each in enumerate(self.members):
            high = each.high
            if each.limit is not None:
                high = min(high, each.limit[1] * self.touched[number][place])
            low, most = each.ends.get(name, (0, 1))
            options = [(0, slice(0, 1))] if low == 0 else []
            if most == 1 and low <= 1 and each.low <= high:
                options.append((each.factor_in(name), slice(each.low, high + 1)))
            ranges.append(options)
        values = []
        for options in product(*ranges):
            least = sums[tuple(part for _, part in options)].min()
            if least < FAR:
                values.append(int(least) + sum(factor for factor, _ in options))
        return min(values, default=None)
