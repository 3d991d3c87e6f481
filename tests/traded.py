"""Random problems with something to trade off, and what must be true of their frontiers."""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from obplace.axes import read, reading
from obplace.errors import ObplaceError
from obplace.pareto import Amount, Between, Frontier
from obplace.plan import Status
from obplace.problem import Problem
from obplace.solver import Solver
from obplace.trade import trade
from obplace.verify import verify
from tests.drawn import Drawn, least
from tests.mixed import mixed
from tests.oracle import holds
from tests.oracle_frontier import Vector, frontier
from tests.problems import plain

FEW = 3  # points, where fewer are asked for than there are
TRIES = 6
MOST = 9  # machines, unless more are drawn


def traded(seed: int) -> tuple[Problem, tuple[str, ...]]:
    """Return the problem of a seed, and the objectives that are traded: each of the pairs, and three, in turn."""
    rng = Random(f"traded {seed}")
    for number in range(TRIES):
        drawn = mixed(seed) if seed % 7 == 0 and not number else plain(rng)
        able = [role for role, copies in drawn.deployment.roles.items() if least(copies)]
        if not able:
            continue  # whatever runs comes from other words
        role = rng.choice(able)
        level = rng.choice(("zone", "rack", "idc"))
        pairs = ("servers", "cost"), ("cost", "spare"), ("cost", f"{role}.{level}"), ("cost", "moves")
        names = (*pairs, ("servers", "cost", "spare"), ("moves", f"{role}.{level}"))[seed % 6]
        try:
            problem = _placed(drawn, rng, names).pose()
            read(problem, names)
        except ObplaceError:
            continue  # words that contradict the new columns
        return problem, names
    raise AssertionError(f"seed {seed} draws nothing that can be traded")


def _placed(drawn: Drawn, rng: Random, names: Sequence[str]) -> Drawn:
    """Return the problem with prices, places and roles of today on its machines, as the objectives read them."""
    roles = [role for role, copies in drawn.deployment.roles.items() if copies]
    words = replace(drawn.deployment, minimize=(), reuse=drawn.deployment.reuse or "moves" in names)
    more_rows = [row | {"machine": f"x{number}"} for number, row in enumerate(rng.choices(drawn.rows, k=MOST))]
    first, dear = next(iter(drawn.catalogue.resources)), rng.random() < 0.7
    largest = max(float(re.match(r"[\d.]*", row[first])[0] or 0) for row in drawn.rows) or 1
    rows = []
    for row in (*drawn.rows, *more_rows)[: max(MOST, len(drawn.rows))]:
        zone = rng.choice(("z1", "z2", "z3"))
        more = {"zone": zone, "idc": "south" if zone == "z3" else "north"}
        more |= {"rack": rng.choice(("r1", "r2"))}
        if "moves" in names:
            more["runs"] = ",".join(rng.sample(roles, min(len(roles), rng.choice((0, 0, 1, 1, 2)))))
        # Large machines are dearer, so that fewer servers may cost more; few prices make ties.
        large = float(re.match(r"[\d.]*", row[first])[0] or 0)
        price = large / largest * 12 if dear else 0
        rows.append({**more, **row, "cost": str(round(price) + rng.randint(1, rng.choice((3, 12))))})
    return replace(drawn, deployment=words, rows=tuple(rows))


def judged(seed: int) -> dict[str, str | int | float]:
    """Return a row of the campaign: the frontier is that of the oracle, whole and in part, without reductions too."""
    problem, names = traded(seed)
    problem = reading(problem, read(problem, names))
    known = frontier(problem, names)
    found = trade(problem, names, solver=Solver(threads=1))
    wrong = [*_differences(found, known), *_faults(found)]
    plain_found = trade(problem, names, solver=Solver(threads=1, reductions=frozenset()))
    if _vectors(plain_found) != _vectors(found):
        wrong.append(f"without reductions {_vectors(plain_found)} instead of {_vectors(found)}")
    if len(known) > FEW:
        wrong += _missed(trade(problem, names, FEW, Solver(threads=1)), known)
    return {
        "catalogue": problem.catalogue.name,
        "machines": len(problem.pool),
        "kinds": ",".join(name if "." not in name else "ROLE.LEVEL" for name in names),
        "status": str(found.status),
        "objectives": "; ".join(" ".join(map(str, vector)) for vector in sorted(known)),
        "points": len(known),
        "outcome": "; ".join(wrong) or "same",
    }


def _vectors(found: Frontier) -> list[Vector]:
    return [tuple(axis.of(found.problem, point.plan) for axis in found.axes) for point in found.points]


def _differences(found: Frontier, known: frozenset[Vector]) -> list[str]:
    vectors = _vectors(found)
    status = Status.OPTIMAL if known else Status.INFEASIBLE
    wrong = [f"status {found.status}"] if found.status is not status else []
    if vectors != sorted(known):
        wrong.append(f"points {vectors} instead of {sorted(known)}")
    return wrong


def _faults(found: Frontier) -> list[str]:
    """Return what is wrong with the plans and their proofs."""
    wrong = []
    for point in found.points:
        placement = {each.name: each.roles for each in point.plan.assignments}
        zones = {each.name: zone for each in point.plan.assignments if (zone := each.machine.domains.get("zone"))}
        if not holds(found.problem, placement, zones) or verify(found.problem, placement, zones):
            wrong.append(f"a plan does not hold: {placement}")
        if not point.proven or point.proof is None:
            wrong.append(f"not proven: {point.values}")
    return wrong


def _missed(found: Frontier, known: frozenset[Vector]) -> list[str]:
    """Return what is wrong with fewer points than there are: each is one of all, and the others lie between them."""
    vectors = set(_vectors(found))
    wrong = [f"{vector} is beaten" for vector in sorted(vectors - known)]
    wrong += [f"{len(vectors)} points, at most {FEW + 1} were asked for"] * (len(vectors) > FEW + 1)
    for vector in sorted(known - vectors):
        values = {axis.name: axis.shown(found.problem, units) for axis, units in zip(found.axes, vector, strict=True)}
        if not any(_lies(values, place, found.more) for place in found.between):
            wrong.append(f"nothing is said of {vector}")
    return wrong


def _lies(values: dict[str, Amount], place: Between, more: frozenset[str]) -> bool:
    """Tell whether amounts are no better than the best that can lie there, and better than the worst."""
    for name, value in values.items():
        best, worst = place.best[name], place.worst[name]
        sign = -1 if name in more else 1
        if (best is not None and sign * value < sign * best) or (worst is not None and sign * value >= sign * worst):
            return False
    return True
