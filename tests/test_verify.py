from collections.abc import Sequence
from random import Random
from typing import Any

from obplace.problem import Problem
from obplace.solver import Solver
from obplace.verify import verify
from tests.oracle import holds
from tests.problems import draw
from tests.tiny import catalogue, tiny

WEB = catalogue({"web": 10})
PAIR = catalogue({"web": 10, "db": 20}, added=[("web", "db")])
Placement = dict[str, Sequence[str]]


def machines(*units: int, **columns: Sequence[Any]) -> list[dict[str, Any]]:
    """Return machines a, b, ... of so many units, with further columns."""
    rows = [{"machine": name, "units": amount} for name, amount in zip("abcdef", units, strict=False)]
    return [row | {name: cells[i] for name, cells in columns.items()} for i, row in enumerate(rows)]


def said(problem: Problem, placement: Placement) -> list[str]:
    """Return the violations as text."""
    return [str(violation) for violation in verify(problem, placement)]


def test_too_small():
    """Ten units are needed: nine are too few, ten enough, an unknown number is too few."""
    problem = tiny(WEB, [*machines(9, 10), {"machine": "c", "units": None}])

    assert said(problem, {"a": ["web"]}) == ["web: 10 of units: a has 9"]
    assert said(problem, {"c": ["web"]}) == ["web: 10 of units: c has an unknown amount"]
    assert said(problem, {"b": ["web"]}) == []


def test_added_needs():
    """A guest's needs add to its host's: 10 + 20 units."""
    problem = tiny(PAIR, machines(29, 30))

    assert said(problem, {"a": ["web", "db"]}) == ["web and db: 30 of units: a has 29"]
    assert said(problem, {"b": ["web", "db"]}) == []


def test_included_needs():
    """Of included needs the larger counts, 20 units, and what the user raised is added: 5 more."""
    roles = catalogue({"web": 10, "db": 20}, included=[("web", "db")])
    raised = tiny(roles, machines(24, 25), minimum={"web.units": "15"})

    assert said(tiny(roles, machines(20)), {"a": ["web", "db"]}) == []
    assert said(raised, {"a": ["web", "db"]}) == ["web and db: 25 of units: a has 24"]
    assert said(raised, {"b": ["web", "db"]}) == []


def test_either_role_may_be_the_host():
    """Where each may be the guest of the other, it is enough that the needs fit in one of the two ways."""
    roles = catalogue({"web": 10, "db": 20}, included=[("web", "db")], added=[("db", "web")])

    assert said(tiny(roles, machines(20)), {"a": ["web", "db"]}) == []  # web in db: 20; db beside web: 30


def test_headroom():
    """With 20 % left free a machine of 13 units has 10.4, one of 12 has 9.6."""
    problem = tiny(WEB, machines(12, 13), headroom="20%")

    assert said(problem, {"a": ["web"]}) == ["web: 10 of units: a has 12"]
    assert said(problem, {"b": ["web"]}) == []


def test_tolerance():
    """With 10 % tolerance nine units pass for ten, and eight do not."""
    problem = tiny(WEB, machines(8, 9), tolerance={"units": "10%"})

    assert said(problem, {"a": ["web"]}) == ["web: 10 of units: a has 8"]
    assert said(problem, {"b": ["web"]}) == []


def test_sharing():
    """Roles that are not listed as a pair do not share; where sharing is free they do."""
    problem = tiny(catalogue({"web": 10, "db": 20}), machines(30, 30))

    assert said(problem, {"a": ["web", "db"]}) == ["roles that may share a server: a runs web and db"]
    assert said(problem, {"a": ["web"], "b": ["db"]}) == []
    assert said(tiny(catalogue({"web": 10, "db": 20}, free=True), machines(30)), {"a": ["web", "db"]}) == []


def test_two_guests_need_one_host():
    """Two guests of one host may share with it, and not with each other alone."""
    roles = catalogue({"db": 20, "web": 10, "cron": 10}, added=[("web", "db"), ("cron", "db")])
    problem = tiny(roles, machines(40, 40))

    assert said(problem, {"a": ["db", "web", "cron"]}) == []
    assert said(problem, {"a": ["web", "cron"], "b": ["db"]}) == ["roles that may share a server: a runs web and cron"]


def test_copies_on_one_machine():
    """Two copies on one machine break a maximum of one and keep a maximum of two."""
    once, twice = (tiny(catalogue({"web": 10}, most=most), machines(20), roles={"web": 2}) for most in (1, 2))

    assert said(once, {"a": ["web", "web"]}) == ["at most 1 web on a machine: a runs 2"]
    assert said(twice, {"a": ["web", "web"]}) == []


def test_machines_that_must_not_be_used():
    """A machine that is not available, runs something or has no price is not used; `reuse` frees the second."""
    rows = machines(10, 10, 10, 10, available=["no", "", "", ""], runs=["", "db", "", ""], cost=["1", "1", "", "1"])
    problem = tiny(WEB, rows)

    assert said(problem, {"a": ["web"]}) == ["available machines only: a is not available"]
    assert said(problem, {"b": ["web"]}) == ["free machines only: b runs db"]
    assert said(problem, {"c": ["web"]}) == ["priced machines only: c has no price"]
    assert said(problem, {"d": ["web"]}) == []
    assert said(tiny(WEB, rows, reuse=True), {"b": ["web"]}) == []


def test_price_matters_only_where_there_are_prices():
    """In a pool without prices none is needed."""
    assert said(tiny(WEB, machines(10)), {"a": ["web"]}) == []


def test_names():
    """A name must be in the pool; of a row of three machines it says which, and there is no fourth."""
    problem = tiny(WEB, machines(10, 10, quantity=[3, 1]))

    assert said(problem, {"x": ["web"]})[0] == "machines of the pool: there is no x"
    assert said(problem, {"a": ["web"]})[0] == "one name, one machine: a is 3 machines, say a#1"
    assert said(problem, {"a#4": ["web"]})[0] == "machines of the pool: there is no a#4"
    assert said(problem, {"b#1": ["web"]})[0] == "machines of the pool: there is no b#1"
    assert said(problem, {"a#3": ["web"]}) == []


def test_a_server_runs_something():
    """A machine without roles is no server, and a role that nobody asked for runs nowhere."""
    problem = tiny(PAIR, machines(30, 30), roles={"db": 0})

    assert said(problem, {"a": ["web"], "b": []}) == ["a server runs something: b runs nothing"]
    assert said(problem, {"a": ["web"], "b": ["db"]}) == ["roles that are asked for: b runs db"]
    assert said(problem, {"a": ["web"]}) == []


def test_racks_of_two_idcs_are_two():
    """Rack r1 of one IDC and rack r1 of another are different racks."""
    rows = machines(10, 10, idc=["n", "s"], rack=["r1", "r1"])
    problem = tiny(WEB, rows, roles={"web": 2}, spread={"web": "rack:2"})

    assert said(problem, {"a": ["web"], "b": ["web"]}) == []


def test_changed_plans_are_judged_as_by_the_oracle():
    """Whatever is moved, dropped or added at random, verify finds something wrong exactly when the oracle does."""
    rng = Random(1)
    verdicts = []
    for seed in range(60):
        problem = draw(seed).pose()
        plan = Solver(threads=1).solve(problem).plan
        placement = {each.name: list(each.roles) for each in plan.assignments} if plan else {}
        for _ in range(25):
            changed = change(rng, problem, placement)
            good = holds(problem, changed)
            assert (verify(problem, changed) == []) is good, (seed, changed, said(problem, changed))
            verdicts.append(good)
    assert sum(verdicts) > len(verdicts) / 20  # some changes leave a plan


def change(rng: Random, problem: Problem, placement: Placement) -> dict[str, list[str]]:
    """Return the placement after one to three small changes."""
    everywhere = problem.pool.take(range(len(problem.pool)))
    names = [
        f"{each.name}#{k + 1}" if each.quantity > 1 else each.name
        for each in everywhere
        for k in range(max(1, each.quantity))
    ]
    changed = {name: list(roles) for name, roles in placement.items()}
    for _ in range(rng.choice((1, 1, 2, 3))):
        used = [name for name in changed if changed[name]]
        here, there = rng.choice(used or names), rng.choice(names)
        match rng.choice(("exchange", "exchange", "move", "add", "drop", "twice")):
            case "exchange":  # two machines change places
                swapped = {here: there, there: here}
                changed = {swapped.get(name, name): roles for name, roles in changed.items()}
            case "move" if used:
                role = rng.choice(changed[here])
                changed[here].remove(role)
                changed.setdefault(there, []).append(role)
            case "drop" if used:
                changed[here].remove(rng.choice(changed[here]))
            case "twice" if used:
                changed[here].append(rng.choice(changed[here]))
            case _:
                changed.setdefault(there, []).append(rng.choice(list(problem.counts)))
        changed = {name: roles for name, roles in changed.items() if roles}
    return changed
