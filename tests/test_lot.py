import pandas as pd
import pytest

from obplace.catalogue import Catalogue
from obplace.catalogue.load import build
from obplace.deployment import Deployment
from obplace.document import to_document
from obplace.errors import UsageError
from obplace.fleet_certificate import fleet_bound
from obplace.fleet_form import parse, to_json
from obplace.generated import generated
from obplace.lot import countless
from obplace.patterns import patterns
from obplace.plan import Status
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.solver import Solver
from tests.fleets import shared


def kit(roles: int) -> Catalogue:
    """Return a catalogue in which any of many roles may share a machine."""
    return build(
        {
            "name": "many",
            "title": "many",
            "source": "made up",
            "levels": ["only"],
            "colocation": "free",
            "resources": {"units": {"kind": "count", "combine": "sum"}, "blocks": {"kind": "count", "combine": "sum"}},
            "roles": [
                {
                    "name": f"role{n}",
                    "max_per_machine": 3,
                    "minimum": {"only": {"needs": {"units": str(1 + n % 7), "blocks": str(1 + n * 3 % 11)}}},
                }
                for n in range(roles)
            ],
            "sharing": [],
        }
    )


def many(**said: object) -> Problem:
    """Return 24 roles of two copies on 40 machines: too many sets of roles to list."""
    machines = [
        {"machine": f"m{n}", "units": str(20 + n % 5), "blocks": str(24 + n % 7), "cost": str(5 + n % 3)}
        for n in range(40)
    ]
    book = kit(24)
    asked = Deployment(**{"roles": {f"role{n}": 2 for n in range(24)}, "minimize": ("cost",), **said})
    return pose(book, asked, Pool.from_frame(pd.DataFrame(machines), book.kinds))


def test_solver_generates_where_it_cannot_list():
    """What was refused before, more sets than can be listed, has a plan with a bound now, and its prices check."""
    problem = many(apart=("role0:role1",))
    result = Solver(threads=1, time_limit=3).solve(problem)

    assert result.plan is not None
    first = result.objectives[0]
    assert first.value is not None
    assert first.bound is not None
    assert first.bound <= first.value <= 1.1 * first.bound
    together = [each.roles for each in result.plan.assignments if {"role0", "role1"} <= set(each.roles)]
    assert together == []
    certificate = parse(to_document(result)["certificate"])
    assert fleet_bound(problem, certificate) == certificate.bound


@pytest.mark.parametrize(
    ("roles", "racks", "said", "many"),
    [
        (4, 70, {}, False),  # 255 sets, and no rule that reads racks
        (4, 10, {"limit": {"role0.rack": 1}}, False),
        (4, 70, {"limit": {"role0.rack": 1}}, True),
        (3, 70, {"limit": {"role0.rack": 1}}, False),  # 63 sets
        (4, 70, {"limit": {"role0.rack": 1}, "pin": {"role0": ("m1",)}}, False),  # no rule of a fleet
    ],
)
def test_many_sets_in_many_racks_are_not_listed(roles, racks, said, many):
    """Both together are too many for a model; few sets are not, in however many racks."""
    machines = [{"machine": f"m{n}", "units": "40", "blocks": "70", "rack": f"r{n}"} for n in range(racks)]
    book = kit(roles)
    asked = Deployment(**{"roles": {f"role{n}": 3 for n in range(roles)}, **said})
    problem = pose(book, asked, Pool.from_frame(pd.DataFrame(machines), book.kinds))

    assert len(patterns(problem)) == 4**roles - 1
    assert countless(problem) == many


def test_rules_that_cannot_be_told_are_refused_by_name():
    """A rule beyond what a fleet keeps is no reason to be silent about it."""
    with pytest.raises(UsageError, match="then this is not possible: role0 runs on m1"):
        Solver().solve(many(pin={"role0": ("m1",)}))


@pytest.mark.parametrize("factor", [0, 1, 3])
def test_any_prices_are_a_bound(factor):
    """Whatever the prices, what the checker makes of them is not above the optimum."""
    for seed in range(12):
        problem = shared(seed)
        result = generated(problem, time_limit=10, threads=1)
        document = to_document(result)["certificate"]
        if document is None or result.status is not Status.OPTIMAL:
            continue
        values = [each.value or 0 for each in result.objectives]
        whole = values[0] * document["unit"] + sum(values[1:])
        for row in document["rows"]:
            for role in row.get("worth", ()):
                row["worth"][role] *= factor
                document["bound"] = whole + 1
                bound = fleet_bound(problem, parse(document))

                assert bound is not None
                assert bound <= whole


def row(**said):
    """Return a row of worths in which only this is said."""
    return {"worth": {}, "tolls": {}, "holds": {}} | said


BARE = {
    "schema": "obplace.fleet-certificate/1",
    "fingerprint": "0" * 32,
    "unit": 1,
    "bound": 0,
    "rows": [row()],
    "tree": {"scale": 1, "prices": [1], "whole": False},
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"unit": 0}, "unit: expected a whole number of 1 or more"),
        ({"fingerprint": "x"}, "fingerprint: expected 32 hexadecimal digits"),
        ({"rows": [row(worth={"web": -1})]}, r"rows\[0\].worth.web: expected a whole number of 0 or more"),
        ({"rows": [row(tolls={"0": {"r1": 1}})]}, r"rows\[0\].tolls.0.r1: expected a weight of 0 or less"),
        (
            {"rows": [{"roles": ["web", "web"], "resource": None}]},
            r"rows\[0\].roles: expected names of roles, each once",
        ),
        ({"rows": [{"worth": {}}]}, r"rows\[0\]: expected worth, tolls and holds, or roles and resource"),
        (
            {"rows": [row(holds={"m1": {"most": -1, "surrogates": []}})]},
            r"rows\[0\].holds: expected a whole number of 0",
        ),
        ({"rows": [row(holds={"m1": {"most": 1, "surrogates": [[-1]]}})]}, r"rows\[0\].holds: expected a whole number"),
        ({"rows": [row(holds={"m1": 3})]}, r"rows\[0\].holds: expected most and surrogates of each machine"),
        ({"tree": {"scale": 1, "prices": [], "whole": True}}, "tree.prices: expected one for each of 1 rows, found 0"),
        ({"tree": {"like": "m1", "at": 0, "low": {}}}, "tree: expected scale, prices and whole, or like, at, low and"),
        ({"more": 1}, "expected obplace.fleet-certificate/1 with the keys"),
    ],
)
def test_certificate_that_is_none_is_refused(change, text):
    """Nothing of a certificate is taken on trust."""
    assert to_json(parse(BARE)) == BARE
    with pytest.raises(ValueError, match=text):
        parse(BARE | change)
