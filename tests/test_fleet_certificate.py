"""What is proven of fleets is checked by itself: rows, prices, trees, and plans that do not exist."""

import json
from collections.abc import Callable, Sequence
from itertools import product
from operator import mul
from random import Random
from typing import Any

import numpy as np
import pytest

import obplace.columns as module
from obplace.catalogue import Catalogue
from obplace.check import Report, check_document
from obplace.document import to_document, to_json
from obplace.fleet_certificate import fleet_bound
from obplace.fleet_form import Fork, parse
from obplace.generated import generated
from obplace.holding import Claim, Group, Holding
from obplace.notes import notes
from obplace.plan import Proof, Status
from obplace.plan_form import PlanForm, read
from obplace.problem import Problem
from obplace.words import headline
from tests.campaign import case, summary
from tests.fleet_forger import TRIES, sharing
from tests.tiny import catalogue, tiny

FREE = catalogue({"web": 5, "db": 4}, most=2, free=True)
FORGED = (1, 2, 4, 57)  # seeds of the campaign of forgeries
SPLIT = 111  # a problem whose certificate has a tree


def machines(*units: int, cost: int = 3) -> list[dict[str, str]]:
    """Return machines with so many units each, all at one price."""
    return [{"machine": f"m{n}", "units": str(each), "cost": str(cost)} for n, each in enumerate(units, start=1)]


def solved(problem: Problem, seconds: float | None = None) -> dict[str, Any]:
    """Return the document of what is found, as a file holds it; without a limit it ends with a proof."""
    found: dict[str, Any] = json.loads(to_json(generated(problem, time_limit=seconds, threads=1)))
    return found


def checked(document: dict[str, Any], problem: Problem) -> Report:
    """Return what the check of a document says."""
    return check_document(read(json.dumps(document), "plan.json"), problem)


@pytest.mark.parametrize("seed", [1, 4, 11, 57, SPLIT])
def test_optimum_is_proven_by_its_certificate(seed: int) -> None:
    """What is said to be proven is proven without a solver, also where CP-SAT had to find it."""
    problem = sharing(seed).pose()
    document = solved(problem)
    report = checked(document, problem)

    assert (document["status"], document["proof"]) == ("optimal", "certificate")
    assert report.findings == ()
    assert report.holds.endswith("proven optimal")
    assert report.proven[-1].endswith("the checker: able.py, holding.py, sifting.py and fleet_certificate.py")


def test_tree_is_walked() -> None:
    """Both halves of a tree are needed: each alone says more than the other half of all plans allows."""
    problem = sharing(SPLIT).pose()
    document = solved(problem)
    certificate = document["certificate"]
    assert isinstance(parse(certificate).tree, Fork)
    report = checked(document, problem)

    assert report.findings == ()
    assert "(6 leaves)" in report.proven[0]
    forged = certificate | {"tree": {**certificate["tree"], "low": certificate["tree"]["high"]}}
    assert fleet_bound(problem, parse(forged)) != certificate["bound"]
    with pytest.raises(ValueError, match="tree: m99 is no machine that may run a role"):
        fleet_bound(problem, parse(certificate | {"tree": {**certificate["tree"], "like": "m99"}}))


Change = Callable[[dict[str, Any]], object]

TAMPERED: dict[str, tuple[Change, str]] = {
    "a higher bound": (lambda c: c.update(bound=c["bound"] + 1), "certificate: it says 27, its prices prove 26"),
    "no prices": (lambda c: c["tree"].update(prices=[0]), "certificate: it says 26, its prices prove 0"),
    "another role": (lambda c: c["rows"][0]["worth"].update(cron=1), "certificate: rows: cron is no role here"),
    "another rule": (
        lambda c: c["rows"][0]["tolls"].update({"0": {"r1": -1}}),
        "certificate: tolls: rule 0 is no limit in a domain",
    ),
    "another resource": (
        lambda c: c["rows"].__setitem__(0, {"roles": ["web"], "resource": "grade"}),
        "certificate: rows: grade is no resource that adds up",
    ),
    "a small unit": (lambda c: c.update(unit=1), "certificate: unit: 1 is no more than"),
    "no plan": (lambda c: c.update(bound=None), "certificate: it says that there is no plan, and here is one"),
    "another pool": (lambda c: c.update(fingerprint="0" * 32), "the pool is not the one that the plan was made for"),
}


@pytest.mark.parametrize(("change", "finding"), TAMPERED.values(), ids=list(TAMPERED))
def test_what_a_certificate_does_not_prove_is_told(change: Change, finding: str) -> None:
    """What was changed is found, with what is proven instead."""
    problem = tiny(FREE, machines(9, 9, 9), roles={"web": 2, "db": 1}, minimize=("cost",))
    document = solved(problem)
    assert document["certificate"]["bound"] == 26  # 6 of money, each 4, and 2 servers
    change(document["certificate"])
    [text, *_] = checked(document, problem).findings

    assert text.startswith(finding)


def test_larger_machines_need_another_proof() -> None:
    """Prices that prove two machines of 9 units best prove nothing of the kind where one of them has 14."""
    words: dict[str, Any] = {"roles": {"web": 2, "db": 1}, "minimize": ("cost",)}
    document = solved(tiny(FREE, machines(9, 9, 9), **words))
    larger = tiny(FREE, machines(14, 9, 9), **words)

    assert fleet_bound(larger, parse(document["certificate"])) != 26
    assert solved(larger)["cost"] == "3"


def test_certificate_of_a_fleet_needs_roles_that_share_freely() -> None:
    """Where a guest's needs are included in those of its host they do not add up, and prices would say too much."""
    listed = catalogue({"web": 5, "db": 4}, included=[("db", "web")])
    document = solved(tiny(FREE, machines(9, 9, 9), roles={"web": 1, "db": 1}))
    with pytest.raises(ValueError, match="it is that of a fleet, and the catalogue lists who may share"):
        fleet_bound(tiny(listed, machines(9, 9, 9), roles={"web": 1, "db": 1}), parse(document["certificate"]))


def test_roles_that_keep_apart_are_looked_at() -> None:
    """One machine has room for both, and two are needed: the certificate says so."""
    problem = tiny(FREE, machines(20, 20, 20), roles={"web": 1, "db": 1}, apart=("web:db",))
    document = solved(problem)
    report = checked(document, problem)

    assert (document["servers"], document["proof"]) == (2, "certificate")
    assert report.findings == ()
    assert report.holds.endswith("proven optimal")


def best_set(
    needs: Sequence[Sequence[int]],
    most: Sequence[int],
    room: Sequence[int],
    worth: Sequence[int],
    *,
    apart: bool = True,
) -> int:
    """Return what the best set of copies is worth, by going through all; the first two roles keep apart."""
    return max(
        sum(map(mul, worth, items))
        for items in product(*(range(number + 1) for number in most))
        if all(
            sum(map(mul, column, items)) <= side for column, side in zip(zip(*needs, strict=True), room, strict=True)
        )
        and not (apart and items[0] and items[1])
    )


@pytest.mark.parametrize("states", [1, 1000])
def test_most_that_a_machine_holds_is_that_of_the_best_set(monkeypatch: pytest.MonkeyPatch, states: int) -> None:
    """By the programme, and by going through all sets, whatever is claimed; without steps it is no less."""
    monkeypatch.setattr("obplace.holding.STATES", states)
    for seed in range(60):
        rng = Random(seed)
        needs = [[rng.randint(0, 5), rng.randint(1, 5)] for _ in range(4)]
        most, worth = [rng.randint(1, 3) for _ in needs], tuple(rng.randint(0, 9) for _ in needs)
        group = Group((True,) * 4, (), (rng.randint(0, 12), rng.randint(1, 12)))
        holding = Holding([group], np.array(needs, dtype=object), most, [(0, 1)])
        true = best_set(needs, most, group.room, worth)
        weights = [[1 << 20, 2 << 20], [0, 3 << 20], [1, 1, 1]]

        for claim in (0, true // 2, true, true + 3):
            [found] = holding.worth([worth], {group: Claim(claim, weights)})
            assert found == true if claim <= true or states > 1 else true <= found <= claim
        holding.steps = 0
        assert holding.worth([worth], {group: Claim(true - 1, weights)})[0] >= true


@pytest.mark.parametrize("states", [1, 1000])
def test_machines_with_room_for_other_roles_hold_what_they_can(monkeypatch: pytest.MonkeyPatch, states: int) -> None:
    """Roles have other worths on other machines, and small machines have no room for large ones."""
    monkeypatch.setattr("obplace.holding.STATES", states)
    for seed in range(30):
        rng = Random(seed)
        needs = [[rng.randint(0, 5), rng.randint(1, 9)] for _ in range(4)]
        most = [rng.randint(1, 3) for _ in needs]
        groups = [Group((True,) * 4, (), (rng.randint(0, 9), rng.randint(1, 12))) for _ in range(5)]
        worths = [tuple(rng.choice((0, 4, 7)) for _ in needs) for _ in groups]
        found = Holding(groups, np.array(needs, dtype=object), most, []).worth(worths, {})

        assert found == [
            best_set(needs, most, group.room, worth, apart=False) for group, worth in zip(groups, worths, strict=True)
        ]


def test_a_few_steps_more_prove_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most that a machine is said to hold comes down to the best set; numbers of 100 bits are rounded, safely."""
    monkeypatch.setattr("obplace.holding.STATES", 1)
    for factor in (1, 1 << 100):
        rng = Random(1)
        needs = [[rng.randint(50, 300) * factor for _ in range(3)] for _ in range(12)]
        worth = tuple(rng.randint(100, 300) * factor for _ in needs)
        group, said = Group((True,) * 12, (), (900 * factor,) * 3), []
        for steps in (0, 100, 1_000_000):
            monkeypatch.setattr("obplace.holding.STEPS", steps)
            said += Holding([group], np.array(needs, dtype=object), [1] * 12, []).worth([worth], {})
        true = best_set(needs, [1] * 12, group.room, worth, apart=False)

        assert said[0] >= said[1] >= said[2] >= true
        assert said[0] > said[2]
        assert said[2] - true <= true >> 50


def test_copies_are_counted_by_capacities() -> None:
    """Of what a machine may run: its room divided by the least need, or what there is of a resource."""
    needs = np.array([[3, 1], [4, 5], [2, 4]], dtype=object)
    holding = Holding([Group((True, True, False), (), (10, 9))], needs, [2, 2, 2], [])

    assert holding.counted([0, 1, 2], None) == [3]  # 10 // 3, 9 // 1 and 4 copies in all
    assert holding.counted([1, 2], 1) == [9]
    assert holding.counted([0], 1) == [2]
    assert holding.counted([2], None) == [0]


def large(seed: int) -> Problem:
    """Return eight resources in amounts up to a million: more points than a programme over capacities may have."""
    rng = np.random.default_rng(seed)
    names = [f"r{n}" for n in range(8)]
    roles = {f"role{n}": rng.integers(50_000, 400_000, 8).tolist() for n in range(6)}
    kit = many(roles, names)
    rows = [
        {"machine": f"m{n}", "cost": str(int(rng.integers(50, 90))), **dict(zip(names, map(str, room), strict=True))}
        for n, room in enumerate(rng.integers(600_000, 1_000_000, (8, 8)).tolist())
    ]
    return tiny(kit, rows, roles=dict.fromkeys(roles, 2), minimize=("cost",))


def many(roles: dict[str, list[int]], names: list[str]) -> Catalogue:
    """Return a catalogue of roles that share freely, with what they need of each resource."""
    from obplace.catalogue.load import build

    return build(
        {
            "name": "large",
            "title": "large",
            "source": "made up",
            "levels": ["only"],
            "colocation": "free",
            "resources": {name: {"kind": "count", "combine": "sum"} for name in names},
            "roles": [
                {
                    "name": role,
                    "max_per_machine": 2,
                    "minimum": {"only": {"needs": dict(zip(names, map(str, needs), strict=True))}},
                }
                for role, needs in roles.items()
            ],
            "sharing": [],
        }
    )


def test_large_numbers_are_checked_by_going_through_sets() -> None:
    """The bound is true, with hints and without; where steps are few those without prove less."""
    problem = large(0)
    document = solved(problem, 3)
    certificate = document["certificate"]
    report = checked(document, problem)
    bare = certificate | {"rows": [{**row, "holds": {}} for row in certificate["rows"] if "worth" in row]}

    assert certificate["rows"][0]["holds"]
    assert report.findings == ()
    assert fleet_bound(problem, parse(bare)) == certificate["bound"]


NOWHERE: dict[str, tuple[list[dict[str, str]], dict[str, Any], str]] = {
    "no machine is large enough": (machines(4, 4), {"roles": {"web": 1}}, "no machine can run web"),
    "all together have too little": (
        machines(9, 9, 9),
        {"roles": {"web": 4, "db": 3}},
        "all copies together need units 32, and the 3 machines that can run any of them have room for 27",
    ),
    "one copy on each, and too few machines": (
        machines(9, 9),
        {"roles": {"web": 3, "db": 0}},
        "all copies together need units 15",
    ),
    "no place is left": (
        [{**each, "rack": "r1"} for each in machines(9, 9, 9)],
        {"roles": {"web": 3}, "limit": {"web.rack": 2}},
        "at most 2 web in any one rack",
    ),
    "apart, and too few machines": (
        machines(30),
        {"roles": {"web": 1, "db": 1}, "apart": ("web:db",)},
        "web and db share no server and so need 2 of them at least",
    ),
}


@pytest.mark.parametrize(("pool", "words", "reason"), NOWHERE.values(), ids=list(NOWHERE))
def test_that_there_is_no_plan_is_proven(pool: list[dict[str, str]], words: dict[str, Any], reason: str) -> None:
    """The certificate of a document without a plan is checked, and proves nothing where there is one."""
    problem = tiny(FREE, pool, **words)
    document = solved(problem)
    report = checked(document, problem)

    assert (document["status"], document["proof"]) == ("infeasible", "certificate")
    assert report.findings == ()
    assert report.holds == "holds: no plan exists, proven"
    assert report.proven[0] == "no plan exists on this pool (1 leaf)"
    assert reason in report.proven[1]
    roomy = tiny(FREE, [{**each, "rack": f"r{n}"} for n, each in enumerate(machines(90, 90, 90, 90))], **words)
    assert fleet_bound(roomy, parse(document["certificate"])) is not None


def test_what_only_cpsat_knows_is_said_with_both_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a proof by whole machines the optimum rests on CP-SAT: headline, note, JSON and the check all say so."""
    monkeypatch.setattr(module, "raised", lambda *_: None)
    problem = sharing(11).pose()
    result = generated(problem, time_limit=10, threads=1)
    first, second = to_document(result)["objectives"]
    report = checked(json.loads(to_json(result)), problem)

    assert (result.status, result.proof) == (Status.OPTIMAL, Proof.SOLVER)
    assert headline(result).endswith("fewest servers, then lowest cost; proven, by CP-SAT alone")
    assert "the bound on servers rests on CP-SAT alone: the certificate proves 2 at least, a gap of 33.33%" in notes(
        result
    )
    assert first == {"name": "servers", "value": 3, "bound": 3, "certified": 2}
    assert second["certified"] == "0"
    assert report.findings == ()
    assert report.holds.endswith("optimality not claimed by a certificate")
    assert "servers 3, bound 2: no plan of this pool has fewer than 2 servers (1 leaf)" in report.proven
    assert "the plan's bound of 3 on servers rests on a solver: not checked" in report.proven


def test_that_there_is_no_plan_may_rest_on_cpsat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a certificate the document says solver, and the check says that it holds nothing to check."""
    monkeypatch.setattr("obplace.generated.certificate_of", lambda *_: None)
    problem = tiny(FREE, machines(4, 4), roles={"web": 1})
    result = generated(problem, time_limit=10, threads=1)

    assert (result.status, result.proof) == (Status.INFEASIBLE, Proof.SOLVER)
    assert headline(result) == "no plan exists, by CP-SAT alone"
    assert checked(json.loads(to_json(result)), problem).findings == (
        "nothing to check: the document says infeasible and holds neither plan nor certificate",
    )


def test_forgeries_of_fleets_are_refused() -> None:
    """What the checker accepts is true, no bound is above the optimum, and a third of what is submitted is false."""
    rows = [{key: str(value) for key, value in case("fleet_forgery", seed).items()} for seed in FORGED]
    found = summary(rows)

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert found["forgeries"] == len(FORGED) * TRIES
    assert found["accepted"] > 0
    assert found["false"] >= found["forgeries"] / 3


def test_document_keeps_its_form() -> None:
    """What a fleet's plan says goes through the published form and comes back."""
    document = solved(sharing(SPLIT).pose())

    assert PlanForm.model_validate(document).certificate == document["certificate"]
