"""Check a certificate: no plan of the pool is better than claimed, or there is none at all.

A certificate has a stage for each objective in its order, or one without an objective where no plan is said to exist;
a stage is a tree (see `certificate_form`). A leaf has prices for rows that every plan keeps (see `claims`). For any
prices y, none negative for "at least" and none positive for "at most",

    sum of y * amount + the least that the choices can make of their factors + over all machines the lesser of 0 and
    the least, over what the machine may run, of its share of the objective minus the prices of what runs

is no more than the objective of any plan: each machine and each choice does its own best, alone. An inner node splits
on an integer: at most k, or at least k + 1. The bound of a stage is the least of its leaves, each rounded up once.
What the stages before it prove is a row of the next. A leaf may name rules whose domains `blocks` reckons each as a
whole, with its machines and whether it is used: that is more than their lessers one by one, and still no more than any
plan makes of them.

To be trusted: the reader of the pool, the loader of the catalogue, what `pose` makes of the words, `able`, `claims`,
`blocks` and this file. All is integers; prices are in 2**-20 of the objective's unit. No OR-Tools, patterns or kernel.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.able import Bools, Load, Machines, counts, domain
from obplace.blocks import Block, Member, member
from obplace.certificate_form import ChoiceSplit, CountSplit, Fork, Leaf, Node, Stage
from obplace.claims import SERVER, Choice, Claim, Counted, claims
from obplace.pool import Batch, Column
from obplace.problem import Problem

SHIFT = 20
EXACT = 1 << 62  # below, 64 bits hold every sum that is made for one machine
NOTHING = 1 << 300  # the bound of a leaf below which no plan can be

Path = tuple[tuple[ChoiceSplit | CountSplit, int, bool], ...]  # (what, at, whether it is the higher half)


def bounds(problem: Problem, stages: Sequence[Stage]) -> list[int]:
    """Return what each stage proves: no plan has less of its objective; 1 or more without one, there is no plan.

    A stage counts the bounds of those before it as rows, so whoever reads the answer sees to it that these are proven.

    Raises
    ------
    ValueError
        A stage names what the problem does not have, or a price has the wrong sign.
    """
    sums: list[list[Sum]] = []
    proven: dict[str, int] = {}
    known = claims(problem)
    machines = Machines(problem)
    for stage in stages:
        if stage.objective not in (None, *problem.objectives) or stage.objective in ("alike", *proven):
            raise ValueError(f"there is no proof of {stage.objective} here")
        made = partial(Sum, problem, machines.loads, known, stage.objective, proven)
        sums.append([made(*each) for each in leaves_of(stage.tree, ())])
        if stage.objective is not None:
            proven = proven | {stage.objective: stage.bound}
    _go_through(problem, machines, [each for leaves in sums for each in leaves])
    return [min((each.bound() for each in leaves), default=0) for leaves in sums]


def leaves_of(node: Node, path: Path) -> Iterator[tuple[Leaf, Path]]:
    """Yield the leaves of a tree, each with the forks on the way to it."""
    if isinstance(node, Fork):
        yield from leaves_of(node.low, (*path, (node.split, node.at, False)))
        yield from leaves_of(node.high, (*path, (node.split, node.at, True)))
    else:
        yield node, path


class Sum:
    """A leaf's sum: first what needs no machine; then, batch by batch, the machines."""

    def __init__(
        self,
        problem: Problem,
        loads: Sequence[Load],
        known: Mapping[int, Claim],
        objective: str | None,
        proven: Mapping[str, int],
        leaf: Leaf,
        path: Path,
    ) -> None:
        self.problem = problem
        self.total = 0
        self.empty = False  # whether no plan can be below the splits
        self.within: Sequence[str] = ()  # the domains that make less than nothing of it as a whole
        self.scale = leaf.scale
        if leaf.scale < 1:
            raise ValueError(f"scale is {leaf.scale}, expected 1 or more")
        # A server's share of the objective less prices; and the same for each unit of its price.
        self.server = leaf.scale * int(objective == "servers") << SHIFT
        self.price = leaf.scale * int(objective == "cost") << SHIFT
        self.everywhere: defaultdict[Counted, int] = defaultdict(int)
        self.placed: list[tuple[str, Counted, Mapping[str, int], int]] = []  # level, what, by domain, in the others
        self.named: list[tuple[str, Counted, int]] = []
        self.counts: list[tuple[CountSplit, int]] = []
        fixed: dict[tuple[int, str, str | None], tuple[int, int]] = {}
        self.members = _members(problem, known, leaf.blocks)
        self.block = Block(list(self.members.values()), loads) if leaf.blocks else None
        self.splits(known, leaf, path, fixed)
        for name, price in leaf.objectives.items():
            if name not in proven or price > 0:
                raise ValueError(f"objective {name} is not proven before, or its price is positive")
            self.total += price * proven[name]
            if name == "servers":
                self.server -= price
            else:
                self.price -= price
        for number in sorted({*leaf.prices, *leaf.others, *self.members, *(rule for rule, _, _ in fixed)}):
            if number not in known:
                raise ValueError(f"rule {number} has no rows")
            of = {key[1:]: ends for key, ends in fixed.items() if key[0] == number}
            self.rule(number, known[number], leaf.prices.get(number, {}), leaf.others.get(number, {}), of)

    def splits(
        self,
        known: Mapping[int, Claim],
        leaf: Leaf,
        path: Path,
        fixed: dict[tuple[int, str, str | None], tuple[int, int]],
    ) -> None:
        """Take the bounds on the way to this leaf: of choices as their range, of counts as rows."""
        prices = list(leaf.splits) or [0] * len(path)
        if len(prices) != len(path):
            raise ValueError(f"{len(prices)} prices for {len(path)} splits")
        for (split, at, high), price in zip(path, prices, strict=True):
            if isinstance(split, ChoiceSplit):
                choice = known[split.rule].choices.get(split.choice) if split.rule in known else None
                if choice is None or choice.domains is not (split.domain is not None) or price:
                    raise ValueError(f"no such choice: {split}")
                key = (split.rule, split.choice, split.domain)
                low, most = fixed.get(key, (choice.low, choice.high))
                low, most = (max(low, at + 1), most) if high else (low, min(most, at))
                fixed[key] = low, most
                self.empty = self.empty or low > most
            else:
                _sign(price, 1 if high else -1, "split")
                self.total += price * (at + 1 if high else at)
                self.counts.append((split, price))

    def rule(
        self,
        number: int,
        claim: Claim,
        prices: Mapping[str, int | Mapping[str, int]],
        others: Mapping[str, int],
        fixed: Mapping[tuple[str, str | None], tuple[int, int]],
    ) -> None:
        """Add the rows of one rule, and the least that its choices can make of their factors."""
        domains = set(self.problem.domains.get(claim.level or "", ()))
        whole: defaultdict[str, int] = defaultdict(int)  # factor of a choice, or of each domain's
        here: defaultdict[tuple[str, str], int] = defaultdict(int)  # of a choice in one domain, beside that
        elsewhere: defaultdict[str, int] = defaultdict(int)  # of a choice in each domain that is not in listed
        by_domain = {name: each for name, each in prices.items() if isinstance(each, Mapping)}
        listed = {domain for each in by_domain.values() for domain in each} | {domain for _, domain in fixed if domain}
        if claim.level in self.problem.domains and not listed <= domains:
            raise ValueError(f"rule {number} has no domain {min(listed - domains)}")
        rest = len(domains - listed)
        for name in sorted({*prices, *others}):
            if name not in claim.parts:
                raise ValueError(f"rule {number} has no part {name}")
            part, price, other = claim.parts[name], prices.get(name, {}), others.get(name, 0)
            if part.domains is not isinstance(price, Mapping) or (other and claim.level not in self.problem.domains):
                raise ValueError(f"rule {number}, {name}: a price for each domain, or one for all")
            if isinstance(price, Mapping):
                full = {domain: price.get(domain, other) for domain in listed}
                for each in (*full.values(), other):
                    _sign(each, part.sense, name)
                total = sum(full.values()) + rest * other
                self.placed += [
                    (claim.level or "", what, _times(full, f), other * f) for what, f in part.copies.items()
                ]
                for chosen, factor in part.choices.items():
                    elsewhere[chosen] -= other * factor
                    for domain, each in full.items():
                        here[chosen, domain] -= each * factor
            else:
                _sign(price, part.sense, name)
                total = price
                for chosen, factor in part.choices.items():
                    whole[chosen] -= price * factor
                for what, factor in part.copies.items():
                    if part.machines:
                        self.named += [(machine, what, price * factor) for machine in part.machines]
                    else:
                        self.everywhere[what] += price * factor
                self.price -= price * part.prices
            for what, factor in part.everywhere.items():
                self.everywhere[what] += total * factor
            self.total += total * part.amount
        if (own := self.chosen(number)) is not None:
            own.factor = whole["used"] + elsewhere["used"]
            own.factors = {domain: whole["used"] + here["used", domain] for domain in listed}
            own.ends = {str(domain): ends for (_, domain), ends in fixed.items() if domain is not None}
        # A choice without a factor makes nothing; what one costs counts as such, and the rules that price come first.
        for name in sorted({*whole, *elsewhere, *(choice for choice, _ in (*here, *fixed))}):
            if own is not None and name == "used":
                continue
            choice = claim.choices[name]
            whole[name] += choice.price * self.price
            self.total += _least(choice, name, whole, here, elsewhere, listed, rest, fixed)

    def chosen(self, number: int) -> Member | None:
        """Return what reckons a rule's domains as a whole, where they are used or not."""
        found = self.members.get(number)
        return found if found is not None and found.chosen else None

    def kind(self, largest: int) -> Any:
        """Return the type of numbers that holds all sums of shares, none of which is larger."""
        if self.block is not None:
            largest = largest * self.block.reach + self.block.largest
        return np.int64 if largest < EXACT else object

    def add(
        self, column: Callable[[str], Column], fits: Sequence[Bools], shares: Sequence[Any], numbers: NDArray[np.int64]
    ) -> Any:
        """Add machines, and return what each adds by itself, 0 or less.

        Parameters
        ----------
        column
            Their domains of a level.
        fits, shares, numbers
            Of each load: which machines can run it, and what they then add; and how many machines each row stands for.
        """
        if self.block is None:
            free: Any = np.zeros_like(shares[0]) if shares else np.zeros(len(numbers), dtype=np.int64)
            for fit, share in zip(fits, shares, strict=True):
                free = np.where(fit, np.minimum(free, share), free)
        else:
            limits = [each.limit[0] for each in self.members.values() if each.limit is not None]
            free = self.block.add([column(level) for level in (self.block.level, *limits)], fits, shares, numbers)
        below = np.flatnonzero(free < 0)
        self.total += sum(int(each) * int(count) for each, count in zip(free[below], numbers[below], strict=True))
        return free

    def bound(self) -> int:
        """Return what the leaf proves, once all machines are added."""
        if self.block is not None:
            least, self.within = self.block.least(len(self.problem.domains.get(self.block.level, ())))
            self.empty = self.empty or least is None
            self.total += least or 0
        return NOTHING if self.empty else -(-self.total // (self.scale << SHIFT))

    def value(self, load: Load) -> int:
        """Return the prices of what a machine runs, as far as they are the same everywhere."""
        return sum(price * _number(load, what) for what, price in self.everywhere.items())


def _members(problem: Problem, known: Mapping[int, Claim], numbers: Sequence[int]) -> dict[int, Member]:
    """Return what these rules say of the domains of the level of the first."""
    level = known[numbers[0]].level if numbers and numbers[0] in known else None
    found: dict[int, Member] = {}
    for number in numbers:
        each = member(problem, number, known[number], level) if number in known and level is not None else None
        if each is None:
            raise ValueError(f"rule {number} has no domains to reckon as a whole")
        found[number] = each
    return found


def _least(
    choice: Choice,
    name: str,
    whole: Mapping[str, int],
    here: Mapping[tuple[str, str], int],
    elsewhere: Mapping[str, int],
    listed: set[str],
    rest: int,
    fixed: Mapping[tuple[str, str | None], tuple[int, int]],
) -> int:
    """Return the least that a choice can make of its factor, in all domains where each has one."""

    def ends(domain: str | None, factor: int) -> int:
        low, high = fixed.get((name, domain), (choice.low, choice.high))
        if low > high:  # no plan is in this half, so any bound is true
            return 0
        return min(low * factor, high * factor)

    factor = whole.get(name, 0)
    if not choice.domains:
        return ends(None, factor)
    inside = sum(ends(domain, factor + here.get((name, domain), 0)) for domain in listed)
    return inside + rest * ends(None, factor + elsewhere.get(name, 0))


def _go_through(problem: Problem, machines: Machines, sums: Sequence[Sum]) -> None:
    """Add every machine of the pool to every sum."""
    likes = machines.signatures({split.like for each in sums for split, _ in each.counts if split.like is not None})
    names = {name for each in sums for name, _, _ in each.named}
    rows = problem.pool.find(names) if names else {}
    if missing := sorted(names - rows.keys()):
        raise ValueError(f"no machine {missing[0]}")
    for batch in problem.pool:
        fits = machines.fits(batch)
        numbers = counts(problem, batch)
        alike = {name: machines.like(batch, fits, mark) for name, mark in likes.items()}
        for each in sums:
            _batch(each, batch, machines.loads, fits, numbers, alike, rows)


def _batch(
    sum_: Sum,
    batch: Batch,
    loads: Sequence[Load],
    fits: Sequence[Bools],
    numbers: NDArray[np.int64],
    alike: Mapping[str, Bools],
    rows: Mapping[str, int],
) -> None:
    """Add the machines of a batch to a sum."""
    extra: dict[Counted, list[tuple[NDArray[Any], Column]]] = {}
    largest = abs(sum_.server) + abs(sum_.price) * int(np.abs(batch.price).max(initial=0))
    copies = max((number for load in loads for _, number in load), default=1)
    for _, _, by_domain, other in sum_.placed:
        largest += copies * max(map(abs, (*by_domain.values(), other)))
    largest += sum(copies * abs(price) for price in sum_.everywhere.values())
    largest += sum(copies * abs(price) for _, _, price in sum_.named) + sum(abs(price) for _, price in sum_.counts)
    kind = sum_.kind(largest)
    for level, what, by_domain, other in sum_.placed:
        column = domain(batch, level)
        priced = [0 if value is None else by_domain.get(str(value), other) for value in column.values]
        extra.setdefault(what, []).append((np.array(priced, dtype=kind), column))
    named: dict[Counted, NDArray[Any]] = {}
    for name, what, price in sum_.named:
        if 0 <= rows[name] - batch.first < batch.size:
            named.setdefault(what, np.zeros(batch.size, dtype=kind))[rows[name] - batch.first] += price
    price_of: Any = batch.price.astype(kind) * sum_.price + sum_.server
    shares = []
    for load in loads:
        value: Any = sum_.value(load)
        for what, tables in extra.items():
            if number := _number(load, what):
                for table, column in tables:
                    value = value + number * table[column.codes]
        for split, price in sum_.counts:
            if dict(load) == _tally(split.runs):
                value = value + price * (1 if split.like is None else alike[split.like].astype(kind))
        for what, prices in named.items():
            if number := _number(load, what):
                value = value + number * prices
        shares.append(np.broadcast_to(np.asarray(price_of - value, dtype=kind), batch.size))
    sum_.add(partial(domain, batch), fits, shares, numbers)


def _number(load: Load, what: Counted) -> int:
    role, cap = what
    number = 1 if what == SERVER else dict(load).get(role, 0)
    return number if cap is None else min(number, cap)


def _tally(roles: Sequence[str]) -> dict[str, int]:
    return {role: roles.count(role) for role in roles}


def _times(prices: Mapping[str, int], factor: int) -> dict[str, int]:
    return {domain: price * factor for domain, price in prices.items()}


def _sign(price: int, sense: int, what: str) -> None:
    if price * sense < 0:
        raise ValueError(f"{what}: a price of the wrong sign")
