"""Small random problems without a plan: their conflicts and repairs against exhaustive search.

The search knows the space of repairs as `obplace.changes` and `obplace.amended` state it: the words that may be
changed, what a machine may be granted, and what may be bought. What is possible then is for the oracle to say.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product
from math import ceil, prod
from random import Random
from typing import Any

from obplace.buyable import owning
from obplace.catalogue import Catalogue, Combine
from obplace.catalogue.load import build
from obplace.changes import Change, changes, edited
from obplace.conflict import conflicts
from obplace.deployment import Deployment
from obplace.errors import ObplaceError
from obplace.members import only
from obplace.pool import Machine, Offers, Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.repair import repairs
from obplace.repaired import Repair, paid_for
from obplace.rules import Budget
from obplace.wish import Wish
from tests.oracle import best
from tests.oracle_machine import Load, Variant, _together, usable

ROLES = ("web", "db", "arb")
WEIGHT = {"near": 1, "spread": 100, "level": 10_000, "counts": 1_000_000}
UNITS_PRICE = 3  # of one unit; space cannot be bought
NEAR = Fraction(1, 10)
MOST_SETS = 120  # sets of changes that the search goes through
MOST_GRANTS = 300  # ways to grant something to the machines, and to buy some, for one of them
SOLD_IN = 3  # of so many questions, one has offers

Case = dict[str, str | int | float]


@dataclass(frozen=True)
class Question:
    """A question without a plan, and prices of what could be bought."""

    catalogue: Catalogue
    deployment: Deployment
    rows: tuple[dict[str, Any], ...]
    sold: tuple[dict[str, Any], ...] = ()

    def pool(self, order: Sequence[int] | None = None) -> Pool:
        """Return the pool, its rows in this order."""
        import pandas as pd

        rows = [self.rows[index] for index in order or range(len(self.rows))]
        return Pool.from_frame(pd.DataFrame(rows, dtype=object), self.catalogue.kinds)

    def offers(self, order: Sequence[int] | None = None) -> Offers | None:
        """Return what can be bought, its rows in this order; None where nothing can."""
        import pandas as pd

        rows = [self.sold[index] for index in order or range(len(self.sold))]
        return Offers.from_frame(pd.DataFrame(rows, dtype=object), self.catalogue.kinds) if rows else None

    def pose(self) -> Problem:
        """Return the problem over what is owned."""
        return owning(pose(self.catalogue, self.deployment, self.pool(), self.offers()))


def question(seed: int) -> Question:
    """Return the question of a seed: drawn until no plan exists, and one existed if rules were fewer."""
    rng = Random(f"conflicted {seed}")
    while True:
        drawn = _drawn(rng)
        try:
            problem = drawn.pose()
        except ObplaceError:
            continue
        if best(problem) is None and best(only(problem, [])) is not None:
            return replace(drawn, sold=tuple(_sold(seed))) if seed % SOLD_IN == 0 else drawn


def _drawn(rng: Random) -> Question:
    kit = _kit(rng)
    number = rng.randint(3, 5)
    rows = []
    for index in range(number):
        units = rng.choice((9, 10, 18, 20, 20, 28, 40))
        rows.append(
            {
                "machine": f"m{index}",
                "units": str(units),
                "space": str(rng.choice((9, 10, 19, 20, 40))),
                "cost": str(rng.choice((1, 2, 3, 5))),
                "idc": rng.choice(("north", "south")),
                "rack": rng.choice(("r1", "r2", "r3")),
                "arch": rng.choice(("x86_64", "x86_64", "aarch64")),
                "runs": "web" if rng.random() < 0.1 else "",
            }
        )
    counts = {"web": rng.randint(1, 3), "db": rng.choice((1, 1, 2)), "arb": rng.choice((0, 1))}
    words: dict[str, Any] = {"level": rng.choice(("low", "high", "high")), "roles": counts}
    kinds = rng.sample(
        ("spread", "across", "limit", "budget", "ban", "pin", "apart", "where", "same", "minimum", "spare", "headroom"),
        rng.choice((1, 2, 2, 3, 3)),
    )
    drawn: dict[str, Any] = {
        "spread": {"web": rng.choice(("idc", "rack", f"rack:{counts['web']}", "idc:1"))},
        "across": {"web.rack": min(counts["web"], 2)},
        "limit": {"web.idc": 1},
        "budget": str(rng.randint(1, 7)),
        "ban": (f"m{rng.randrange(number)}",),
        "pin": {"db": ("m0",)},
        "apart": ("web:db:rack",),
        "where": {"db.arch": "aarch64"},
        "same": {"web.arch": "all"},
        "minimum": {"db.units": rng.choice(("21", "30"))},
        "spare": {"web": 1},
        "headroom": rng.choice(("10%", "50%")),
    }
    words |= {kind: drawn[kind] for kind in sorted(kinds)}
    return Question(kit, Deployment(**words), tuple(rows))


def _sold(seed: int) -> Iterator[dict[str, Any]]:
    """Yield prices of one or two offers: of some, for orders from so many machines on, and for larger ones."""
    rng = Random(f"sold {seed}")
    for number in range(rng.choice((1, 2))):
        stock, least, price = rng.choice((1, 2, 2, 3)), rng.choice((1, 1, 1, 2)), rng.choice((1, 4, 9, 20))
        same = {
            "machine": f"o{number}",
            "units": str(rng.choice((10, 20, 20, 40))),
            "space": str(rng.choice((10, 20, 40))),
            "quantity": str(max(stock, least)),
            "idc": rng.choice(("north", "south")),
            "rack": rng.choice(("r1", "r2", "r3|r1", "r4")),
            "arch": rng.choice(("x86_64", "aarch64")),
        }
        tiered = least < stock and rng.random() < 0.5
        yield {**same, "price": str(price), "from": str(least), "to": str(least) if tiered else ""}
        if tiered:
            yield {**same, "price": str(max(1, price + rng.choice((-8, -3, -1, 2)))), "from": str(least + 1), "to": ""}


def _kit(rng: Random) -> Catalogue:
    high = {"web": (10, 10), "db": (20, 10), "arb": (10, 0)}
    roles = [
        {
            "name": role,
            "copies": 1,
            "max_per_machine": 1,
            "minimum": {
                "low": {"needs": {"units": str(units // 2), **({"space": str(space)} if space else {})}},
                "high": {"needs": {"units": str(units), **({"space": str(space)} if space else {})}},
            },
        }
        for role, (units, space) in high.items()
    ]
    pairs = rng.sample((("web", "db"), ("arb", "web"), ("arb", "db")), rng.choice((0, 1, 1, 2)))
    return build(
        {
            "name": "made-up",
            "title": "made up",
            "source": "made up",
            "levels": ["low", "high"],
            "colocation": "listed",
            "resources": {
                "units": {"kind": "count", "combine": "sum"},
                "space": {"kind": "count", "combine": "sum"},
            },
            "roles": roles,
            "sharing": [
                {"guest": guest, "host": host, "how": rng.choice(("added", "included"))} for guest, host in pairs
            ],
        }
    )


def wish(seed: int) -> Wish:
    """Return how a question is to be repaired: with money or without."""
    prices = {"units": Decimal(UNITS_PRICE)} if seed % 2 else {}
    return Wish(near=NEAR, upgrades=prices, most=2)


def judged(seed: int) -> Case:
    """Return what came of a seed: its conflicts are minimal, its repairs hold, and the first is the best there is."""
    asked = question(seed)
    problem = asked.pose()
    wrong = []
    found = conflicts(problem, 2)
    if not found.found:
        wrong.append("no conflict")
    for conflict in found.found:
        if best(only(problem, conflict.members)) is not None:
            wrong.append(f"not a conflict: {conflict.members}")
        for member in conflict.members:
            if best(only(problem, [each for each in conflict.members if each != member])) is None:
                wrong.append(f"not needed in the conflict: {member}")
        if conflict.proof is None:
            wrong.append("unproven")
    helping = repairs(asked.catalogue, asked.deployment, asked.pool(), wish(seed), asked.offers())
    space = _Space(asked, wish(seed))
    wrong += [f"no repair: {repair.deployment.said()}" for repair in helping if not space.holds(repair)]
    least = space.least((helping[0].concession, int(helping[0].money)) if helping else None)
    if least == "too many":
        checked = 0
    else:
        checked = 1
        if least is not None:
            wrong.append(f"first repair {(helping[0].concession, helping[0].money) if helping else None}, best {least}")
    sizes = [len(conflict.members) for conflict in found.found]
    return {
        "machines": len(asked.rows),
        "kinds": " ".join(sorted(asked.deployment.said())),
        "status": "infeasible",
        "members": sizes[0] if sizes else 0,
        "conflicts": len(sizes),
        "repairs": len(helping),
        "gives": "+".join(helping[0].kinds) if helping else "",
        "offers": len(asked.sold),
        "buying": sum(bool(repair.bill) for repair in helping),
        "checked": checked,
        "outcome": "; ".join(wrong) or "same",
    }


def table(rows: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Return how large the conflicts are, and what the repairs give."""
    gives = Counter(row["gives"] or "nothing" for row in rows)
    return {
        "three_members_or_more": sum(int(row["members"] or 0) >= 3 for row in rows),
        "several_conflicts": sum(int(row["conflicts"] or 0) > 1 for row in rows),
        "first_repair_searched": sum(int(row["checked"] or 0) for row in rows),
        "with_offers": sum(int(row["offers"] or 0) > 0 for row in rows),
        "repairs_that_buy": sum(int(row["buying"] or 0) for row in rows),
        "first_repair_gives": dict(sorted(gives.items())),
    }


class _Space:
    """All repairs of a question."""

    def __init__(self, asked: Question, wished: Wish) -> None:
        self.asked = asked
        self.prices = {name: int(price) for name, price in wished.upgrades.items()}
        self.changes = changes(asked.catalogue, asked.deployment, asked.pose())
        self.machines = asked.pool().take(range(len(asked.rows)))
        self.orders = sorted(self.bought())

    def bought(self) -> Iterator[tuple[int, frozenset[str]]]:
        """Yield each way to buy: what it costs, and which machines."""
        names = dict.fromkeys(row["machine"] for row in self.asked.sold)
        for numbers in product(*(self.numbers(name) for name in names)):
            costs = [self.cost(name, sum(each)) for name, each in zip(names, numbers, strict=True)]
            some = zip(names, numbers, strict=True)
            units = frozenset(_unit(name, p, k) for name, each in some for p, n in enumerate(each) for k in range(n))
            if None not in costs:
                yield sum(cost or 0 for cost in costs), units

    def numbers(self, name: str) -> list[tuple[int, ...]]:
        """Return how many machines of an offer may stand in each of its places."""
        row = next(row for row in self.asked.sold if row["machine"] == name)
        places, stock = row["rack"].split("|"), int(row["quantity"])
        return [each for each in product(range(stock + 1), repeat=len(places)) if sum(each) <= stock]

    def cost(self, name: str, number: int) -> int | None:
        """Return what so many machines of an offer cost, at the best of its prices; None where none holds."""
        prices = [
            max(number, int(row["from"])) * int(row["price"])
            for row in self.asked.sold
            if row["machine"] == name and number <= int(row["to"] or row["quantity"])
        ]
        return min(prices, default=None) if number else 0

    def pool(self, units: Collection[str]) -> Pool:
        """Return the pool once these were bought; what could be bought and was not is there, and out of use."""
        import pandas as pd

        rows: list[dict[str, Any]] = [{**row, "available": "yes"} for row in self.asked.rows]
        sold = {row["machine"]: row for row in self.asked.sold}
        for name, row in sold.items():
            for p, rack in enumerate(row["rack"].split("|")):
                for k in range(int(row["quantity"])):
                    unit = _unit(name, p, k)
                    cells = {key: row[key] for key in ("units", "space", "idc", "arch")}
                    own = {"machine": unit, "rack": rack, "cost": "0", "runs": ""}
                    rows.append({**cells, **own, "available": "yes" if unit in units else "no"})
        return Pool.from_frame(pd.DataFrame(rows, dtype=object), self.asked.catalogue.kinds)

    def holds(self, repair: Repair) -> bool:
        """Is there a plan of a repair that buys for as much as its bill says?"""
        words = replace(repair.deployment, budget=None, minimize=()) if repair.bill else repair.deployment
        paid = paid_for(repair.bill)
        orders = [units for cost, units in self.orders if cost == paid] if repair.bill else [frozenset[str]()]
        return any(best(pose(self.asked.catalogue, words, self.pool(units))) is not None for units in orders)

    def least(self, known: tuple[int, int] | None) -> tuple[int, int] | str | None:
        """Return a repair that is better than the one known, None where there is none, or that there are too many."""
        limit = known[0] if known else 2 * WEIGHT["counts"]
        chosen = list(self.sets(limit))
        if len(chosen) > MOST_SETS:
            return "too many"
        for some in chosen:
            conceded = sum(WEIGHT[each.kind] * each.steps for each in some)
            words = edited(self.asked.deployment, [edit for each in some for edit in each.edits])
            try:
                problem = pose(self.asked.catalogue, words, self.pool(()))
            except ObplaceError:
                continue
            found = self.granted(problem, conceded, known)
            if found == "too many":
                return "too many"
            if found is not None:
                return found
        return None

    def sets(self, limit: int) -> Iterator[tuple[Change, ...]]:
        """Yield the sets of changes, one of each lever at most, that concede no more than the limit."""
        levers: dict[tuple[str, str], list[Change]] = {}
        for each in self.changes:
            levers.setdefault(each.lever, []).append(each)

        def go(rest: list[list[Change]], left: int, so_far: tuple[Change, ...]) -> Iterator[tuple[Change, ...]]:
            if not rest:
                yield so_far
                return
            yield from go(rest[1:], left, so_far)
            for each in rest[0]:
                weight = WEIGHT[each.kind] * each.steps
                if weight <= left:
                    yield from go(rest[1:], left - weight, (*so_far, each))

        yield from islice(go(list(levers.values()), limit, ()), MOST_SETS + 1)

    def granted(self, problem: Problem, conceded: int, known: tuple[int, int] | None) -> tuple[int, int] | str | None:
        """Return the concession and money of these words with some grants, if they are better than what is known."""
        ways = [list(self.ways(problem, machine)) for machine in self.machines]
        if prod(map(len, [*ways, self.orders])) > MOST_GRANTS:
            return "too many"
        top = {}
        for machine, each in zip(self.machines, ways, strict=True):
            amounts: dict[str, int] = {}
            for _, _, grant in each:
                for name, amount in grant.items():
                    amounts[name] = max(amounts.get(name, 0), amount)
            top[machine.row] = amounts
        budget = next((rule.amount for rule in problem.rules if isinstance(rule, Budget)), None)
        every = frozenset[str]().union(*(units for _, units in self.orders))
        if self.after(problem, top, every, budget is not None) is None:
            return None
        for (paid, units), *combined in product(self.orders, *ways):
            near, money = sum(each[0] for each in combined), paid + sum(each[1] for each in combined)
            price = (conceded + near, money)
            if known is not None and price >= known:
                continue
            grants = {
                machine.row: grant for machine, (_, _, grant) in zip(self.machines, combined, strict=True) if grant
            }
            cost = self.after(problem, grants, units, budget is not None)
            if cost is None:
                continue
            beyond = 0 if budget is None else max(0, cost - budget)
            if known is None or (price[0], money + beyond) < known:
                return price[0], money + beyond
        return None

    def after(
        self, problem: Problem, grants: Mapping[int, Mapping[str, int]], units: Collection[str], money: bool
    ) -> int | None:
        """Return the least cost of what is owned once machines have this, without the budget; 0 where there is none."""
        words = problem.deployment
        free = edited(words, []) if not money else Deployment(**{**vars(words), "budget": None, "minimize": ("cost",)})
        pool = self.pool(units)
        again = pose(self.asked.catalogue, free, pool.granted(grants) if grants else pool)
        found = best(again)
        if found is None:
            return None
        return dict(zip(again.objectives, found.objectives, strict=True))["cost"] if money else 0

    def ways(self, problem: Problem, machine: Machine) -> Iterator[tuple[int, int, dict[str, int]]]:
        """Yield what a machine may be granted: near misses, money, capacities."""
        seen = set()
        yield 0, 0, {}
        if not usable(problem, machine):
            return
        variant = Variant(problem, {})
        for load in _loads(problem):
            for host in [role for role, _ in load]:
                guests = [role for role, _ in load if role != host]
                pairs = problem.included | problem.added
                if not all((guest, host) in pairs for guest in guests):
                    continue
                inside = [host, *(guest for guest in guests if (guest, host) in problem.included)]
                for way in self.reaching(variant, machine, load, inside):
                    key = (way[0], way[1], tuple(sorted(way[2].items())))
                    if key not in seen:
                        seen.add(key)
                        yield way

    def reaching(
        self, variant: Variant, machine: Machine, load: Load, inside: Sequence[str]
    ) -> Iterator[tuple[int, int, dict[str, int]]]:
        problem = variant.problem
        options: list[list[tuple[int, int, str, int]]] = []
        for name, resource in problem.catalogue.resources.items():
            share = 1 - problem.headroom if resource.combine is Combine.SUM else Fraction(1)
            least = ceil(_together(variant, load, inside, name) / share)
            has = machine.capacity[name]
            if least == 0 or (has is not None and has >= least):
                continue
            if has is None:
                return
            here = []
            if has >= least * (1 - NEAR):
                here.append((1, 0, name, least))
            if name in self.prices:
                here.append((0, (least - has) * self.prices[name], name, least))
            options.append(here)
        for chosen in product(*options):
            if chosen:
                yield (
                    sum(each[0] for each in chosen),
                    sum(each[1] for each in chosen),
                    {name: amount for _, _, name, amount in chosen},
                )


def _unit(name: str, place: int, number: int) -> str:
    return f"{name}-{place}-{number}"


def _loads(problem: Problem) -> Iterator[Load]:
    ranges = [range(problem.catalogue.roles[role].max_per_machine + 1) for role in problem.counts]
    for numbers in product(*ranges):
        load = tuple((role, copies) for role, copies in zip(problem.counts, numbers, strict=True) if copies)
        if load:
            yield load
