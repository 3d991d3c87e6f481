"""Certificates that nobody worked out: random or distorted prices and splits, all of which must prove what is true."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from random import Random

from obplace.blocks import MOST, Member, member
from obplace.certificate import SHIFT
from obplace.certificate_form import ChoiceSplit, CountSplit, Fork, Leaf, Node, Stage
from obplace.claims import Claim, claims
from obplace.problem import Problem

Splits = tuple[tuple[ChoiceSplit | CountSplit, bool], ...]  # on the way to a node: what, and whether in the high half


class Prices:
    """Random prices for the rules of one problem."""

    def __init__(self, problem: Problem, rng: Random) -> None:
        self.problem = problem
        self.rng = rng
        self.claims = claims(problem)
        pool = problem.pool
        self.machines = pool.take(range(len(pool)))
        self.unit = {"servers": 1, "cost": max([machine.price or 1 for machine in self.machines], default=1), None: 1}

    def stages(self, best: Mapping[str, int] | None) -> tuple[Stage, ...]:
        """Return a stage for each objective, on top of what the best of those before it is; one alone for no plan."""
        if best is None or self.rng.random() < 0.2:
            return (Stage(None, 0, self.node(None, {}, (), self.rng.choice((0, 0, 1, 2)))),)
        answer: list[Stage] = []
        proven: dict[str, int] = {}
        for name, value in best.items():
            if name == "alike":
                break
            answer.append(Stage(name, value, self.node(name, proven, (), self.rng.choice((0, 0, 0, 1, 2, 3)))))
            proven[name] = value
        return tuple(answer)

    def node(self, objective: str | None, proven: Mapping[str, int], path: Splits, depth: int) -> Node:
        """Return a tree of at most so many splits to a leaf."""
        if not depth:
            return self.leaf(objective, proven, path)
        split, at = self.split()
        return Fork(
            split,
            at,
            self.node(objective, proven, (*path, (split, False)), depth - 1),
            self.node(objective, proven, (*path, (split, True)), self.rng.randint(0, depth - 1)),
        )

    def leaf(self, objective: str | None, proven: Mapping[str, int], path: Splits) -> Leaf:
        """Return prices for some of the rules, most of them in the order of what is to be proven."""
        unit = self.unit[objective] << SHIFT
        prices: dict[int, dict[str, int | dict[str, int]]] = {}
        others: dict[int, dict[str, int]] = {}
        for number, claim in self.claims.items():
            if self.rng.random() < 0.75:
                prices[number], others[number] = self.rule(claim, unit)
        objectives = {
            name: -self.rng.randrange(1 << SHIFT) * self.unit[objective] // self.unit[name]
            for name in proven
            if self.rng.random() < 0.7
        }
        splits = [0 if isinstance(split, ChoiceSplit) else self.price(1 if high else -1, unit) for split, high in path]
        return Leaf(prices, others, objectives, splits, self.blocks())

    def blocks(self) -> tuple[int, ...]:
        """Return rules whose domains are reckoned as a whole, more often than not: of one level, once for a role."""
        levels = sorted(
            {claim.level for number, claim in self.claims.items() if self.member(number, claim.level)} - {None}
        )
        if not levels or self.rng.random() < 0.3:
            return ()
        level = self.rng.choice(levels)
        firsts = [number for number, claim in self.claims.items() if claim.level == level]
        found: dict[str, Member] = {}
        for number in (self.rng.choice(firsts), *self.rng.sample(list(self.claims), len(self.claims))):
            each = self.member(number, level)
            size = prod(other.high + 1 for other in found.values())
            if each and each.role not in found and size * (each.high + 1) <= MOST and (found or number in firsts):
                found[each.role] = each
        return tuple(each.rule for each in found.values())

    def member(self, number: int, level: str | None) -> Member | None:
        """Return what a rule says of the domains of a level as a whole."""
        return member(self.problem, number, self.claims[number], level) if level is not None else None

    def rule(self, claim: Claim, unit: int) -> tuple[dict[str, int | dict[str, int]], dict[str, int]]:
        """Return prices of the parts of one rule, and those in the domains that are not named."""
        prices: dict[str, int | dict[str, int]] = {}
        others: dict[str, int] = {}
        for name, part in claim.parts.items():
            if self.rng.random() < 0.25:
                continue
            if not part.domains:
                prices[name] = self.price(part.sense, unit)
                continue
            some = {domain: self.price(part.sense, unit) for domain in self.domains(claim) if self.rng.random() < 0.7}
            prices[name] = some
            if claim.level in self.problem.domains and self.rng.random() < 0.5:
                others[name] = self.price(part.sense, unit)
        return prices, others

    def price(self, sense: int, unit: int) -> int:
        """Return a price that rows of this sense may have; round ones often, as those are where ties are."""
        most = unit * self.rng.choice((1, 1, 2, 5))
        price = self.rng.choice((most, most // 2, self.rng.randrange(most), self.rng.randrange(most)))
        return price * (sense or self.rng.choice((-1, 1)))

    def domains(self, claim: Claim) -> list[str]:
        """Return the domains, or the values of a column, that the rows of a rule are for."""
        if claim.level in self.problem.domains:
            return list(self.problem.domains[claim.level])
        return sorted({str(value) for each in self.machines if (value := getattr(each, claim.level or "", None))})

    def split(self) -> tuple[ChoiceSplit | CountSplit, int]:
        """Return a choice of a rule, or a count of machines, and where to split it."""
        choices = [
            ChoiceSplit(number, name, domain)
            for number, claim in self.claims.items()
            for name, choice in claim.choices.items()
            for domain in (self.domains(claim) if choice.domains else [None])
        ]
        if choices and self.rng.random() < 0.6:
            return self.rng.choice(choices), 0
        roles = list(self.problem.counts)
        runs = tuple(sorted(self.rng.sample(roles, self.rng.randint(1, min(2, len(roles)))), key=roles.index))
        like = self.rng.choice(self.machines).name if self.rng.random() < 0.6 else None
        return CountSplit(runs, like), self.rng.randint(0, 2)


def distorted(stages: Sequence[Stage], rng: Random) -> tuple[Stage, ...]:
    """Return the stages with their prices made larger and smaller here and there, as a forger would try it."""
    share = rng.choice((0.05, 0.2, 0.5))
    return tuple(replace(stage, tree=_distorted(stage.tree, share, rng)) for stage in stages)


def _distorted(node: Node, share: float, rng: Random) -> Node:
    def bent(price: int) -> int:
        return price if rng.random() > share else price * rng.choice((0, 2, 3, 5, 6, 8)) // rng.choice((2, 4, 4))

    if isinstance(node, Fork):
        at = node.at if rng.random() > share else node.at + rng.choice((-1, 1))
        low, high = (_distorted(each, share, rng) for each in (node.low, node.high))
        return Fork(node.split, at, low, high)
    prices = {
        rule: {
            name: {domain: bent(each) for domain, each in price.items()} if isinstance(price, Mapping) else bent(price)
            for name, price in parts.items()
        }
        for rule, parts in node.prices.items()
    }
    others = {rule: {name: bent(price) for name, price in parts.items()} for rule, parts in node.others.items()}
    objectives = {name: bent(price) for name, price in node.objectives.items()}
    return Leaf(prices, others, objectives, [bent(price) for price in node.splits], node.blocks, node.scale)
