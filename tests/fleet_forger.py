"""A forger of plans of fleets: it tampers with rows, prices and trees, and claims more than is true.

All that would give it away is put right, as by the forger of other plans; what it claims is judged by the oracle.
"""

import json
from collections.abc import Sequence
from random import Random
from typing import Any
from unittest.mock import patch

from obplace.catalogue.load import build
from obplace.check import Placement, _plan, check_document
from obplace.deployment import Deployment
from obplace.document import to_document
from obplace.fingerprint import fingerprint
from obplace.fleet_certificate import fleet_bound
from obplace.fleet_form import SCHEMA, leaves, parse
from obplace.generated import generated
from obplace.holding import STATES
from obplace.plan import Objective, Proof, Status, objective_values
from obplace.plan_form import PlanForm
from obplace.problem import Problem
from obplace.result import Result
from obplace.shortage import shortages
from obplace.verify import verify
from tests.drawn import Drawn
from tests.forger import Case, Forger, Known, Roles, _placed, claimed

TRIES = 25  # forgeries of one plan
EXTRA = 0.3  # share that get rows and splits nobody asked for


class FleetForger(Forger):
    """A true plan of a tiny fleet, or the proof that it has none, and what can be made of it."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"fleet forger {seed}")
        self.drawn = sharing(seed)
        self.result = generated(self.drawn.pose(), threads=1)
        plan = self.result.plan
        self.roles: Roles = {} if plan is None else {each.name: each.roles for each in plan.assignments}
        self.known = {}

    def document(self, problem: Problem, roles: Roles, claims: bool) -> dict[str, Any]:
        """Return the document that claims this plan to be optimal, or that there is none, with everything put right."""
        certificate = self.certificate(problem)
        if not claims:
            nothing = tuple(Objective(name, None, None) for name in problem.objectives)
            result = Result(problem, Status.INFEASIBLE, None, nothing, shortages(problem), Proof.CERTIFICATE)
            document = to_document(result)
            certificate["bound"] = None
        elif verify(problem, roles, {}):
            document = to_document(self.result)  # the contract says no whatever else stands there
        else:
            plan = _plan(problem, Placement(roles))
            values = objective_values(problem, plan)
            objectives = tuple(Objective(name, values[name], values[name]) for name in problem.objectives)
            document = to_document(Result(problem, Status.OPTIMAL, plan, objectives, (), Proof.CERTIFICATE))
            first, second = [*(values[name] for name in problem.objectives), 0][:2]
            certificate["bound"] = first * certificate["unit"] + second
        return document | {"certificate": certificate}

    def certificate(self, problem: Problem) -> dict[str, Any]:
        """Return the true certificate after some tampering, with the fingerprint of the pool."""
        rng = self.rng
        found = json.loads(json.dumps(to_document(self.result)))["certificate"] or {
            "schema": SCHEMA,
            "unit": rng.choice((1, 100)),
            "bound": 0,
            "rows": [],
            "tree": {"scale": 1, "prices": [], "whole": True},
        }
        for _ in range(rng.choice((0, 1, 1, 2, 4))):
            self.tamper(found)
        if rng.random() < EXTRA:
            for _ in range(rng.randint(1, 3)):
                found["rows"].append(self.row(problem))
                self.each_leaf(found["tree"], lambda leaf: leaf["prices"].append(self.price(rng.choice((1, 1 << 20)))))
        if rng.random() < EXTRA:
            found["tree"] = self.split(found["tree"])
        return found | {"fingerprint": fingerprint(problem)}

    def tamper(self, found: dict[str, Any]) -> None:
        """Change a weight, a toll, a price, a scale, the unit, or whether machines are whole."""
        rng = self.rng
        tables = [row["worth"] for row in found["rows"] if row.get("worth")]
        tables += [toll for row in found["rows"] for toll in row.get("tolls", {}).values() if toll]
        match rng.choice(("weight", "weight", "prices", "prices", "scale", "whole", "unit", "cut", "holds")):
            case "weight" if tables:
                table = rng.choice(tables)
                name = rng.choice(list(table))
                table[name] = (1 if table[name] > 0 else -1) * abs(self.price(table[name]))
            case "prices" if found["rows"]:
                number = rng.randrange(len(found["rows"]))

                def change(leaf: dict[str, Any]) -> None:
                    leaf["prices"][number] = self.price(leaf["prices"][number])

                self.each_leaf(found["tree"], change)
            case "scale":
                self.each_leaf(found["tree"], lambda leaf: leaf.update(scale=max(1, abs(self.price(leaf["scale"])))))
            case "whole":
                self.each_leaf(found["tree"], lambda leaf: leaf.update(whole=rng.random() < 0.7))
            case "unit":
                found["unit"] = max(1, found["unit"] + rng.choice((-5, -1, 1, 1000)))
            case "cut":
                for row in found["rows"]:
                    if "roles" in row and len(row["roles"]) > 1:
                        row["roles"].pop(rng.randrange(len(row["roles"])))
            case _:
                for row in found["rows"]:
                    if "worth" in row:
                        hold = {"most": rng.randint(0, 9), "surrogates": [[rng.randint(0, 9), rng.randint(0, 9)]]}
                        row["holds"] = {rng.choice(self.drawn.rows)["machine"]: hold}

    def row(self, problem: Problem) -> dict[str, Any]:
        """Return a row of chance."""
        rng = self.rng
        roles = rng.sample(list(problem.counts), rng.randint(1, len(problem.counts)))
        if rng.random() < 0.5:
            return {"roles": roles, "resource": rng.choice((None, "units", "blocks", "grade"))}
        domains = [f"r{n}" for n in range(1, 4)]
        tolls = {rng.choice(domains): -rng.randint(0, 9)} if rng.random() < 0.5 else {}
        return {
            "worth": {role: rng.randint(0, 9) for role in roles},
            "tolls": {str(rng.randrange(len(problem.rules))): tolls} if tolls else {},
            "holds": {},
        }

    def split(self, tree: dict[str, Any]) -> dict[str, Any]:
        """Return a fork over a tree, sometimes with a half that claims too much."""
        rng = self.rng
        high = json.loads(json.dumps(tree))
        if rng.random() < 0.5:
            self.each_leaf(high, lambda leaf: leaf.update(prices=[2 * price for price in leaf["prices"]]))
        name = rng.choice(self.drawn.rows)["machine"]
        return {"like": name, "at": rng.randint(0, 2), "low": tree, "high": high}

    def each_leaf(self, node: dict[str, Any], change: Any) -> None:
        """Change every leaf of a tree."""
        if "like" in node:
            self.each_leaf(node["low"], change)
            self.each_leaf(node["high"], change)
        else:
            change(node)


def accepted(document: dict[str, Any], problem: Problem) -> bool:
    """Does the checker accept the document as it stands, read as a file is?"""
    try:
        form = PlanForm.model_validate(json.loads(json.dumps(document)))
    except ValueError:
        return False
    return not check_document(form, problem).findings


def proves_more(certificate: dict[str, Any], problem: Problem, known: Known) -> bool:
    """Does it prove a bound above the optimum, if that is asked of it, or that there is no plan where there is one?"""
    if known is None:
        return False
    first, second = [*known, 0][:2]
    whole = first * certificate["unit"] + second
    try:
        bound = fleet_bound(problem, parse(certificate | {"bound": whole + 1}))
    except ValueError:
        return False
    return bound is None or bound > whole


def judged(seed: int) -> Case:
    """Return the row of a case: what the checker accepts of the forgeries of one plan is true.

    For every other seed what machines hold is found as where a programme would be too large: by going through sets.
    """
    with patch("obplace.holding.STATES", 1 if seed % 2 else STATES):
        return _judged(FleetForger(seed))


def _judged(forger: FleetForger) -> Case:
    counts = dict.fromkeys(("false", "accepted"), 0)
    wrong: list[str] = []
    for number, (document, drawn, problem) in zip(range(TRIES), forger.documents(), strict=False):
        true = claimed(document, problem) == forger.truth(problem, drawn) and _placed(document, problem)
        taken = accepted(document, problem)
        counts["false"] += not true
        counts["accepted"] += taken
        if taken and not true:
            wrong.append(f"forgery {number} is accepted: {claimed(document, problem)}")
        if proves_more(document["certificate"], problem, forger.truth(problem, drawn)):
            wrong.append(f"forgery {number} is accepted by itself")
    certificate = to_document(forger.result)["certificate"]
    return {
        "machines": len(forger.drawn.rows),
        "kinds": " ".join(sorted({type(rule).__name__ for rule in forger.result.problem.rules})),
        "status": str(forger.result.status),
        "proof": str(forger.result.proof or ""),
        "tree": int(certificate is not None and leaves(parse(certificate).tree) > 1),
        "of_whole_machines": int(certificate is not None and '"whole": true' in json.dumps(certificate)),
        "forgeries": TRIES,
        "false": counts["false"],
        "accepted": counts["accepted"],
        "outcome": "; ".join(wrong) or "same",
    }


def table(rows: Sequence[dict[str, str]]) -> dict[str, object]:
    """Return how many forgeries there were, claimed what is false, and were accepted."""
    whole = {name: sum(int(row[name] or 0) for row in rows) for name in ("forgeries", "false", "accepted")}
    whole["plans with a tree"] = sum(int(row["tree"] or 0) for row in rows)
    whole["plans of whole machines"] = sum(int(row["of_whole_machines"] or 0) for row in rows)
    return {**whole, "false and accepted": sum(row["outcome"].count("is accepted") for row in rows)}


def sharing(seed: int) -> Drawn:
    """Return a tiny question of a free catalogue: two resources that add up, one that does not, and rules."""
    rng = Random(seed)
    names = ["web", "db", "cache", "queue", "cron"][: rng.randint(2, 4)]
    roles = [
        {
            "name": name,
            "max_per_machine": rng.choice((1, 2, 3)),
            "minimum": {
                "only": {
                    "needs": {
                        "units": str(rng.randint(1, 9)),
                        "blocks": str(rng.choice((0, 5, 10, 20))),
                        "grade": str(rng.randint(0, 2)),
                    }
                }
            },
        }
        for name in names
    ]
    kit = build(
        {
            "name": "random",
            "title": "random",
            "source": "a random draw",
            "levels": ["only"],
            "colocation": "free",
            "resources": {
                "units": {"kind": "count", "combine": "sum"},
                "blocks": {"kind": "count", "combine": "sum"},
                "grade": {"kind": "count", "combine": "max"},
            },
            "roles": roles,
            "sharing": [],
        }
    )
    machines = [
        {
            "machine": f"m{number}",
            "units": str(rng.choice((6, 9, 12, 16))),
            "blocks": str(rng.choice((10, 20, 40))),
            "grade": str(rng.randint(0, 2)),
            "rack": f"r{rng.randint(1, 3)}",
            "cost": str(rng.choice((3, 4, 5, 7, 9))),
            "quantity": str(rng.choice((1, 1, 1, 2))),
        }
        for number in range(rng.randint(5, 9))
    ]
    said: dict[str, Any] = {
        "roles": {name: rng.randint(1, 3) for name in names},
        "minimize": rng.choice((("cost",), ("servers",), ())),
    }
    if rng.random() < 0.4:
        said["apart"] = (f"{names[0]}:{names[1]}",)
    if rng.random() < 0.4:
        said["limit"] = {f"{names[0]}.rack": rng.randint(1, 2)}
    if rng.random() < 0.2:
        said["headroom"] = "10%"
    if rng.random() < 0.2:
        said["ban"] = ("m0",)
    return Drawn(kit, Deployment(**said), tuple(machines), {})
