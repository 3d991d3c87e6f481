"""Clusters that nothing tells apart are one role; its copies are dealt out again, and nobody gains or loses by it."""

from collections import Counter
from typing import Any

import pytest

from obplace.alike import merged
from obplace.catalogue import Catalogue
from obplace.catalogue.load import build
from obplace.kernel import ALL, Reduction
from obplace.notes import kept, notes
from obplace.plan import Plan
from obplace.rules import AtMost, Limit, PerMachine
from obplace.solver import Solver
from tests.campaign import case
from tests.tiny import tiny


def kit(most: int = 3, free: bool = True) -> Catalogue:
    """Return a catalogue of clusters of ``db``, with ``web`` beside them."""
    return build(
        {
            "name": "clusters",
            "title": "clusters",
            "source": "made up",
            "levels": ["only"],
            "cluster": "db",
            "colocation": "free" if free else "listed",
            "resources": {"units": {"kind": "count", "combine": "sum"}},
            "roles": [
                {"name": "db", "max_per_machine": most, "minimum": {"only": {"needs": {"units": "2"}}}},
                {"name": "web", "minimum": {"only": {"needs": {"units": "1"}}}},
            ],
            "sharing": [] if free else [{"guest": "web", "host": "db", "how": "added"}],
        }
    )


def machines(number: int, racks: int, **columns: Any) -> list[dict[str, Any]]:
    """Return machines of 9 units in racks, every other rack in one zone."""
    return [
        {"machine": f"m{n}", "units": 9, "rack": f"r{n % racks}", "zone": f"z{n % racks % 2}", "cost": 1 + n, **columns}
        for n in range(number)
    ]


def servers(plan: Plan | None) -> Counter[tuple[str, str]]:
    """Return how many copies of a role each rack holds."""
    assert plan is not None
    return Counter((role, str(each.machine.domains["rack"])) for each in plan.assignments for role in each.roles)


def test_clusters_of_a_size_are_one_role() -> None:
    """Bounds are N times those of one, and what a machine may run by the catalogue stays as it is."""
    problem = tiny(
        kit(), machines(4, 4), clusters={"a": {"count": 3, "copies": 2, "limit": {"rack": 1}}}, roles={"web": 1}
    )
    same = merged(problem)

    assert same is not None
    assert same.members == {"db@a_1": ("db@a_1", "db@a_2", "db@a_3")}
    assert AtMost(("db@a_1",), 6) in same.problem.rules
    assert Limit("db@a_1", "rack", 3) in same.problem.rules
    assert PerMachine(("db@a_1",), 3) in same.problem.rules
    assert dict(same.problem.counts) == {"db@a_1": 6, "web": 1}


def test_copies_are_dealt_out_so_that_no_rack_has_two_of_a_cluster() -> None:
    """Three clusters of two servers fill two racks, three on a machine, and each has one in each rack."""
    problem = tiny(
        kit(), machines(4, 4), clusters={"a": {"count": 3, "copies": 2, "limit": {"rack": 1}}}, roles={"web": 0}
    )
    result = Solver().solve(problem)

    assert result.plan is not None
    assert result.plan.servers == 2  # 6 copies, 3 on a machine
    assert set(servers(result.plan).values()) == {1}


def test_zones_are_dealt_out_evenly() -> None:
    """Each of two clusters has one copy in each zone, whatever the order of the machines' names."""
    problem = tiny(kit(1), machines(4, 4), clusters={"a": {"count": 2, "zones": "2x1"}}, roles={"web": 0})
    plan = Solver().solve(problem).plan

    assert merged(problem) is not None
    assert plan is not None
    assert Counter((role, each.machine.domains["zone"]) for each in plan.assignments for role in each.roles) == {
        ("db@a_1", "z0"): 1,
        ("db@a_1", "z1"): 1,
        ("db@a_2", "z0"): 1,
        ("db@a_2", "z1"): 1,
    }


def test_what_differs_splits_a_class() -> None:
    """A cluster that is pinned, needs more or has another number stays alone; the others are together still."""
    tables = {
        "a": {"count": 2, "copies": 1},
        "bb": {"copies": 1, "pin": ["m0"]},
        "cc": {"copies": 1, "minimum": {"units": "3"}},
        "dd": {"copies": 2},
        "ee": {"copies": 1},
    }
    same = merged(tiny(kit(), machines(4, 4), clusters=tables, roles={"web": 0}))

    assert same is not None
    assert same.members == {"db@a_1": ("db@a_1", "db@a_2", "db@ee")}


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ({"across": {"rack": 2}}, {}),
        ({"spare": 1}, {}),
        ({"spread": "rack:3", "copies": 4}, {}),  # which three of four racks is for each to choose
        ({"limit": {"rack": 1, "zone": 2}}, {"zone": "z0"}),
    ],
)
def test_a_choice_of_its_own_keeps_a_cluster_alone(words: dict[str, Any], columns: dict[str, Any]) -> None:
    """Where each cluster may choose for itself, or a rack reaches into two zones, nothing is made one."""
    rows = [*machines(6, 4), {**machines(1, 1)[0], "machine": "odd", "rack": "r1", **columns}]

    assert merged(tiny(kit(), rows, clusters={"a": {"count": 2, "copies": 2} | words}, roles={"web": 0})) is None


def test_spread_without_a_choice_is_a_limit() -> None:
    """One copy in each of as many racks, or the same number in every zone there is, leaves nothing to choose."""
    for spread, limit in (("rack:2", Limit("db@a_1", "rack", 2)), ("zone:2", Limit("db@a_1", "zone", 2))):
        words = {"a": {"count": 2, "copies": 2, "spread": spread}}
        same = merged(tiny(kit(), machines(6, 4), clusters=words, roles={"web": 0}))

        assert same is not None
        assert limit in same.problem.rules


def test_one_architecture_is_no_choice() -> None:
    """That servers of a cluster have one architecture is kept by itself where the pool, or a word, names but one."""
    rows = [{**each, "arch": "x86" if n % 2 else "arm"} for n, each in enumerate(machines(6, 6))]
    asked: dict[str, Any] = {
        "clusters": {"a": {"count": 2, "copies": 2}},
        "roles": {"web": 0},
        "same": {"db.arch": "all"},
    }

    assert merged(tiny(kit(), rows, **asked)) is None
    assert merged(tiny(kit(), rows[:1], **asked)) is not None
    plan = Solver().solve(tiny(kit(1), rows + rows_of("x86", 2), **asked, where={"db.arch": "x86"})).plan
    assert plan is not None
    assert {each.machine.arch for each in plan.assignments} == {"x86"}


def rows_of(arch: str, number: int) -> list[dict[str, Any]]:
    """Return machines of an architecture."""
    return [{**each, "machine": f"{arch}{n}", "arch": arch} for n, each in enumerate(machines(number, 1))]


def test_clusters_share_a_machine_as_the_catalogue_has_it() -> None:
    """Where sharing is free, the copies on a machine count whichever cluster they are of."""
    asked: dict[str, Any] = {"clusters": {"a": {"count": 4, "copies": 1}}, "roles": {"web": 0}}
    for most, expected in ((1, 4), (2, 2), (4, 1)):
        for reductions in (ALL, ALL - {Reduction.ALIKE}):
            plan = Solver(reductions=reductions).solve(tiny(kit(most), machines(4, 4), **asked)).plan

            assert plan is not None
            assert plan.servers == expected


def test_what_is_said_of_many_clusters_is_said_once() -> None:
    """Notes and rules of five clusters alike are one sentence each, with their number; of two they are two."""
    told = {}
    for number in (2, 5):
        clusters = {"a": {"count": number, "copies": 1, "limit": {"rack": 1}}}
        problem = tiny(kit(1, free=False), machines(8, 8), clusters=clusters, roles={"web": 5})
        result = Solver().solve(problem)
        told[number] = (*notes(result), kept(result) or "")

    assert "db runs" not in " ".join(told[2])
    assert told[5][0] == "web shares a server with db: its needs are added to those of db (each of 5 clusters)"
    assert told[5][-1] == "it keeps these rules: at most 1 db in any one rack (each of 5 clusters)"
    assert "at most 1 db@a_1 in any one rack; at most 1 db@a_2 in any one rack" in told[2][-1]


def test_listed_clusters_are_hosts() -> None:
    """Where who shares is listed, each cluster has its own machines, with the guests that each may have."""
    problem = tiny(kit(1, free=False), machines(4, 4), clusters={"a": {"count": 3, "copies": 1}}, roles={"web": 2})
    result = Solver().solve(problem)

    assert merged(problem) is not None
    assert result.plan is not None
    assert result.plan.servers == 3  # web on two of them
    assert sorted(role for each in result.plan.assignments for role in each.roles if role != "web") == [
        "db@a_1",
        "db@a_2",
        "db@a_3",
    ]


@pytest.mark.parametrize("seed", range(60))
def test_together_or_one_by_one_is_the_same(seed: int) -> None:
    """With and without clusters made one the optimum is the oracle's, and the checker accepts what the plan says."""
    assert case("clusters", seed)["outcome"] == "same"
