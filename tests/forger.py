"""A forger of plans: it claims more than is true, tampers with the proof, and puts right all that gives it away.

Whatever it changes, the values, fingerprint, rules and each machine's cells in the document are those of the pool that
it is submitted with. What it claims is judged by the tests' oracle, which goes through every placement.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from obplace.certificate_form import SCHEMA, Fork, parse
from obplace.check import Placement, _plan, check_document
from obplace.document import to_document
from obplace.errors import ObplaceError
from obplace.fingerprint import fingerprint
from obplace.plan import Objective, Proof, Status, objective_values
from obplace.plan_form import PlanForm
from obplace.problem import Problem
from obplace.result import Result
from obplace.shortage import shortages
from obplace.solver import Solver
from obplace.verify import verify
from tests.certified import leaves
from tests.drawn import Drawn, least
from tests.oracle import best, holds
from tests.problems import draw

DRAWS = 4  # problems that are looked at for one with a tree
FAR = 1_000_000  # seeds between them
TRIES = 25  # forgeries of one plan
HONEST = 0.05  # share that claims what is true, and only tampers with the proof

Case = dict[str, str | int | float]
Roles = dict[str, tuple[str, ...]]
Known = tuple[int, ...] | None  # the best objectives, None where there is no plan


class Forger:
    """A true plan of a tiny problem, or the proof that it has none, and what can be made of it."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"forger {seed}")
        self.drawn, self.result = _victim(seed)
        plan = self.result.plan
        self.roles: Roles = {} if plan is None else {each.name: each.roles for each in plan.assignments}
        self.known: dict[int, Known] = {}

    def documents(self) -> Iterator[tuple[dict[str, Any], Drawn, Problem]]:
        """Yield forged documents, each with the question and the pool that it is submitted with."""
        while True:
            drawn, roles, claims = self.drawn, self.roles, self.result.plan is not None
            if self.rng.random() >= HONEST:
                moves = [self.pool, self.pool, self.counts]
                moves += [self.worse, self.worse, self.worse, self.nothing] if claims else [self.counts] * 3
                drawn, roles, claims = self.rng.choice(moves)()
            try:
                problem = drawn.pose()
                document = self.document(problem, roles, claims)
            except ObplaceError:
                continue  # the question contradicts itself now
            yield document, drawn, problem

    def pool(self) -> tuple[Drawn, Roles, bool]:
        """Change a machine, add one like another, or remove one."""
        rng = self.rng
        rows = [dict(row) for row in self.drawn.rows]
        row = rng.choice(rows)
        column = rng.choice([name for name in row if name not in ("machine", "runs", "available")])
        like = rng.choice(rows)
        match rng.choice(("cell", "price", "price", "more", "more", "less")):
            case "cell":
                row[column] = like[column]
            case "price" if "cost" in row:
                row["cost"] = rng.choice(("0", "0.01", "1", "2", "4", "6", "100"))
            case "less" if len(rows) > 1:
                rows.remove(row)
            case _:
                rows.append(
                    dict(like) | {"machine": "new"} | ({"cost": rng.choice(("1", "2"))} if "cost" in row else {})
                )
        return replace(self.drawn, rows=tuple(rows)), self.roles, self.result.plan is not None

    def counts(self) -> tuple[Drawn, Roles, bool]:
        """Ask for one copy more or less, so that a plan has too many or too few, or one where none was possible."""
        said = self.drawn.deployment
        role = self.rng.choice(list(said.roles))
        copies = least(said.roles[role]) + self.rng.choice((-2, -1, -1, 1))
        asked = replace(said, roles={**said.roles, role: max(0, copies)})
        return replace(self.drawn, deployment=asked), self.roles, self.result.plan is not None

    def worse(self) -> tuple[Drawn, Roles, bool]:
        """Move what runs on one machine to another, or a role of it."""
        rng = self.rng
        names = sorted({row["machine"] for row in self.drawn.rows} - self.roles.keys())
        problem = self.drawn.pose()
        for _ in range(20):
            roles = dict(self.roles)
            source = rng.choice(list(roles))
            to = rng.choice([*names, *(name for name in roles if name != source)] or [source])
            moving = tuple(rng.sample(roles[source], rng.randint(1, len(roles[source]))))
            left = list(roles.pop(source))
            for role in moving:
                left.remove(role)
            if left:
                roles[source] = tuple(left)
            roles[to] = (*roles.get(to, ()), *moving)
            if not verify(problem, roles, {}):
                values = objective_values(problem, _plan(problem, Placement(roles)))
                if any(values[each.name] != each.value for each in self.result.objectives):
                    break
        return self.drawn, roles, True

    def nothing(self) -> tuple[Drawn, Roles, bool]:
        """Claim that there is no plan."""
        return self.drawn, {}, False

    def document(self, problem: Problem, roles: Roles, claims: bool) -> dict[str, Any]:
        """Return the document that claims this plan to be optimal, or that there is none, with everything put right."""
        stages = self.stages()
        if not claims:
            nothing = tuple(Objective(name, None, None) for name in problem.objectives)
            result = Result(problem, Status.INFEASIBLE, None, nothing, shortages(problem), Proof.CERTIFICATE)
            document = to_document(result)
            stages = [self.rng.choice(stages) | {"objective": None, "bound": 1}] if stages else []
        elif verify(problem, roles, {}):
            # The contract says no whatever else stands there.
            document = to_document(self.result)
        else:
            plan = _plan(problem, Placement(roles))
            values = objective_values(problem, plan)
            objectives = tuple(Objective(name, values[name], values[name]) for name in problem.objectives)
            document = to_document(Result(problem, Status.OPTIMAL, plan, objectives, (), Proof.CERTIFICATE))
            for stage in stages:
                stage["bound"] = values.get(stage["objective"], 1)
        document["certificate"] = {"schema": SCHEMA, "fingerprint": fingerprint(problem), "stages": stages}
        return document

    def stages(self) -> list[dict[str, Any]]:
        """Return the true stages after some tampering."""
        document = json.loads(json.dumps(to_document(self.result)))["certificate"]
        stages = [] if document is None else document["stages"]
        for _ in range(self.rng.choice((0, 1, 1, 2, 4)) if stages else 0):
            stage = self.rng.choice(stages)
            holder, key = self.rng.choice(list(_nodes(stage, "tree")))
            node = holder[key]
            if "split" in node:
                holder[key] = self.fork(node)
            else:
                self.leaf(node)
        return stages

    def fork(self, node: dict[str, Any]) -> dict[str, Any]:
        """Drop a half, swap the halves, or split elsewhere."""
        match self.rng.choice(("low", "high", "swap", "at", "twice")):
            case "low" | "high" as half:
                return node[half]
            case "swap":
                return {**node, "low": node["high"], "high": node["low"]}
            case "at":
                return {**node, "at": node["at"] + self.rng.choice((-1, 1, 5))}
            case _:
                half = self.rng.choice(("low", "high"))
                return {**node, "low": node[half], "high": json.loads(json.dumps(node[half]))}

    def leaf(self, node: dict[str, Any]) -> None:
        """Change a price of a leaf, all of them, their scale, or which domains it reckons as a whole."""
        rng = self.rng
        tables = [parts for parts in node["prices"].values() if parts]
        if rng.random() < 0.1:
            node["scale"] = rng.choice((-1, 0, 2, 1000))
        elif rng.random() < 0.1:
            rules = range(len(self.result.problem.rules))
            node["blocks"] = rng.choice(([], [rng.choice(rules)], [*node.get("blocks", []), rng.choice(rules)]))
        elif rng.random() < 0.2 or not tables:
            factor = rng.choice((2, 3, -1))
            for parts in tables:
                for name, price in parts.items():
                    parts[name] = (
                        {each: factor * one for each, one in price.items()}
                        if isinstance(price, dict)
                        else factor * price
                    )
        else:
            table = rng.choice(tables)
            name = rng.choice(list(table))
            if isinstance(table[name], dict) and table[name]:
                table, name = table[name], rng.choice(list(table[name]))
            if not isinstance(table[name], dict):
                table[name] = self.price(table[name])

    def price(self, price: int) -> int:
        """Return another price: somewhat, much, or absurdly different."""
        unit = 1 << 20
        changed = (
            price + unit,
            price - unit,
            2 * price,
            price * 3 // 2,
            -price,
            0,
            price + 1,
            price + 7 * unit,
            10**30,
        )
        return self.rng.choice(changed)

    def truth(self, problem: Problem, drawn: Drawn) -> Known:
        """Return the best objectives by the oracle."""
        key = hash((drawn.deployment.__repr__(), json.dumps(drawn.rows)))
        if key not in self.known:
            found = best(problem)
            self.known[key] = None if found is None else tuple(found.objectives)
        return self.known[key]


def _victim(seed: int) -> tuple[Drawn, Result]:
    """Return a problem with its flaws in its rows, and its result: one with more than prices if met, or with a plan."""
    fallback: list[tuple[Drawn, Result]] = []
    for another in range(DRAWS):
        drawn = draw(seed + another * FAR)
        cells = [dict(row) for row in drawn.rows]
        for flaws in drawn.flaws.values():
            for row, column, cell in flaws:
                cells[row][column] = cell
        drawn = replace(drawn, rows=tuple(cells), flaws={})
        result = Solver(threads=1).solve(drawn.pose())
        stages = () if result.certificate is None else result.certificate.stages
        if any(isinstance(stage.tree, Fork) or stage.tree.blocks for stage in stages):
            return drawn, result
        fallback.append((drawn, result))
    return next((pair for pair in fallback if pair[1].plan is not None and seed % 8), fallback[0])


def _nodes(holder: dict[str, Any], key: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield where each node of a tree stands."""
    yield holder, key
    if "split" in holder[key]:
        yield from _nodes(holder[key], "low")
        yield from _nodes(holder[key], "high")


def accepted(document: dict[str, Any], problem: Problem) -> bool:
    """Does the checker accept the document as it stands, read as a file is?"""
    try:
        form = PlanForm.model_validate(json.loads(json.dumps(document)))
        parse(form.certificate)
    except ValueError:
        return False
    return not check_document(form, problem).findings


def claimed(document: dict[str, Any], problem: Problem) -> Known:
    """Return the objectives that a document claims to be best, in integers; None where it claims that there is none."""
    if document["assignments"] is None:
        return None
    digits = 10**problem.pool.price_decimals
    return tuple(
        round(float(each["value"]) * digits) if each["name"] == "cost" else each["value"]
        for each in document["objectives"]
    )


def _placed(document: dict[str, Any], problem: Problem) -> bool:
    """Does the oracle find nothing wrong with who runs what?"""
    said = document["assignments"]
    return said is None or holds(problem, {each["machine"]: each["roles"] for each in said}, {})


def judged(seed: int) -> Case:
    """Return the row of a case: what the checker accepts of the forgeries of one plan is true."""
    forger = Forger(seed)
    counts = dict.fromkeys(("false", "accepted", "wrong"), 0)
    wrong: list[str] = []
    for number, (document, drawn, problem) in zip(range(TRIES), forger.documents(), strict=False):
        true = claimed(document, problem) == forger.truth(problem, drawn) and _placed(document, problem)
        taken = accepted(document, problem)
        counts["false"] += not true
        counts["accepted"] += taken
        if taken and not true:
            wrong.append(f"forgery {number} is accepted: {claimed(document, problem)}")
    stages = () if forger.result.certificate is None else forger.result.certificate.stages
    return {
        "machines": len(forger.drawn.rows),
        "kinds": " ".join(forger.drawn.kinds),
        "status": str(forger.result.status),
        "proof": str(forger.result.proof or ""),
        "tree": int(any(isinstance(stage.tree, Fork) for stage in stages)),
        "whole": int(any(leaf.blocks for stage in stages for leaf in leaves(stage.tree))),
        "forgeries": TRIES,
        "false": counts["false"],
        "accepted": counts["accepted"],
        "outcome": "; ".join(wrong) or "same",
    }


def table(rows: Sequence[dict[str, str]]) -> dict[str, object]:
    """Return how many forgeries there were, claimed what is false, and were accepted."""
    whole = {name: sum(int(row[name] or 0) for row in rows) for name in ("forgeries", "false", "accepted")}
    whole["plans with a tree"] = sum(int(row["tree"] or 0) for row in rows)
    whole["plans with domains as a whole"] = sum(int(row["whole"] or 0) for row in rows)
    return {**whole, "false and accepted": sum(row["outcome"].count("is accepted") for row in rows)}
