"""Check a plan that comes from a file: its placement by `verify`, and all that it claims against the pool."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from obplace.document import assignment
from obplace.errors import DataError
from obplace.kernel import assembled, assign
from obplace.patterns import patterns
from obplace.plan import Plan
from obplace.plan_form import PlanForm
from obplace.problem import Problem
from obplace.rules import sentence
from obplace.verify import verify


@dataclass(frozen=True)
class Report:
    """What a check found wrong; where nothing is, in one line what holds, and the plan itself."""

    findings: tuple[str, ...]
    holds: str
    plan: Plan | None = None


def check_document(form: PlanForm, problem: Problem) -> Report:
    """Check a plan as JSON: it holds, and what it says of servers, cost and machines is so."""
    if form.assignments is None:
        return Report((f"nothing to check: the document says {form.status} and holds no plan",), "")
    placement = {each.machine: each.roles for each in form.assignments}
    if len(placement) < len(form.assignments):
        return Report(("a machine stands in the plan twice",), "")
    findings = [str(violation) for violation in verify(problem, placement)]
    if findings:
        return Report(tuple(findings), "")
    plan = _plan(problem, placement)
    findings = _claims(form, problem, plan)
    claim = ", optimality is claimed and not checked here" if form.status == "optimal" else ""
    if findings:
        return Report(tuple(findings), "")
    return Report((), _holds(problem, plan) + claim, plan)


def check_placement(problem: Problem, placement: Mapping[str, Sequence[str]]) -> Report:
    """Check a placement that somebody made by hand."""
    findings = tuple(str(violation) for violation in verify(problem, placement))
    if findings:
        return Report(findings, "")
    plan = _plan(problem, placement)
    return Report((), _holds(problem, plan), plan)


def read_placement(text: str, source: str) -> dict[str, list[str]]:
    """Return the roles by machine from a CSV with the columns machine and role (or roles, with blanks between).

    Raises
    ------
    DataError
        A column is missing, or a cell is blank; every line is listed.
    """
    try:
        return _placement(csv.DictReader(io.StringIO(text)), source)
    except csv.Error as error:
        raise DataError(f"{source} is no CSV of machine and role: {error}") from None


def _placement(reader: "csv.DictReader[str]", source: str) -> dict[str, list[str]]:
    columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    role = columns.get("roles", columns.get("role"))
    if "machine" not in columns or role is None:
        raise DataError(f"{source} line 1: expected the columns machine and role, found {', '.join(columns) or 'none'}")
    placement: dict[str, list[str]] = {}
    wrong = []
    for row in reader:
        name, runs = (row[columns["machine"]] or "").strip(), (row[role] or "").replace(";", " ").split()
        if name and runs:
            placement.setdefault(name, []).extend(runs)
        else:
            wrong.append(
                f"{source} line {reader.line_num}: expected a machine and its role, found '{name}' and '{runs}'"
            )
    if wrong:
        raise DataError(wrong)
    return placement


def _plan(problem: Problem, placement: Mapping[str, Sequence[str]]) -> Plan:
    """Return the plan of a placement that holds."""
    resources = list(problem.catalogue.resources)
    found = problem.pool.find(placement)
    machines = dict(zip(found, problem.pool.take(list(found.values())), strict=True))
    assignments = []
    for name, roles in placement.items():
        machine = machines[name]
        counts = tuple((role, list(roles).count(role)) for role in problem.counts if role in roles)
        fitting = next(
            pattern
            for pattern in patterns(problem)
            if pattern.roles == counts
            and all((machine.capacity[r] or 0) >= least for r, least in zip(resources, pattern.least, strict=True))
        )
        assignments.append(assign(problem, name, machine, fitting))
    return assembled(problem, assignments)


def _claims(form: PlanForm, problem: Problem, plan: Plan) -> list[str]:
    """Return each claim that is not what the pool says."""
    cost = None if plan.cost is None else str(plan.cost)
    wrong = []
    if form.level != problem.level:
        wrong.append(f"level: the plan says {form.level}, its deployment asks for {problem.level}")
    if form.rules != [sentence(rule) for rule in problem.rules]:
        wrong.append("rules: the plan lists others than its deployment asks for")
    if form.currency != problem.pool.currency:
        wrong.append(f"currency: the plan says {form.currency}, the pool {problem.pool.currency}")
    if (names := tuple(each.name for each in form.objectives)) != problem.objectives:
        wrong.append(f"objectives: the plan has {', '.join(names)}, asked is {', '.join(problem.objectives)}")
    if form.servers != plan.servers:
        wrong.append(f"servers: the plan says {form.servers}, it uses {plan.servers}")
    if form.cost != cost:
        wrong.append(f"cost: the plan says {form.cost}, by the pool it is {cost}")
    for objective in form.objectives:
        value = plan.servers if objective.name == "servers" else cost
        if objective.value != value:
            wrong.append(f"objective {objective.name}: the plan says {objective.value}, it is {value}")
    said = {each.machine: each.model_dump(exclude_unset=True) for each in form.assignments or ()}
    for each in plan.assignments:
        for key, value in assignment(plan, each).items():
            if said[each.name].get(key) != value:
                wrong.append(f"{each.name}, {key}: the plan says {said[each.name].get(key)}, by the pool it is {value}")
    return wrong


def _holds(problem: Problem, plan: Plan) -> str:
    size = f"{plan.servers} servers" + ("" if plan.cost is None else f", cost {plan.cost:,}")
    return f"holds: {size}, {len(problem.rules)} rules kept"
