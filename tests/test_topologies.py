"""Topologies solved and drilled: what is left after a loss is what they promise, on any pool that can hold them."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from obplace.catalogue import all_topologies, kind_of, load
from obplace.check import Placement, Report, check_placement
from obplace.drill import Drill, Verdict, drill
from obplace.plan import Plan, Status
from obplace.problem import Problem
from obplace.result import Result
from obplace.solver import Solver
from obplace.verify import verify
from tests.small import problem as said

BOOK = load("oceanbase-4.2.3")  # it has the arbitration service
ALL = all_topologies()
LEFT_OUT = {"odp": 0, "ocp": 0, "oat": 0}

# The domains of each topology, no more than it names, so that it is as safe as its layout makes it and no safer.
PLACES = {
    "standalone": "east/A",
    "n-n-n": "east/A",
    "three-idcs": "east/A east/B east/C",
    "two-regions-three-idcs": "east/A east/B west/C",
    "three-regions-three-idcs": "east/A west/B south/C",
    "three-regions-five-idcs": "east/A east/B west/C west/D south/E",
    "primary-standby": "east/A east/B",
    "2f1a": "east/A east/B east/C",
    "4f1a-two-regions": "east/A east/B west/C",
    "4f1a-three-regions": "east/A east/B west/C west/D south/E",
    "ocp-single": "east/A",
    "ocp-three": "east/A",
    "ocp-three-idcs": "east/A east/B east/C",
}
WIDE = "east/A east/B east/C west/D west/E south/F"
IN_ZONES = [name for name in ALL if name != "standalone" and not name.startswith("ocp")]
REGIONS = Path(__file__).parent.parent / "data" / "regions.csv"
EACH = 8  # machines of an IDC: two in each of four zones


def table(places: str, zones: str = "blank", each: int = EACH) -> str:
    """Return so many machines in each IDC, their zones ``filled``, ``blank``, ``mixed`` of both, or no column."""
    lines = ["machine,cpu,memory,storage,storage_class,nic,cost,arch,region,idc,rack,zone"]
    for place in places.split():
        region, _, idc = place.partition("/")
        for number in range(each):
            # Each rack has a zone with a machine in the cheap half and one in the other.
            zone = f"{idc.lower()}{number % 4}" if zones == "filled" or (zones == "mixed" and number < 4) else ""
            what = f"64,512 GB,8 TB,nvme,25,{100 + 7 * len(lines) % 13},x86_64"
            cells = (f"m{len(lines):02}", what, region, idc, f"r{number % 4}", zone)
            lines.append(",".join(cells))
    return "\n".join(line.rpartition(",")[0] for line in lines) if zones == "none" else "\n".join(lines)


def problem(text: str, *topology: str, **words: Any) -> Problem:
    """Return the problem of a topology, with nothing beside the roles that it names."""
    role = ALL[topology[0].partition(":")[0]].role if topology else "observer"
    if topology or "roles" not in words:
        named = {name for each in topology for name in ALL[each.partition(":")[0]].words.get("roles", {})}
        left_out = LEFT_OUT | ({} if kind_of(role) == "observer" else {"observer": 0})
        words["roles"] = {name: 0 for name in left_out if name not in named} | words.get("roles", {})
    return said(text, BOOK, topology=topology, **words)


def solved(posed: Problem) -> Result:
    """Return the result by one worker; what it says is proven, and a plan keeps the contract."""
    result = Solver(threads=1).solve(posed)
    assert result.proof is not None
    if result.plan is not None:
        assert result.status is Status.OPTIMAL
        placement = {each.name: each.roles for each in result.plan.assignments}
        assert verify(posed, placement, zones(result.plan)) == []
    return result


def best(posed: Problem) -> Plan:
    """Return the plan of a problem that has one."""
    plan = solved(posed).plan
    assert plan is not None
    return plan


def refused(text: str, *topology: str, **words: Any) -> str:
    """Return the reasons, a line each, of a problem that is proven to have no plan."""
    result = solved(problem(text, *topology, **words))
    assert result.status is Status.INFEASIBLE
    return "\n".join(result.reasons)


def zones(plan: Plan) -> dict[str, str]:
    """Return the zones of the machines of a plan that have one."""
    return {each.name: zone for each in plan.assignments if (zone := each.machine.domains.get("zone"))}


def verdict(plan: Plan, loss: str, role: str) -> Verdict:
    """Return what a loss such as ``idc``, ``2 idc`` or ``3 idc`` does to a role."""
    found = drill(plan)
    number, _, level = loss.rpartition(" ")
    return three(plan, found, level, role) if number == "3" else found.verdict(loss, [role])


def three(plan: Plan, found: Drill, level: str, role: str) -> Verdict:
    """Return what the worst loss of three domains does, tried out; all domains are known."""
    standing = found.standing(role)
    names = sorted({str(each.machine.domains[level]) for each in plan.assignments})
    gone = [
        {each.name for each in plan.assignments if each.machine.domains[level] in lost}
        for lost in combinations(names, 3)
    ]
    kept = min(sum(vote.isdisjoint(machines) for vote in standing.votes) for machines in gone)
    return Verdict.SURVIVES if kept >= standing.least else Verdict.ENDS


def roles(plan: Plan, name: str) -> list[str]:
    """Return the roles of a plan for which a topology makes its promise: one for each cluster."""
    return [role for role in plan.copies if ALL[name].role in (role, kind_of(role))]


# What is promised is so


def test_every_topology_has_its_pool() -> None:
    """None is forgotten here."""
    assert set(ALL) <= set(PLACES)


@pytest.mark.parametrize("filling", ["blank", "filled", "mixed", "none"])
@pytest.mark.parametrize("name", ALL)
def test_drill_finds_what_a_topology_promises(name: str, filling: str) -> None:
    """Every loss that it survives is survived, and each of the least that it does not survive ends it."""
    plan = best(problem(table(PLACES[name], filling), name))
    found = roles(plan, name)

    assert found
    for role in found:
        for loss in ALL[name].survives:
            assert (loss, verdict(plan, loss, role)) == (loss, Verdict.SURVIVES)
        for loss in ALL[name].not_survives:
            assert (loss, verdict(plan, loss, role)) == (loss, Verdict.ENDS)


@pytest.mark.parametrize("filling", ["blank", "filled"])
@pytest.mark.parametrize("name", IN_ZONES)
def test_two_servers_in_each_zone(name: str, filling: str) -> None:
    """N = 2: twice the servers, all of a zone in one IDC, and what is promised of machines, zones and IDCs is the same.

    Two machines of two zones take two votes of three or five, just as two zones do.
    """
    plan = best(problem(table(PLACES[name], filling), f"{name}:2"))
    single = best(problem(table(PLACES[name], filling), name))

    for role in roles(plan, name):
        assert plan.copies[role] == 2 * single.copies[role]
        members: dict[str | None, list[str | None]] = {}
        for each in plan.where(role):
            members.setdefault(each.machine.domains["zone"], []).append(each.machine.domains["idc"])
        assert [len(idcs) for idcs in members.values()] == [2] * single.copies[role]
        assert {len(set(idcs)) for idcs in members.values()} == {1}
        assert {verdict(plan, loss, role) for loss in ALL[name].survives} == {Verdict.SURVIVES}
        assert {verdict(plan, loss, role) for loss in ALL[name].not_survives} == {Verdict.ENDS}


@pytest.mark.parametrize("filling", ["blank", "mixed"])
@pytest.mark.parametrize("name", ALL)
def test_more_domains_than_a_topology_needs(name: str, filling: str) -> None:
    """On a pool of six IDCs in three regions a plan exists too and is as safe at least."""
    plan = best(problem(table(WIDE, filling), name))

    for role in roles(plan, name):
        assert {verdict(plan, loss, role) for loss in ALL[name].survives} <= {Verdict.SURVIVES}


def test_given_zones_are_named_in_the_order_of_places() -> None:
    """zone1 lies in the first IDC; a zone that the pool names keeps its name."""
    plan = best(problem(table("east/B east/A east/C", "none"), "three-idcs"))

    assert {each.machine.domains["idc"]: each.machine.domains["zone"] for each in plan.assignments} == {
        "east/A": "zone1",
        "east/B": "zone2",
        "east/C": "zone3",
    }
    filled = best(problem(table("east/A east/B east/C", "filled"), "three-idcs"))
    assert {zone[0] for zone in zones(filled).values()} == {"a", "b", "c"}


def test_topologies_of_two_roles_hold_together() -> None:
    """OBServers in three IDCs, and three OCPs in three IDCs: six servers, each promise kept."""
    plan = best(problem(table("east/A east/B east/C"), "three-idcs", "ocp-three-idcs"))

    assert (plan.copies["observer"], plan.copies["ocp"]) == (3, 3)
    assert plan.servers == 6
    assert drill(plan).survives("idc", ["observer", "ocp"])


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("three-idcs", "ocp-three-idcs")])
def test_sample_pool_has_room(name: str) -> None:
    """data/regions.csv names zones in one IDC, some in another, none elsewhere; every topology has a plan there."""
    plan = best(problem(REGIONS.read_text(encoding="utf-8"), name))

    for role in roles(plan, name):
        assert {verdict(plan, loss, role) for loss in ALL[name].survives} <= {Verdict.SURVIVES}


def test_sample_pool_has_no_region_of_three_idcs() -> None:
    """The one topology that has no plan there says why."""
    assert "of one region; no region has these" in refused(REGIONS.read_text(encoding="utf-8"), "three-idcs")


# Placements that keep the counts, and less than their name


def rows(*lines: str) -> str:
    """Return a pool of large machines: machine, path of the IDC, zone."""
    head = "machine,cpu,memory,storage,storage_class,nic,arch,region,idc,zone"
    cells = (line.replace("/", " ").split() for line in lines)
    return "\n".join([head, *(f"{name},64,512 GB,8 TB,nvme,25,x86_64,{','.join(places)}" for name, *places in cells)])


def checked(posed: Problem, runs: dict[str, list[str]]) -> Report:
    """Return the check of a placement by hand."""
    return check_placement(posed, Placement(runs))


CLUSTERS = {"primary": {"copies": 3}, "standby": {"copies": 3}}
FALSE_FRIENDS = [
    pytest.param(
        "three-idcs",
        ["a1 east/A z1", "a2 east/A z2", "b1 east/B z3", "c1 east/C z4"],
        {"zones": {"observer": "3x1"}},
        {"observer": ["a1", "a2", "b1"]},
        "idc",  # A holds 2 of 3
        id="three zones, two of them in an IDC",
    ),
    pytest.param(
        "n-n-n:2",
        [f"a{k} east/A z{1 + k % 2}" for k in range(6)] + ["a7 east/A z3"],
        {"roles": {"observer": 6}},
        {"observer": [f"a{k}" for k in range(6)]},
        "zone",  # of two zones neither alone is a majority: 3 of 6
        id="six servers in two zones",
    ),
    pytest.param(
        "two-regions-three-idcs",
        ["a1 east/A z1", "a2 east/A z2", "a3 east/A z3", "b1 east/B z4", "c1 west/C z5", "b2 east/B z6"],
        {"zones": {"observer": "5x1"}},
        {"observer": ["a1", "a2", "a3", "b1", "c1"]},
        "idc",  # A holds 3 of 5
        id="3-1-1 over three IDCs",
    ),
    pytest.param(
        "three-regions-three-idcs",
        ["a1 east/A z1", "a2 east/A z2", "b1 east/B z3", "b2 east/B z4", "c1 west/C z5", "d1 south/D z6"],
        {"zones": {"observer": "5x1"}, "layout": {"observer.idc": "2-2-1"}},
        {"observer": ["a1", "a2", "b1", "b2", "c1"]},
        "region",  # east holds 4 of 5
        id="2-2-1 over IDCs of which two share a region",
    ),
    pytest.param(
        "three-regions-five-idcs",
        ["a1 east/A z1", "b1 east/B z2", "c1 east/C z3", "d1 west/D z4", "e1 south/E z5", "d2 west/F z6"],
        {"zones": {"observer": "5x1"}, "layout": {"observer.idc": "1-1-1-1-1"}},
        {"observer": ["a1", "b1", "c1", "d1", "e1"]},
        "region",  # east holds 3 of 5
        id="five IDCs, three of them in a region",
    ),
    pytest.param(
        "three-regions-five-idcs",
        ["a1 east/A z1", "a2 east/A z2", "b1 west/B z3", "c1 west/C z4", "d1 south/D z5"],
        {"zones": {"observer": "5x1"}, "layout": {"observer.region": "2-2-1"}},
        {"observer": ["a1", "a2", "b1", "c1", "d1"]},
        "2 idc",  # A and any other hold 3 of 5
        id="2-2-1 over regions, two zones in one IDC",
    ),
    pytest.param(
        "2f1a",
        ["a1 east/A z1", "b1 east/B z2", "a2 east/A z3", "c1 east/C z4"],
        {"zones": {"observer": "2x1"}, "roles": {"arbitration": 1}},
        {"observer": ["a1", "b1"], "arbitration": ["a2"]},
        "idc",  # A holds a replica and the arbitration service, 2 of 3 votes
        id="the arbitration service beside a replica",
    ),
    pytest.param(
        "4f1a-two-regions",
        ["a1 east/A z1", "a2 east/A z2", "a3 east/A z3", "b1 east/B z4", "c1 west/C z5"],
        {"zones": {"observer": "4x1"}, "roles": {"arbitration": 1}},
        {"observer": ["a1", "a2", "a3", "b1"], "arbitration": ["c1"]},
        "idc",  # A holds 3 of 5 votes
        id="3-1 over two IDCs",
    ),
    pytest.param(
        "4f1a-three-regions",
        ["a1 east/A z1", "b1 east/B z2", "c1 west/C z3", "d1 west/D z4", "e1 west/E z5", "f1 south/F z6"],
        {"zones": {"observer": "4x1"}, "roles": {"arbitration": 1}},
        {"observer": ["a1", "b1", "c1", "d1"], "arbitration": ["e1"]},
        "region",  # west holds 2 of 4 replicas and the arbitration service, 3 of 5 votes
        id="the arbitration service in the region of two replicas",
    ),
    pytest.param(
        "ocp-three-idcs",
        ["a1 east/A z1", "a2 east/A z1", "b1 east/B z2", "c1 east/C z3"],
        {"roles": {"ocp": 3, "observer": 0}},
        {"ocp": ["a1", "a2", "b1"]},
        "idc",  # A holds 2 of 3
        id="two of three OCPs in an IDC",
    ),
    pytest.param(
        "primary-standby",
        [*(f"a{k} east/A z{k // 2}" for k in range(4)), *(f"b{k} east/B y{k}" for k in range(4))],
        {"clusters": CLUSTERS},
        {"observer@primary": ["a0", "a1", "a2"], "observer@standby": ["b0", "b1", "b2"]},
        "zone",  # z0 holds 2 of 3
        id="a primary cluster in two zones",
    ),
]


@pytest.mark.parametrize(("name", "lines", "words", "runs", "loss"), FALSE_FRIENDS)
def test_counts_hold_and_the_name_promises_more(
    name: str, lines: list[str], words: dict[str, Any], runs: dict[str, list[str]], loss: str
) -> None:
    """Asked for its counts alone a placement holds, and fails the drill; asked for by its topology it does not hold."""
    placed = {machine: [role] for role, machines in runs.items() for machine in machines}
    alone = {**words, "roles": {**LEFT_OUT, **words.get("roles", {})}}
    report = checked(said(rows(*lines), BOOK, **alone), placed)

    assert report.findings == ()
    assert report.plan is not None
    assert verdict(report.plan, loss, next(iter(runs))) is Verdict.ENDS
    assert loss in ALL[name.partition(":")[0]].survives
    assert checked(problem(rows(*lines), name), placed).findings != ()


# Where a topology cannot be


def test_idcs_of_one_region() -> None:
    """Three IDCs, but no region has all of them."""
    assert refused(table("east/A east/B west/C"), "three-idcs") == (
        "the zones of observer are to lie in 3 idcs, 1-1-1, of one region; no region has these, "
        "for machines for it lie in 3 idcs: east/A (8), east/B (8), west/C (8)"
    )


def test_two_regions_that_have_not_the_idcs() -> None:
    """Four zones in a region want two IDCs of two there: east has one, west has A and B with a zone too little each."""
    reasons = refused(table("east/A west/B south/C"), "two-regions-three-idcs")

    assert reasons.startswith("the zones of observer are to lie in 3 idcs, 2-2-1, of 2 regions, 4-1; no such regions")


def test_too_few_idcs_and_regions() -> None:
    """Every layout that has no room is told."""
    assert refused(table("east/A east/B west/C"), "three-regions-five-idcs").splitlines() == [
        (
            "the zones of observer are to lie in 5 idcs, 1-1-1-1-1, "
            "and machines for it lie in 3 idcs: east/A (8), east/B (8), west/C (8)"
        ),
        (
            "the zones of observer are to lie in 3 regions, 2-2-1, "
            "and machines for it lie in 2 regions: east (16), west (8)"
        ),
    ]


def test_idcs_too_small_for_a_zone() -> None:
    """Three servers a zone, IDCs of four machines and one of two: two zones have room."""
    text = "\n".join(table("east/A east/B east/C", each=4).splitlines()[:-2])

    assert refused(text, "three-idcs:3") == (
        "every zone of observer lies in one idc, with 3 servers in each, "
        "and machines for it lie in 3 idcs: east/A (4), east/B (4), east/C (2), which is room for 2 of 3 zones\n"
        "the zones of observer are to lie in 3 idcs, 1-1-1, with 3 servers in each zone, "
        "and machines for it lie in 3 idcs: east/A (4), east/B (4), east/C (2)"
    )


def test_arbitration_service_without_an_idc_of_its_own() -> None:
    """Two IDCs hold a replica each."""
    assert refused(table("east/A east/B"), "2f1a") == (
        "arbitration and observer share no idc, so that they want 3 idcs, "
        "and machines for them lie in 2 idcs: east/A, east/B"
    )


def test_standby_cluster_without_an_idc_of_its_own() -> None:
    """One IDC is not two."""
    assert "share no idc, so that they want 2 idcs" in refused(table("east/A"), "primary-standby")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            {"limit": {"observer.idc": 1}},
            (
                "at most 1 observer in any one idc: machines for it lie in 2 idcs: east/A (8), east/B (8), "
                "which is room for 2 of 3"
            ),
        ),
        (
            {"across": {"observer.idc": 3}},
            "observer runs in at least 3 idcs, and machines for it lie in 2 idcs: east/A (8), east/B (8)",
        ),
        (
            {"survive": {"observer": "idc"}},
            (
                "observer keeps the majority of its copies after the loss of any one idc, so that each may hold 1 of "
                "the 3 copies, and machines for it lie in 2 idcs: east/A (8), east/B (8)"
            ),
        ),
        (
            {"survive": {"observer": "idc"}, "zones": {"observer": "3x2"}},
            (
                "observer keeps the majority of its 3 zones after the loss of any one idc, so that each may hold 1 of "
                "the 3 zones, and machines for it lie in 2 idcs: east/A (8), east/B (8)"
            ),
        ),
        (
            {"where": {"observer.arch": "aarch64"}},
            "observer runs only where arch is aarch64: of 16 machines for it 0 are such, 3 are needed",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_rules_on_places_say_what_they_lack(words: dict[str, Any], reason: str) -> None:
    """Each rule by itself, on two IDCs of eight machines."""
    assert refused(table("east/A east/B"), **words) == reason


def test_one_architecture_for_all() -> None:
    """The catalogue wants one for a cluster: two machines of each are not three of one."""
    text = table("east/A", each=4).replace("x86_64", "aarch64", 2)

    assert refused(text) == (
        "all observer run on the same arch, and of the machines for it there are 2 with aarch64, 2 with x86_64"
    )


def test_equal_machines_count_each() -> None:
    """A row of three in A and one of two in B are five machines, and two IDCs of room for one copy each."""
    head, *lines = rows("a east/A z1", "b east/B z2").splitlines()
    text = "\n".join([f"{head},quantity", f"{lines[0]},3", f"{lines[1]},2"])

    assert "east/A (3), east/B (2), which is room for 2 of 3" in refused(text, limit={"observer.idc": 1})


def test_machines_of_unknown_idc_are_no_room() -> None:
    """A rule that reads IDCs takes only machines of which these are known."""
    text = table("east/A east/B east/C").replace("east,C,", "east,,")

    assert refused(text, "three-idcs").startswith(
        "the zones of observer are to lie in 3 idcs, 1-1-1, and machines for it lie in 2 idcs: east/A (8), east/B (8)"
    )
