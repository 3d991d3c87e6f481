"""A plan as a sheet of cells: one row a server, the same in the terminal, in Markdown and in a notebook."""

import csv
import io
from collections.abc import Sequence

from obplace.plan import Assignment, Plan
from obplace.words import fills, resources


def header(plan: Plan) -> list[str]:
    """Return the names of the columns."""
    return ["machine", "roles", *_levels(plan), *resources(plan), *(["cost"] if plan.cost is not None else [])]


def rows(plan: Plan) -> list[list[str]]:
    """Return one row a server; a resource reads 'used / capacity', a domain by its own name without its path."""
    levels, priced = _levels(plan), plan.cost is not None  # once: a fleet has many servers
    return [_row(plan, each, levels, priced) for each in plan.assignments]


def _row(plan: Plan, each: Assignment, levels: Sequence[str], priced: bool) -> list[str]:
    cells = [each.name, " ".join(each.roles), *(_domain(each, level) for level in levels)]
    cells += [fill.text for fill in fills(plan, each)]
    if priced and each.machine.price is not None:
        cells.append(f"{plan.money(each.machine.price):,}")
    return cells


def _levels(plan: Plan) -> list[str]:
    return list(dict.fromkeys(level for each in plan.assignments for level in each.machine.domains))


def _domain(each: Assignment, level: str) -> str:
    if level not in each.machine.domains:
        return "-"  # the plan gives it none: it lies in no such domain
    domain = each.machine.domains[level]
    if domain is None:
        return "?"
    # Of a path its last part, found from the right; a zone has a bare name, which may hold anything.
    return domain if level == "zone" else domain.rpartition("/")[2]


def as_csv(plan: Plan) -> str:
    """Return machine, roles, ip, domains, exact cost, and capacity and use in base units, for programs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    levels = _levels(plan)
    capacities = list(dict.fromkeys(name for each in plan.assignments for name in each.machine.capacity))
    pairs = [column for name in capacities for column in (name, f"{name}_used")]
    writer.writerow(["machine", "roles", "ip", *levels, "cost", *pairs])
    for each in plan.assignments:
        price = each.machine.price
        cells: list[object] = [each.name, " ".join(each.roles), each.machine.ip]
        cells += [each.machine.domains.get(level) for level in levels]
        cells.append(None if price is None else plan.money(price))
        for name in capacities:
            cells += [each.machine.capacity.get(name), each.used.get(name, 0)]
        writer.writerow(cells)
    return out.getvalue()


def aligned(plan: Plan) -> Sequence[bool]:
    """Return for each column of the sheet whether it holds numbers, which read best flush right."""
    return [name in plan.catalogue.resources or name == "cost" for name in header(plan)]
