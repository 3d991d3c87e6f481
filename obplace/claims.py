"""What rules mean for a bound: linear rows that every plan keeps, over copies on machines and over choices.

A row is named by the number of its rule, a part of it, and a domain where the part has one row for each. Rules that
are missing here are left out of the bound, which only makes it lower.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from obplace.problem import Problem
from obplace.rules import (
    Across,
    AtLeast,
    AtMost,
    Budget,
    Buy,
    Either,
    Layout,
    Limit,
    Majority,
    Pin,
    Ratio,
    Same,
    Spread,
    Survive,
    Within,
)

Counted = tuple[str, int | None]  # a role, and how many of its copies on one machine count at most
SERVER: Counted = ("", None)  # the machine itself, whatever it runs

Made = TypeVar("Made")


@dataclass(frozen=True)
class Part:
    """Rows of one form: factor * copies + factor * choices, compared with ``amount``.

    Attributes
    ----------
    sense
        1 for at least, -1 for at most, 0 for equal.
    copies
        Factor by what is counted: in the domain of the row where there is one, else everywhere.
    everywhere
        The same, counted everywhere also where the row has a domain.
    choices
        Factor by name of a choice; without a domain, one that each domain has is summed over all of them.
    domains
        Whether there is a row for each domain.
    prices
        Factor of the prices of all servers.
    machines
        The only rows of the pool whose copies count, by name; none is all.
    """

    sense: int
    amount: int
    copies: Mapping[Counted, int] = field(default_factory=dict)
    everywhere: Mapping[Counted, int] = field(default_factory=dict)
    choices: Mapping[str, int] = field(default_factory=dict)
    domains: bool = False
    prices: int = 0
    machines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """An integer that a plan fixes: its range, whether each domain has one of its own, and what each unit costs."""

    low: int
    high: int
    domains: bool
    price: int = 0


@dataclass(frozen=True)
class Claim:
    """The rows of one rule: its parts and choices by name, and the level or column whose domains it reads."""

    parts: Mapping[str, Part]
    choices: Mapping[str, Choice] = field(default_factory=dict)
    level: str | None = None


def claims(problem: Problem, among: Collection[str] | None = None) -> dict[int, Claim]:
    """Return the rows of each rule by its number; of offers those with rows of these names, or all of them."""
    found = {number: _claim(problem, rule, among) for number, rule in enumerate(problem.rules)}
    return {number: claim for number, claim in found.items() if claim is not None}


def _claim(problem: Problem, rule: object, among: Collection[str] | None) -> Claim | None:
    """Return the rows of a rule; None where it is a filter, or has none."""
    match rule:
        case Buy():
            return _bought(problem, among)
        case AtLeast(roles, copies):
            return Claim({"least": Part(1, copies, _each(*roles))})
        case AtMost(roles, copies):
            return Claim({"most": Part(-1, copies, _each(*roles))})
        case Ratio(role, other, copies, per):
            return Claim({"ratio": Part(1, 0, {(role, None): per, (other, None): -copies})})
        case Budget(amount):
            return Claim({"budget": Part(-1, amount, prices=1)})
        case Pin(role, machine):
            return Claim({"pin": Part(1, 1, _each(role), machines=(machine,))})
        case Survive(role, copies, failures) if copies > 0:
            return _survive(problem, role, copies, failures)
        case Either(options):
            parts = {f"copies {role}": Part(0, 0, _each(role), choices={role: -copies}) for role, copies in options}
            one = Part(0, 1, choices={role: 1 for role, _ in options})
            return Claim({**parts, "one": one}, {role: Choice(0, 1, domains=False) for role, _ in options})
        case Same(role, column, None):
            used = Part(-1, 0, _each(role), choices={"used": -problem.bounds(role)[1]}, domains=True)
            return Claim({"used": used, "one": Part(-1, 1, choices={"used": 1})}, _USED, column)
        case Spread(_, level) | Limit(_, level) | Across(_, level) | Majority(_, level) | Layout(_, level):
            # Where the plan gives zones a machine without one may lie in any.
            return None if level == "zone" and problem.zoned else _by_domain(problem, rule)
        case _:
            return None


def _by_domain(problem: Problem, rule: Spread | Limit | Across | Majority | Layout) -> Claim | None:
    match rule:
        case Limit(role, level, copies):
            return Claim({"limit": Part(-1, copies, _each(role), domains=True)}, level=level)
        case Across(role, level, domains):
            held = Part(1, 0, _each(role), choices={"used": -1}, domains=True)
            return Claim({"held": held, "domains": Part(1, domains, choices={"used": 1})}, _USED, level)
        case Spread(role, level, domains):
            least, most = problem.bounds(role)
            room = Part(-1, 0, _each(role), choices={"used": -most // domains}, domains=True)
            held = Part(1, 0, _each(role), choices={"used": -max(1, least // domains)}, domains=True)
            parts = {"room": room, "held": held, "domains": Part(0, domains, choices={"used": 1})}
            if -(-most // domains) - least // domains > 1:
                parts |= _even(role, most, domains)
            return Claim(parts, _USED, level)
        case Majority(role, level, None, None):
            # Only what runs has a majority to keep.
            runs = problem.bounds(role)[0] > 0
            return Claim(
                {"lost": Part(-1, -int(runs), {(role, None): 2}, {(role, None): -1}, domains=True)}, level=level
            )
        case Layout(role, level, zones):
            return _layout(problem, role, level, zones)
        case _:
            return None


def _even(role: str, most: int, domains: int) -> dict[str, Part]:
    """With n copies in so many domains each of these holds n / domains of them, rounded up or down."""
    own: dict[Counted, int] = {(role, None): domains}
    all_: dict[Counted, int] = {(role, None): -1}
    return {
        "not above": Part(-1, domains - 1, own, all_, domains=True),
        "not below": Part(1, 1 - domains - most, own, all_, {"used": -most}, domains=True),
    }


def _layout(problem: Problem, role: str, level: str, zones: tuple[int, ...]) -> Claim | None:
    """Each domain holds all copies of so many zones, where all zones have the same number and none crosses a domain."""
    least, most = problem.bounds(role)
    inner = [rule.level for rule in problem.rules if isinstance(rule, Within) and rule.role == role]
    nested = level in inner or (level == "region" and "idc" in inner)
    if Spread(role, "zone", sum(zones)) not in problem.rules or not nested or least != most or least % sum(zones):
        return None
    each = least // sum(zones)
    kinds = sorted(set(zones))
    names = {number: f"{number} zones" for number in kinds}
    parts = {
        "copies": Part(0, 0, _each(role), choices={names[n]: -each * n for n in kinds}, domains=True),
        "one": Part(-1, 1, choices={names[n]: 1 for n in kinds}, domains=True),
    }
    parts |= {f"domains of {n}": Part(0, zones.count(n), choices={names[n]: 1}) for n in kinds}
    return Claim(parts, {name: Choice(0, 1, domains=True) for name in names.values()}, level)


def _survive(problem: Problem, role: str, copies: int, failures: int) -> Claim | None:
    if not copies:
        return None
    most = problem.catalogue.roles[role].max_per_machine
    names = {t: f"at most {t}" for t in range(1, most + 1)}
    parts = {
        f"left {name}": Part(1, 0, {(role, t): 1}, choices={name: -(copies + failures * t)})
        for t, name in names.items()
    }
    some = Part(1, 1, choices=dict.fromkeys(names.values(), 1))
    return Claim({**parts, "some": some}, {name: Choice(0, 1, domains=False) for name in names.values()})


class _Lazy(Mapping[str, Made]):
    """What is made when it is asked for: of thousands of offers few have a price in a certificate."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Made]) -> None:
        self.names = dict.fromkeys(names)
        self.make = cache(make)

    def __getitem__(self, name: str) -> Made:
        if name not in self.names:
            raise KeyError(name)
        return self.make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _bought(problem: Problem, among: Collection[str] | None) -> Claim | None:
    """At one price at most an offer is bought; ``idle`` is what an order makes one buy beyond what is used.

    A machine itself counts as one that costs the price of its row. No plan uses more than U machines of an offer.
    """
    sales = problem.sales
    if sales is None:
        return None
    numbers = [deal for deal, coupled in enumerate(sales.coupled(problem.enough).tolist()) if coupled]
    if among is not None:
        found = {sales.deal_of(row) for row in problem.pool.find(among).values()}
        # In the order of names, so that the order of rows in a file does not matter to whoever makes a proof.
        numbers = sorted((deal for deal in numbers if deal in found), key=sales.labels.__getitem__)
    deals = {sales.labels[deal]: deal for deal in numbers}
    plain = {label for label, deal in deals.items() if sales.deals_of[deal] == 1 and sales.least[deal] == 1}
    offers: dict[str, list[str]] = {}
    for label, deal in deals.items():
        if sales.deals_of[deal] > 1:
            offers.setdefault(sales.names[deal], []).append(label)

    def part(name: str) -> Part:
        what, _, label = name.partition(" ")
        if what == "one":
            return Part(-1, 1, choices={f"at {each}": 1 for each in offers[label]})
        deal = deals[label]
        rows = tuple(problem.pool.names(sales.rows_of(deal)))
        most, least = min(int(sales.most[deal]), problem.enough), int(sales.least[deal])
        if what == "least":
            return Part(1, 0, {SERVER: 1}, choices={f"at {label}": -least, f"idle {label}": 1}, machines=rows)
        if label in plain:
            return Part(-1, most, {SERVER: 1}, machines=rows)
        return Part(-1, 0, {SERVER: 1}, choices={f"at {label}": -most}, machines=rows)

    def choice(name: str) -> Choice:
        what, _, label = name.partition(" ")
        if what == "at":
            return Choice(0, 1, domains=False)
        return Choice(0, int(sales.least[deals[label]]), domains=False, price=int(sales.prices[deals[label]]))

    ordered = [label for label, deal in deals.items() if sales.least[deal] > 1]
    parts = [f"most {label}" for label in deals] + [f"least {label}" for label in ordered]
    parts += [f"one {offer}" for offer in offers]
    choices = [f"at {label}" for label in deals if label not in plain] + [f"idle {label}" for label in ordered]
    return Claim(_Lazy(parts, part), _Lazy(choices, choice))


_USED = {"used": Choice(0, 1, domains=True)}


def _each(*roles: str) -> dict[Counted, int]:
    return {(role, None): 1 for role in roles}
