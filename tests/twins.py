"""Random problems with clusters of which some are alike, small enough for the oracle."""

from random import Random
from typing import Any

import pandas as pd

from obplace.alike import Merged, merged
from obplace.catalogue import Catalogue
from obplace.catalogue.load import build
from obplace.check import check_document
from obplace.dealing import dealt
from obplace.deployment import Deployment
from obplace.document import to_json
from obplace.errors import ObplaceError
from obplace.fleet_certificate import FleetCertificate, fleet_bound
from obplace.generated import generated
from obplace.kernel import ALL, Reduction
from obplace.lot import FEW
from obplace.plan import Plan, Status
from obplace.plan_form import read as read_plan
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.result import Result
from obplace.sayable import refused
from obplace.solver import Solver
from obplace.verify import verify
from tests.oracle import best, holds
from tests.oracle_search import Best


def kit(rng: Random) -> Catalogue:
    """Return a catalogue in which clusters are of ``db``, with guests where who shares is listed."""
    free = rng.random() < 0.6
    roles = [
        {
            "name": name,
            "max_per_machine": most if free else 1,
            "minimum": {"only": {"needs": {"units": str(units), "grade": str(rng.randint(0, 1))}}},
        }
        for name, most, units in (("db", rng.choice((1, 2, 2, 3)), rng.randint(2, 4)), ("web", 2, rng.randint(1, 3)))
    ]
    return build(
        {
            "name": "twins",
            "title": "twins",
            "source": "a random draw",
            "levels": ["only"],
            "cluster": "db",
            "colocation": "free" if free else "listed",
            "resources": {
                "units": {"kind": "count", "combine": "sum"},
                "grade": {"kind": "count", "combine": "max"},
            },
            "roles": roles,
            "sharing": [] if free else [{"guest": "web", "host": "db", "how": rng.choice(("added", "included"))}],
        }
    )


def words(rng: Random, free: bool) -> dict[str, Any]:
    """Return what is asked: a table for two clusters, maybe one more, and rules that mostly say the same of each."""
    table: dict[str, Any] = {"count": 2}
    asked: dict[str, Any] = {"clusters": {"cc": table}, "roles": {"web": rng.randint(0, 2)}}
    match rng.randrange(6):
        case 0:
            table["zones"] = "2x1"
        case 1:
            table |= {"zones": "2x1", "count": 3}
        case 2:
            table |= {"copies": 2, "spread": rng.choice(("zone:2", "rack:2"))}
        case 3:
            table["copies"] = "1..2"
        case _:
            table["copies"] = rng.randint(1, 2)
    if table["count"] == 2 and rng.random() < 0.5:
        asked["clusters"]["dd"] = {"copies": rng.randint(1, 2)}
    if rng.random() < 0.5:
        table["limit"] = {rng.choice(("rack", "zone", "idc")): rng.randint(1, 2)}
    if rng.random() < 0.3:
        table["where"] = {"tags": rng.choice(("fast", "!fast"))}
    if rng.random() < 0.2:
        table["minimum"] = {"units": str(rng.randint(2, 5))}
    if rng.random() < 0.2:
        asked["apart"] = (rng.choice(("web:db", "db:web:rack", "web:db@cc_2")),)
    if rng.random() < 0.2:
        asked["total"] = {"db": rng.choice(("..5", "3.."))}
    if rng.random() < 0.15:
        asked["same"] = {"db.arch": rng.choice(("all", "zone"))}
    if rng.random() < 0.1:
        asked["spare"] = {"db@cc_1": 1}
    if free and rng.random() < 0.1:
        asked["headroom"] = "10%"
    asked["minimize"] = rng.choice((("cost",), ("servers",), ()))
    return asked


def machines(rng: Random) -> list[dict[str, Any]]:
    """Return machines in racks that mostly lie within a zone; now and then a domain or the architecture is unknown."""
    crossing = rng.random() < 0.15
    kinds = rng.choice((("x86",), ("x86", "arm")))
    found = []
    for number in range(rng.randint(4, 6)):
        zone = rng.randint(1, 2)
        rack = rng.randint(1, 2) if crossing else 2 * zone + rng.randint(0, 1)
        found.append(
            {
                "machine": f"m{number}",
                "units": str(rng.choice((4, 6, 8, 12))),
                "grade": str(rng.randint(0, 2)),
                "cost": str(rng.choice((3, 4, 5, 7, 9))),
                "zone": f"z{zone}",
                "idc": f"i{zone}" if rng.random() < 0.98 else "i9",
                "rack": f"r{rack}" if rng.random() < 0.95 else None,
                "arch": rng.choice(kinds) if rng.random() < 0.95 else None,
                "tags": rng.choice(("fast", "", "", "fast,new")),
                "quantity": str(rng.choice((1, 1, 1, 2))),
            }
        )
    return found


def twins(seed: int) -> Problem | None:
    """Return the problem of a seed; None where its words contradict one another or its pool."""
    rng = Random(seed)
    book = kit(rng)
    asked = words(rng, book.free)
    frame = pd.DataFrame(machines(rng))
    try:
        return pose(book, Deployment(**asked), Pool.from_frame(frame, book.kinds))
    except ObplaceError:
        return None


def alike(seed: int) -> Problem:
    """Return the first problem from a seed on in which clusters are made one."""
    while (problem := twins(seed)) is None or merged(problem) is None:
        seed += 1_000_000
    return problem


def judged(problem: Problem) -> list[str]:
    """Return what is wrong with the solve in which clusters that are alike are one role; nothing where it is right."""
    known = best(problem)
    wrong = []
    for name, reductions in (("together", ALL), ("one by one", ALL - {Reduction.ALIKE})):
        result = Solver(threads=1, reductions=reductions).solve(problem)
        found = tuple(each.value for each in result.objectives) if result.plan else None
        if found != (known.objectives if known else None):
            wrong.append(f"{name}: {found} instead of {known}")
        if result.status is not (Status.OPTIMAL if known else Status.INFEASIBLE):
            wrong.append(f"{name}: status {result.status}")
        if result.proof is None:
            wrong.append(f"{name}: unproven")
        if name == "together":
            wrong += _held(problem, result)
    return wrong + _generated(problem, known)


def _generated(problem: Problem, known: Best | None) -> list[str]:
    """Return what is wrong where the problem is solved by column generation, in which every rule has to be sayable."""
    same = merged(problem)
    if same is None or any(refused(same.problem)):
        return []
    return [*_by_columns(problem, same, known, 0), *_by_columns(problem, same, known, FEW)]


def _by_columns(problem: Problem, same: Merged, known: Best | None, few: int) -> list[str]:
    """Return what is wrong where so many stands are few."""
    result = generated(same.problem, time_limit=20, threads=1, few=few)
    found = tuple(each.value for each in result.objectives) if result.plan else None
    wrong = []
    if found != (known.objectives if known else None):
        wrong.append(f"generated: {found} instead of {known}")
    if known and any(
        each.bound is not None and each.bound > value
        for each, value in zip(result.objectives, known.objectives, strict=True)
    ):
        wrong.append(f"generated: a bound of {result.objectives} lies above {known}")
    if result.plan and violations(problem, dealt(same, result.plan)):
        wrong.append("generated: what is dealt out breaks a rule")
    if isinstance(result.certificate, FleetCertificate):
        whole = fleet_bound(same.problem, result.certificate)
        if known and whole > known.objectives[0] * result.certificate.unit + sum(known.objectives[1:]):
            wrong.append("generated: a certificate proves more than there is")
    return wrong


def violations(problem: Problem, plan: Plan) -> list[str]:
    """Return what a plan breaks."""
    return [str(each) for each in verify(problem, {each.name: each.roles for each in plan.assignments})]


def _held(problem: Problem, result: Result) -> list[str]:
    """Return what the oracle and the checker of documents say against a result."""
    wrong = list(check_document(read_plan(to_json(result), "plan.json"), problem).findings)
    if result.plan and not holds(problem, {each.name: each.roles for each in result.plan.assignments}):
        wrong.append("the oracle does not accept the plan")
    return wrong
