"""Every rule of a kernel as rows of integers: what CP-SAT, SCIP and later a certificate read.

``x[class, pattern]`` counts the machines of a class that run a pattern. The machines of a class are slots sorted
by price: the slots taken are as many as its x together, and they carry the objectives. Slots that are equal in
price and surplus are one variable. Within a class the cheapest are taken by any optimal solution, because the
cost of a class is a convex function of how many are taken; no row has to say so.

A choice is a group of 0/1 variables; each is derived from the counts, so that a placement decides its choices.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import groupby, pairwise
from math import gcd
from typing import assert_never

from obplace.bought import add_purchases
from obplace.kernel import Kernel, MachineClass
from obplace.model import Model, Terms, value_of
from obplace.rules import (
    Across,
    Alike,
    Apart,
    AtLeast,
    AtMost,
    Ban,
    Beside,
    Budget,
    Buy,
    Either,
    Graded,
    Layout,
    Limit,
    Majority,
    PerMachine,
    Pin,
    Ratio,
    Rule,
    Same,
    Spread,
    Survive,
    Where,
    Within,
)


def build(kernel: Kernel) -> Model:
    """Return the model of a kernel: every rule of its problem, and its objectives with the surplus behind them."""
    return _Rows(kernel).build()


class _Rows:
    """The model in the making; what several rules need of it is made once."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.problem = kernel.problem
        self.model = Model()
        self.places: dict[int, tuple[int, int]] = {}  # class and pattern that a variable counts
        self.running: dict[str, Terms] = {role: {} for role in self.problem.counts}  # copies by role
        self.inside: dict[tuple[str, str], dict[str, Terms]] = {}
        self.zones_inside: dict[tuple[str, str], dict[str, dict[str, int]]] = {}

    def build(self) -> Model:
        objectives: dict[str, Terms] = {name: {} for name in (*self.problem.objectives, "cost", "surplus")}
        for c, each in enumerate(self.kernel.classes):
            self.machines(objectives, c, each)
        add_purchases(self.kernel, self.model, objectives["cost"])  # before any rule reads the cost
        for rule in self.problem.rules:
            self.rule(rule, objectives)
        self.order_zones()
        self.model.objectives = {name: objectives[name] for name in (*self.problem.objectives, "surplus")}
        return self.model

    def machines(self, objectives: Mapping[str, Terms], c: int, each: MachineClass) -> None:
        """Count the machines of a class by pattern, and take as many of its slots."""
        model = self.model
        balance: Terms = {}
        for p in each.patterns:
            x = model.running[c, p] = model.variable(0, each.size)
            balance[x] = 1
            self.places[x] = c, p
            for role, copies in self.kernel.patterns[p].roles:
                self.running[role][x] = copies
        for (price, surplus), equal in groupby(each.slots, key=lambda slot: (slot.price, slot.surplus)):
            slot = model.variable(0, sum(one.count for one in equal))
            balance[slot] = -1
            model.slots.setdefault(c, []).append(slot)
            for name, amount in (("servers", 1), ("cost", price), ("surplus", surplus)):
                if name in objectives and amount:
                    objectives[name][slot] = amount
        model.row(balance, 0, 0)

    def rule(self, rule: Rule, objectives: Mapping[str, Terms]) -> None:
        """Add the rows of one rule."""
        model = self.model
        match rule:
            case AtLeast(roles, copies):
                model.row(self.copies(*roles), low=copies)
            case AtMost(roles, copies):
                model.row(self.copies(*roles), high=copies)
            case Ratio(role, other, copies, per):
                model.row(_sum((per, self.copies(role)), (-copies, self.copies(other))), low=0)
            case Survive():
                self.survive(rule)
            case Spread():
                self.spread(rule)
            case Limit(role, level, copies):
                for running in self.domains(role, level).values():
                    model.row(running, high=copies)
            case Across(role, level, domains):
                model.row({self.used(running, role): 1 for running in self.domains(role, level).values()}, low=domains)
            case Layout():
                self.layout(rule)
            case Within(role, level):
                for lies in self.zones(role, level).values():
                    model.row(dict.fromkeys(lies.values(), 1), high=1)
            case Majority():
                self.majority(rule)
            case Apart(first, second, level) if level is not None:
                there = self.domains(second, level)
                for domain, running in self.domains(first, level).items():
                    if domain in there:
                        model.row({self.used(running, first): 1, self.used(there[domain], second): 1}, high=1)
            case Same():
                self.same(rule)
            case Alike():
                self.alike(rule, objectives)
            case Graded():
                self.graded(rule)
            case Either(options):
                chosen = []
                for role, copies in options:
                    chosen.append(self.used(self.copies(role), role))
                    model.row(_sum((1, self.copies(role)), (-copies, {chosen[-1]: 1})), 0, 0)
                model.row(dict.fromkeys(chosen, 1), 1, 1)
            case Budget(amount):
                model.row(objectives["cost"], high=amount)
            case Pin(role, machine):
                named = [c for c, each in enumerate(self.kernel.classes) if each.named == machine]
                model.row(self.copies(role, where=lambda c, _: c in named), low=1)
            case Buy():
                pass  # its rows are there from the start
            case Ban() | Where() | Beside() | Apart() | PerMachine():
                pass  # filters: the kernel has no such machine, or no such pattern
            case _:
                assert_never(rule)

    def copies(self, *roles: str, where: Callable[[int, int], bool] | None = None) -> Terms:
        """Return the number of copies of some roles together, everywhere or where a class runs a pattern."""
        return {
            x: copies
            for x, copies in _sum(*((1, self.running[role]) for role in roles)).items()
            if where is None or where(*self.places[x])
        }

    def domains(self, role: str, level: str) -> dict[str, Terms]:
        """Return the number of copies of a role by domain of a level, or by value of a column, in their order."""
        if (role, level) not in self.inside:
            found: dict[str, Terms] = {}
            for x, copies in self.running[role].items():
                domain = self.kernel.domain(*self.places[x], level)
                if domain is not None:
                    found.setdefault(domain, {})[x] = copies
            self.inside[role, level] = dict(sorted(found.items()))
        return self.inside[role, level]

    def both(self, role: str, first: str, second: str) -> dict[str, dict[str, Terms]]:
        """Return the number of copies by domain of one level and then of another."""
        inner = {x: domain for domain, running in self.domains(role, second).items() for x in running}
        answer: dict[str, dict[str, Terms]] = {}
        for domain, running in self.domains(role, first).items():
            parts: dict[str, Terms] = {}
            for x, copies in running.items():
                if x in inner:
                    parts.setdefault(inner[x], {})[x] = copies
            answer[domain] = dict(sorted(parts.items()))
        return answer

    def zones(self, role: str, level: str) -> dict[str, dict[str, int]]:
        """Return a 0/1 variable by zone and domain of a level: the zone has a machine there that runs the role."""
        if (role, level) not in self.zones_inside:
            most = self.problem.in_zone(role)
            self.zones_inside[role, level] = {
                zone: {domain: self.used(running, role, most) for domain, running in parts.items()}
                for zone, parts in self.both(role, "zone", level).items()
            }
        return self.zones_inside[role, level]

    def used(self, running: Terms, role: str, most: int | None = None) -> int:
        """Return a 0/1 variable that says whether any of these copies run; there are at most so many."""
        enough = min(
            self.problem.bounds(role)[1] if most is None else most,
            sum(self.model.upper[x] * f for x, f in running.items()),
        )
        variable = self.model.variable(0, 1)
        self.model.derived.append((variable, partial(_is_used, running)))
        self.model.row(running | {variable: -1}, low=0)
        self.model.row(running | {variable: -enough}, high=0)
        # The same for the machines of each class alone: of them fewer can run it, which makes the relaxation tight.
        by_class: dict[int, Terms] = {}
        for x, copies in running.items():
            by_class.setdefault(self.places[x][0], {})[x] = copies
        for c, part in by_class.items():
            most_here = self.kernel.classes[c].size * max(part.values())
            if most_here < enough and len(by_class) > 1:
                self.model.row(part | {variable: -most_here}, high=0)
        return variable

    def survive(self, rule: Survive) -> None:
        """The copies that the fullest machines hold are lost, and enough of the others must be left.

        What f machines can take is at most f * t + the sum of max(0, load - t), for every t, and exactly that for
        one t. So enough is left if and only if for one t the sum of min(load, t) is at least copies + f * t.
        """
        if not rule.copies:
            return  # nothing has to be left
        most = max((pattern.copies(rule.role) for pattern in self.kernel.patterns), default=1)
        running = self.copies(rule.role)
        chosen: Terms = {}
        for t in range(1, most + 1):
            capped = {x: min(copies, t) for x, copies in running.items()}
            enough = rule.copies + rule.failures * t
            z = self.model.variable(0, 1)
            chosen[z] = 1
            self.model.derived.append((z, partial(_reaches, capped, enough)))
            self.model.row(capped | {z: -enough}, low=0)
        self.model.row(chosen, low=1)

    def spread(self, rule: Spread) -> None:
        """Choose the domains; in each that is used as many copies as the even share, rounded down or up."""
        model = self.model
        least, most = self.problem.bounds(rule.role)
        # With a fixed number of copies the even share is known; otherwise it is a variable.
        share = model.variable(least // rule.domains, most // rule.domains)
        everywhere = list(self.domains(rule.role, rule.level).values())
        chosen: Terms = {}
        for running in everywhere:
            used = self.used(running, rule.role)
            chosen[used] = 1
            model.row(running | {share: -1, used: -most}, low=-most)
            model.row(running | {share: -1}, high=1)
        model.row(chosen, rule.domains, rule.domains)
        model.derived.append((share, partial(_smallest_share, everywhere)))

    def layout(self, rule: Layout) -> None:
        """Give each domain of the level its number of zones: one of those asked for, or none."""
        model = self.model
        by_domain: dict[str, Terms] = {}
        for lies in self.zones(rule.role, rule.level).values():
            for domain, variable in lies.items():
                by_domain.setdefault(domain, {})[variable] = 1
        domains_with: dict[int, Terms] = {number: {} for number in sorted(set(rule.zones))}
        for _, zones in sorted(by_domain.items()):
            choice: Terms = {}
            for number, domains in domains_with.items():
                z = model.variable(0, 1)
                model.derived.append((z, partial(_is, zones, number)))
                choice[z] = number
                domains[z] = 1
            model.row(dict.fromkeys(choice, 1), high=1)
            model.row(_sum((1, zones), (-1, choice)), 0, 0)
        for number, domains in domains_with.items():
            model.row(domains, rule.zones.count(number), rule.zones.count(number))

    def majority(self, rule: Majority) -> None:
        """In each domain, twice the votes lost with it are fewer than all votes.

        Where an arbiter may add one, the number of the others is fixed, so that it is known whether it counts.
        """
        votes: dict[str, Terms] = {}
        if rule.zones is None:
            votes = {domain: dict(running) for domain, running in self.domains(rule.role, rule.level).items()}
            # What does not run has no majority to keep: then no row asks for one.
            every, fixed = self.copies(rule.role), 1
            every = every | {self.used(every, rule.role): -1}
        else:
            for lies in self.zones(rule.role, rule.level).values():
                for domain, variable in lies.items():
                    votes.setdefault(domain, {})[variable] = 1
            every, fixed = {}, rule.zones
        number = self.problem.bounds(rule.role)[0] if rule.zones is None else rule.zones
        if rule.arbiter is not None and number % 2 == 0:
            every = every | {self.used(self.copies(rule.arbiter), rule.arbiter): 1}
            for domain, running in self.domains(rule.arbiter, rule.level).items():
                votes.setdefault(domain, {})[self.used(running, rule.arbiter)] = 1
        for _, lost in sorted(votes.items()):
            self.model.row(_sum((2, lost), (-1, every)), high=fixed - 1)

    def same(self, rule: Same) -> None:
        """In each domain, or everywhere, at most one value of the column is in use."""
        if rule.level is None:
            groups = [self.domains(rule.role, rule.column)]
        else:
            groups = list(self.both(rule.role, rule.level, rule.column).values())
        for values in groups:
            if len(values) > 1:
                self.model.row({self.used(running, rule.role): 1 for running in values.values()}, high=1)

    def alike(self, rule: Alike, objectives: Mapping[str, Terms]) -> None:
        """Choose the least and the most of the resource among the machines in use; they bound all the others."""
        model = self.model
        found = self.domains(rule.role, rule.resource)
        amounts = {int(amount): running for amount, running in found.items()}
        ordered = sorted(amounts)
        if not ordered:
            return
        least, most = ({amount: model.variable(0, 1) for amount in ordered} for _ in range(2))
        for ends, end in ((least, min), (most, max)):
            model.row(dict.fromkeys(ends.values(), 1), 1, 1)
            model.derived += [(z, partial(_is_end, amounts, end, amount)) for amount, z in ends.items()]
        enough = self.problem.bounds(rule.role)[1]
        for amount, running in amounts.items():
            model.row(running | {least[other]: -enough for other in ordered if other <= amount}, high=0)
            model.row(running | {most[other]: -enough for other in ordered if other >= amount}, high=0)
        unit = gcd(*ordered) or 1  # bytes would make numbers that a solver's doubles cannot hold
        difference = {most[amount]: amount // unit for amount in ordered}
        difference |= {least[amount]: -(amount // unit) for amount in ordered}
        model.row(difference, low=0, high=None if rule.most is None else rule.most // unit)
        if "alike" in objectives:
            objectives["alike"].update(difference)
            model.units["alike"] = unit

    def graded(self, rule: Graded) -> None:
        """Choose the step in which the number of copies lies; only its patterns are in use."""
        model = self.model
        number = self.copies(rule.by)
        chosen = []
        for index, step in enumerate(rule.steps):
            z = model.variable(0, 1)
            chosen.append(z)
            model.derived.append((z, partial(_lies, number, step.low, step.high)))
            of_step = self.copies(rule.role, where=partial(self.is_of, (rule.role, index)))
            model.row(of_step | {z: -self.problem.bounds(rule.role)[1]}, high=0)
        model.row(dict.fromkeys(chosen, 1), 1, 1)
        lows = {z: step.low for z, step in zip(chosen, rule.steps, strict=True)}
        highs = {z: step.high for z, step in zip(chosen, rule.steps, strict=True)}
        model.row(_sum((1, number), (-1, lows)), low=0)
        model.row(_sum((1, number), (-1, highs)), high=0)

    def is_of(self, grade: tuple[str, int], _: int, p: int) -> bool:
        """Is a pattern of this step of a role?"""
        return grade in self.kernel.patterns[p].grades

    def order_zones(self) -> None:
        """Put the zones that the plan makes up in the order of the domains in which they lie.

        Every rule holds for any of them, so that of the plans that differ in their names alone one is enough.
        """
        lying = next((self.zones(r.role, r.level) for r in self.problem.rules if isinstance(r, Within)), {})
        ranks = {
            domain: rank for rank, domain in enumerate(sorted({d for lies in lying.values() for d in lies}), start=1)
        }
        sums = [{x: ranks[domain] for domain, x in lying.get(zone, {}).items()} for zone in self.problem.new_zones]
        for before, after in pairwise(sums):
            self.model.row(_sum((1, before), (-1, after)), high=0)


def _sum(*parts: tuple[int, Terms]) -> Terms:
    """Return the sum of some terms, each times a factor."""
    total: Terms = {}
    for factor, terms in parts:
        for x, amount in terms.items():
            total[x] = total.get(x, 0) + factor * amount
    return total


def _reaches(terms: Terms, amount: int, values: list[int]) -> int:
    return int(value_of(terms, values) >= amount)


def _lies(terms: Terms, low: int, high: int, values: list[int]) -> int:
    return int(low <= value_of(terms, values) <= high)


def _is(terms: Terms, amount: int, values: list[int]) -> int:
    return int(value_of(terms, values) == amount)


def _is_used(running: Terms, values: list[int]) -> int:
    return int(value_of(running, values) > 0)


def _is_end(amounts: Mapping[int, Terms], end: Callable[[Iterable[int]], int], amount: int, values: list[int]) -> int:
    """Is this the least, or the most, of the amounts in use? Where none is, the first stands for both."""
    in_use = [each for each, running in amounts.items() if value_of(running, values)]
    return int(end(in_use or [min(amounts)]) == amount)


def _smallest_share(everywhere: list[Terms], values: list[int]) -> int:
    return min((share for terms in everywhere if (share := value_of(terms, values))), default=0)
