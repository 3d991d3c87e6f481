"""Check a plan that comes from a file: its placement by `verify`, and all that it claims against the pool."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from obplace.alike import SCHEMA as ALIKE
from obplace.billed import purchase
from obplace.document import assignment
from obplace.errors import DataError
from obplace.fleet_form import SCHEMA as FLEET
from obplace.kernel import assembled, assign, in_zone
from obplace.patterns import Pattern, patterns, together
from obplace.plan import Plan, objective_values
from obplace.plan_form import PlanForm
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.proven import other_pool, proven
from obplace.rules import Graded, sentence
from obplace.shortage import shortages, why_not
from obplace.verify import verify
from obplace.words import plain

CHECKER = "claims.py, able.py and certificate.py"
FLEETS = "able.py, holding.py, sifting.py and fleet_certificate.py"


@dataclass(frozen=True)
class Report:
    """What a check found wrong; where nothing is, in one line what holds, what is proven, and the plan if there is one.

    ``proven`` has a sentence for each thing that the certificate proves, and for what that rests on.
    """

    findings: tuple[str, ...]
    holds: str
    plan: Plan | None = None
    proven: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placement:
    """Who runs what, as a file says it: by machine the roles, one for each copy, and the zone that it is given."""

    roles: Mapping[str, Sequence[str]]
    zones: Mapping[str, str] = field(default_factory=dict)


def check_document(form: PlanForm, problem: Problem) -> Report:
    """Check a plan as JSON: it holds, what it says of servers, cost and machines is so, and its certificate proves it.

    Soundness rests on the pool given: every bound is computed anew. That the pool is another one than the plan was made
    for is said where something is wrong, and is wrong by itself.
    """
    if form.assignments is None:
        return _check_nothing(form, problem)
    placement = Placement(
        {each.machine: each.roles for each in form.assignments},
        {each.machine: each.zone for each in form.assignments if each.zone is not None},
    )
    if len(placement.roles) < len(form.assignments):
        return Report(("a machine stands in the plan twice",), "")
    if findings := [str(violation) for violation in verify(problem, placement.roles, placement.zones)]:
        return Report((*other_pool(form, problem), *findings), "")
    plan = _plan(problem, placement)
    if findings := [*other_pool(form, problem), *_claims(form, problem, plan)]:
        return Report(tuple(findings), "")
    proof = proven(form, problem, objective_values(problem, plan))
    if proof.findings:
        return Report(proof.findings, "")
    trusted = (_trusted(form, problem),) if proof.sentences else ()
    return Report((), _holds(problem, plan, _optimality(form, proof.whole)), plan, (*proof.sentences, *trusted))


def check_placement(problem: Problem, placement: Placement) -> Report:
    """Check a placement that somebody made by hand."""
    findings = tuple(str(violation) for violation in verify(problem, placement.roles, placement.zones))
    if findings:
        return Report(findings, "")
    plan = _plan(problem, placement)
    return Report((), _holds(problem, plan, "optimality not claimed"), plan)


def _check_nothing(form: PlanForm, problem: Problem) -> Report:
    """Check a document without a plan: its certificate proves that there is none."""
    if form.status != "infeasible" or form.certificate is None:
        without = "no plan" if form.status != "infeasible" else "neither plan nor certificate"
        return Report((f"nothing to check: the document says {form.status} and holds {without}",), "")
    reasons = shortages(problem)
    if tuple(form.reasons) == (longer := why_not(problem, reasons)):
        reasons = longer
    findings = [*other_pool(form, problem), *_asked(form, problem)]
    if tuple(form.reasons) != reasons:
        findings.append(f"reasons: the document gives others than those on this pool: {'; '.join(reasons)}")
    if (form.servers, form.cost) != (None, None) or any(
        (each.value, each.bound) != (None, None) for each in form.objectives
    ):
        findings.append("servers, cost and objectives: where there is no plan they are null")
    if findings:
        return Report(tuple(findings), "")
    proof = proven(form, problem, None)
    if proof.findings:
        return Report(proof.findings, "")
    why = map(plain, reasons)  # they name machines and domains as the pool has them
    return Report((), "holds: no plan exists, proven", None, (*proof.sentences, *why, _trusted(form, problem)))


def _optimality(form: PlanForm, whole: bool) -> str:
    match form.status, form.proof:
        case _ if whole:
            return "proven optimal"
        case "optimal", None:
            return "optimality not proven here"
        case "optimal", _:
            return "optimality not claimed by a certificate"
        case _:
            return "optimality not claimed"


def _checker(certificate: Mapping[str, Any]) -> str:
    """Return the files that check a certificate."""
    match certificate.get("schema"):
        case schema if schema == ALIKE:
            return f"alike.py, {_checker(certificate['certificate'])}"
        case schema if schema == FLEET:
            return FLEETS
        case _:
            return CHECKER


def _trusted(form: PlanForm, problem: Problem) -> str:
    checker = _checker(form.certificate or {})
    return (
        f"this trusts the reader of the pool, the catalogue {problem.catalogue.name}, what the deployment's words are "
        f"taken to mean, and the checker: {checker}"
    )


def read_placement(text: str, source: str) -> Placement:
    """Return the placement in a CSV with the columns machine, role (or roles, with blanks between), and maybe zone.

    Raises
    ------
    DataError
        A column is missing, a cell is blank, or a machine has two zones; every line is listed.
    """
    try:
        return _placement(csv.DictReader(io.StringIO(text)), source)
    except csv.Error as error:
        raise DataError(f"{source} is no CSV of machine and role: {error}") from None


def _placement(reader: "csv.DictReader[str]", source: str) -> Placement:
    columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    role = columns.get("roles", columns.get("role"))
    if "machine" not in columns or role is None:
        raise DataError(f"{source} line 1: expected the columns machine and role, found {', '.join(columns) or 'none'}")
    roles: dict[str, list[str]] = {}
    zones: dict[str, str] = {}
    wrong = []
    for row in reader:
        name, runs = (row[columns["machine"]] or "").strip(), (row[role] or "").replace(";", " ").split()
        zone = (row[columns["zone"]] or "").strip() if "zone" in columns else ""
        line = f"{source} line {reader.line_num}"
        if not name or not runs:
            wrong.append(f"{line}: expected a machine and its role, found '{name}' and '{runs}'")
        elif zone and zones.setdefault(name, zone) != zone:
            wrong.append(f"{line}: {name} is in zone '{zone}', and in '{zones[name]}' before: a machine has one zone")
        else:
            roles.setdefault(name, []).extend(runs)
    if wrong:
        raise DataError(wrong)
    return Placement(roles, zones)


def _plan(problem: Problem, placement: Placement) -> Plan:
    """Return the plan of a placement that holds."""
    found = problem.pool.find(placement.roles)
    machines = dict(zip(found, problem.pool.take(list(found.values())), strict=True))
    possible = _possible(problem, placement)
    steps = _steps(problem, placement)
    assignments = []
    for name, roles in placement.roles.items():
        machine = in_zone(machines[name], placement.zones.get(name))
        counts = tuple((role, list(roles).count(role)) for role in problem.counts if role in roles)
        fitting = next(pattern for pattern in possible[counts] if _fits(problem, pattern, machine, steps))
        assignments.append(assign(problem, name, machine, fitting))
    return assembled(problem, assignments)


def _possible(problem: Problem, placement: Placement) -> dict[tuple[tuple[str, int], ...], list[Pattern]]:
    """Return what the machines of a placement run as patterns, by roles and their copies."""
    possible: defaultdict[tuple[tuple[str, int], ...], list[Pattern]] = defaultdict(list)
    if problem.catalogue.free and not problem.zoned and not any(isinstance(rule, Graded) for rule in problem.rules):
        # What roles need together is what each needs: nothing has to be looked up among all that could share.
        for roles in placement.roles.values():
            pattern = together(problem, Counter(roles))
            possible[pattern.roles] = [pattern]
    else:
        for pattern in patterns(problem):
            possible[pattern.roles].append(pattern)
    return possible


def _fits(problem: Problem, pattern: Pattern, machine: Machine, steps: Mapping[str, int]) -> bool:
    """Can the machine run the pattern, in its zone and with what its roles need where these steps hold?"""
    return (
        pattern.zone in (None, machine.domains.get("zone"))
        and all(steps[role] == step for role, step in pattern.grades)
        and all(
            (machine.capacity[resource] or 0) >= least
            for resource, least in zip(problem.catalogue.resources, pattern.least, strict=True)
        )
    )


def _steps(problem: Problem, placement: Placement) -> dict[str, int]:
    """Return by role which step of its needs holds, where these go by the copies of another one that run."""
    running = Counter(role for roles in placement.roles.values() for role in roles)
    return {
        rule.role: next(number for number, step in enumerate(rule.steps) if step.low <= running[rule.by] <= step.high)
        for rule in problem.rules
        if isinstance(rule, Graded)
    }


def _claims(form: PlanForm, problem: Problem, plan: Plan) -> list[str]:
    """Return each claim that is not what the pool says."""
    cost = None if plan.cost is None else str(plan.cost)
    wrong = _asked(form, problem)
    if form.reasons:
        wrong.append("reasons: they say why there is no plan, and there is one")
    if form.servers != plan.servers:
        wrong.append(f"servers: the plan says {form.servers}, it uses {plan.servers}")
    if form.cost != cost:
        wrong.append(f"cost: the plan says {form.cost}, by the pool it is {cost}")
    bill = None if plan.bill is None else [purchase(each, plan.price_decimals) for each in plan.bill]
    if (None if form.bill is None else [each.model_dump() for each in form.bill]) != bill:
        wrong.append("bill: the plan lists other purchases than its machines and the offers make")
    values = {**objective_values(problem, plan), "cost": cost}
    for objective in form.objectives:
        value = values[objective.name]
        if objective.value != value:
            wrong.append(f"objective {objective.name}: the plan says {objective.value}, it is {value}")
        elif objective.bound is not None and Decimal(objective.bound) > Decimal(value or 0):
            wrong.append(f"objective {objective.name}: a bound of {objective.bound} is above its value {value}")
        elif form.status == "optimal" and objective.bound != value:
            wrong.append(f"objective {objective.name}: the plan says it is best, with a bound of {objective.bound}")
    said = {each.machine: each.model_dump(exclude_unset=True) for each in form.assignments or ()}
    for each in plan.assignments:
        known = assignment(plan, each)
        for key in dict.fromkeys((*known, *said[each.name])):
            value = known.get(key)
            if said[each.name].get(key) != value:
                wrong.append(f"{each.name}, {key}: the plan says {said[each.name].get(key)}, by the pool it is {value}")
    return wrong


def _asked(form: PlanForm, problem: Problem) -> list[str]:
    """Return where the document repeats its own question wrongly."""
    wrong = []
    if form.level != problem.level:
        wrong.append(f"level: the plan says {form.level}, its deployment asks for {problem.level}")
    if form.rules != [sentence(rule) for rule in problem.rules]:
        wrong.append("rules: the plan lists others than its deployment asks for")
    if form.currency != problem.pool.currency:
        wrong.append(f"currency: the plan says {form.currency}, the pool {problem.pool.currency}")
    if (names := tuple(each.name for each in form.objectives)) != problem.objectives:
        wrong.append(f"objectives: the plan has {', '.join(names)}, asked is {', '.join(problem.objectives)}")
    return wrong


def _holds(problem: Problem, plan: Plan, optimality: str) -> str:
    size = f"{plan.servers} servers" + ("" if plan.cost is None else f", cost {plan.cost:,}")
    return f"holds: {size}, {len(problem.rules)} rules kept; {optimality}"
