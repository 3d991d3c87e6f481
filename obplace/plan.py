"""A plan: who runs where. Servers and cost are derived, never stored; so is all that people and scripts see."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from obplace.bill import Purchase
from obplace.catalogue import Catalogue
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.rules import Alike

if TYPE_CHECKING:
    import pandas as pd


class Status(StrEnum):
    """What is known: proven best, found, proven that there is none, or nothing."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Proof(StrEnum):
    """What the bounds rest on: a certificate that anybody can check, or a solver.

    Where patterns are listed that is a second one, which agrees with the first; of a fleet it is CP-SAT alone.
    """

    CERTIFICATE = "certificate"
    SOLVER = "solver"


def money(units: int, decimals: int) -> Decimal:
    """Return ``units`` of 10**-``decimals`` as money: exact, with as many digits as it needs, two or none at least."""
    while decimals > 2 and units % 10 == 0:
        units, decimals = units // 10, decimals - 1
    amount = Decimal(units) * Decimal(10) ** -decimals  # not scaleb: 4 hundreds would read 4E+2
    return amount.quantize(Decimal("0.01")) if decimals == 1 else amount


@dataclass(frozen=True)
class Objective:
    """One objective of a result: integers (servers, or money in the pool's smallest unit), None where unknown.

    ``certified`` is what the certificate of a fleet proves, where that is less than the bound; else None.
    """

    name: str
    value: int | None
    bound: int | None
    certified: int | None = None

    @property
    def gap(self) -> float | None:
        """How far the value may lie above the best, as a share of the value; None where unknown."""
        return self._above(self.bound)

    @property
    def certified_gap(self) -> float | None:
        """The same, as far as the certificate goes."""
        return self._above(self.bound if self.certified is None else self.certified)

    def _above(self, bound: int | None) -> float | None:
        if self.value is None or bound is None:
            return None
        return (self.value - bound) / self.value if self.value else 0.0


@dataclass(frozen=True)
class Assignment:
    """What one machine runs.

    Attributes
    ----------
    name
        The machine's name; NAME#k for the k-th of a row that stands for several.
    machine
        Its row in the pool.
    roles
        In catalogue order, once for each copy.
    used
        By resource, base units: what the roles need together.
    used_by
        By role and resource, base units: what each role takes of the resources that add up.
    """

    name: str
    machine: Machine
    roles: tuple[str, ...]
    used: Mapping[str, int]
    used_by: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Plan:
    """A full placement, in the order of roles and then of machine names.

    ``price_decimals`` says in which unit the machines' prices are: 10**-price_decimals of ``currency``. ``bill`` is
    what is bought, None where nothing could be.
    """

    assignments: tuple[Assignment, ...]
    catalogue: Catalogue
    price_decimals: int = 0
    currency: str | None = None
    bill: tuple[Purchase, ...] | None = None

    def __repr__(self) -> str:
        cost = "" if self.cost is None else f", {self.cost}"
        return f"Plan({self.servers} servers{cost})"

    def _repr_html_(self) -> str:
        from obplace.report.html import plan_html

        return plan_html(self)

    @property
    def servers(self) -> int:
        """How many machines the plan uses."""
        return len(self.assignments)

    @property
    def cost(self) -> Decimal | None:
        """What they cost together, and what is bought besides, exactly; None when a machine has no price."""
        prices = [each.machine.price for each in self.assignments]
        if any(price is None for price in prices):
            return None
        return self.money(sum(price for price in prices if price is not None) + self.unused)

    @property
    def unused(self) -> int:
        """What is paid for machines that an order makes one buy and nothing runs on, in the smallest unit of money."""
        return sum(each.unused for each in self.bill or ())

    def money(self, units: int) -> Decimal:
        """Return an amount in the pool's smallest unit as money, exactly."""
        return money(units, self.price_decimals)

    @property
    def copies(self) -> Counter[str]:
        """How many copies of each role run."""
        return Counter(role for each in self.assignments for role in each.roles)

    def where(self, role: str) -> list[Assignment]:
        """Return the assignments that run the role."""
        return [each for each in self.assignments if role in each.roles]

    def difference(self, role: str, resource: str) -> int:
        """Return by how much the resource of the servers of a role differs, in base units; 0 where there is none."""
        amounts = [each.machine.capacity[resource] or 0 for each in self.where(role)]
        return max(amounts, default=0) - min(amounts, default=0)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a server: machine, roles, domains, capacities with their use in base units, and cost."""
        import pandas as pd

        rows = []
        for each in self.assignments:
            row: dict[str, object] = {"machine": each.name, "roles": list(each.roles), "ip": each.machine.ip}
            row |= each.machine.domains
            for resource, capacity in each.machine.capacity.items():
                row[resource] = capacity
                row[f"{resource}_used"] = each.used.get(resource, 0)
            price = each.machine.price
            row["cost"] = None if price is None else self.money(price)
            rows.append(row)
        return pd.DataFrame(rows)


def objective_values(problem: Problem, plan: Plan) -> dict[str, int]:
    """Return the value of every objective, in integers: servers, money in the pool's smallest unit, base units."""
    alike = [plan.difference(rule.role, rule.resource) for rule in problem.rules if isinstance(rule, Alike)]
    return {
        "servers": plan.servers,
        "cost": sum(each.machine.price or 0 for each in plan.assignments) + plan.unused,
        "alike": sum(alike),
    }
