"""A result as one JSON document, of the form in `plan_form`."""

import json
from typing import TYPE_CHECKING, Any

from obplace.alike import wrapped
from obplace.billed import purchase
from obplace.certificate_form import to_json as certificate_json
from obplace.fleet_form import FleetCertificate
from obplace.fleet_form import to_json as fleet_json
from obplace.notes import notes
from obplace.plan import Assignment, Objective, Plan, money
from obplace.rules import sentence

if TYPE_CHECKING:
    from obplace.result import Result

SCHEMA = "obplace.plan/1"


def to_document(result: "Result") -> dict[str, Any]:
    """Return the document: no times, hosts or versions in it, so that equal results are equal bytes.

    Capacities and uses are integers (millicores, bytes, bit/s; a storage class is 0 hdd, 1 ssd, 2 nvme), money
    is text with all its digits.
    """
    plan, problem = result.plan, result.problem
    cost = None if plan is None else plan.cost
    return {
        "schema": SCHEMA,
        "status": result.status.value,
        "catalogue": problem.catalogue.name,
        "level": problem.level,
        "proof": None if result.proof is None else result.proof.value,
        "reasons": list(result.reasons),
        "objectives": [_objective(result, each) for each in result.objectives],
        "servers": None if plan is None else plan.servers,
        "cost": None if cost is None else str(cost),
        "currency": problem.pool.currency,
        "rules": [sentence(rule) for rule in problem.rules],
        "notes": list(notes(result)),
        "deployment": problem.deployment.said(),
        **_bill(plan),
        "assignments": None if plan is None else [assignment(plan, each) for each in plan.assignments],
        "certificate": _certificate(result),
    }


def to_json(result: "Result") -> str:
    """Return the document as text, one line a server, and one for the certificate."""
    document = to_document(result)
    servers, certificate = document.pop("assignments"), document.pop("certificate")
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
    lines = ",\n".join("  " + json.dumps(each, ensure_ascii=False, allow_nan=False) for each in servers or ())
    placed = "null" if servers is None else f"[\n{lines}\n ]"
    proof = json.dumps(certificate, ensure_ascii=False, separators=(",", ":"))
    return f'{text[:-2]},\n "assignments": {placed},\n "certificate": {proof}\n}}\n'


def _bill(plan: Plan | None) -> dict[str, Any]:
    if plan is None or plan.bill is None:
        return {}
    return {"bill": [purchase(each, plan.price_decimals) for each in plan.bill]}


def _certificate(result: "Result") -> dict[str, Any] | None:
    match result.certificate:
        case None:
            return None
        case FleetCertificate():
            made = fleet_json(result.certificate)
        case _:
            made = certificate_json(result.certificate)
    return made if result.alike is None else wrapped(made)


def _objective(result: "Result", objective: Objective) -> dict[str, Any]:
    def amount(value: int | None) -> int | str | None:
        if value is None or objective.name != "cost":
            return value
        return str(money(value, result.problem.pool.price_decimals))

    found = {"name": objective.name, "value": amount(objective.value), "bound": amount(objective.bound)}
    return found if objective.certified is None else found | {"certified": amount(objective.certified)}


def assignment(plan: Plan, each: Assignment) -> dict[str, Any]:
    """Return what a document says of one machine of a plan."""
    price = each.machine.price
    return {
        "machine": each.name,
        "roles": list(each.roles),
        "ip": each.machine.ip,
        **each.machine.domains,
        "cost": None if price is None else str(plan.money(price)),
        "capacity": dict(each.machine.capacity),
        "used": {name: used for name, used in each.used.items() if used},
    }
