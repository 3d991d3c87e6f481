"""Rules on zones and other domains, from both sides: what they forbid at the least, and the nearest they allow."""

import pytest

import obplace
from obplace.result import Result
from tests.answered import asked, fails, rules, runs, zones_of
from tests.small import machines, pool

# Zones


def test_filled_zones_are_the_pools() -> None:
    """Three zones want three names; two machines of one zone are one."""
    words = {"zones": {"web": "3x1"}}

    assert fails(("10,1,a", "10,1,a", "10,1,b"), "units,cost,zone", **words)
    result = asked(("10,1,a", "10,1,c", "10,1,b"), "units,cost,zone", **words)
    assert zones_of(result) == {"m1": "a", "m2": "c", "m3": "b"}
    assert "web runs in exactly 3 zones, evenly" in rules(result)


def test_blank_zones_are_given_by_the_plan() -> None:
    """Without the column three machines are three zones, four are two of two; two machines are not three zones."""
    assert zones_of(asked(("10,1",) * 3, zones={"web": "3x1"})) == {"m1": "zone1", "m2": "zone2", "m3": "zone3"}
    four = zones_of(asked(("10,1",) * 4, zones={"web": "2x2"}))
    assert sorted(four.values()) == ["zone1", "zone1", "zone2", "zone2"]
    assert asked(("10,1",) * 2, zones={"web": "3x1"}).status == "infeasible"


def test_mixed_zones_are_filled_up() -> None:
    """One zone has a name, two are blank: the plan names them; where a and a are named, one blank is not enough."""
    columns = "units,cost,zone"

    assert zones_of(asked(("10,1,a", "10,1,", "10,1,"), columns, zones={"web": "3x1"})) == {
        "m1": "a",
        "m2": "zone1",
        "m3": "zone2",
    }
    assert asked(("10,1,a", "10,1,a", "10,1,"), columns, zones={"web": "3x1"}).status == "infeasible"
    # Two zones of two: the blank one joins neither a nor a's second zone, so it is b's second machine.
    result = asked(("10,1,a", "10,1,a", "10,1,b", "10,1,"), columns, zones={"web": "2x2"})
    assert zones_of(result)["m4"] == "b"


def test_zone_lies_in_one_idc() -> None:
    """Two zones of two machines: three in one IDC and one in another cannot be; two and two can."""
    columns, words = "units,cost,idc", {"zones": {"web": "2x2"}}

    assert asked(("10,1,n", "10,1,n", "10,1,n", "10,1,s"), columns, **words).status == "infeasible"
    result = asked(("10,1,n", "10,1,s", "10,1,n", "10,1,s"), columns, **words)
    assert zones_of(result) == {"m1": "zone1", "m2": "zone2", "m3": "zone1", "m4": "zone2"}
    assert "every zone of web lies in one idc" in rules(result)


@pytest.mark.parametrize(("idcs", "possible"), [("nns", True), ("nsw", False), ("nnn", False), ("sns", True)])
def test_layout_puts_so_many_zones_in_each_domain(idcs: str, possible: bool) -> None:
    """2-1 is two zones in one IDC and one in another, whichever: neither three IDCs nor one."""
    result = asked(
        tuple(f"10,1,{idc}" for idc in idcs), "units,cost,idc", zones={"web": "3x1"}, layout={"web.idc": "2-1"}
    )

    assert (result.status == "optimal") == possible
    assert "the zones of web lie in exactly 2 idcs, 2-1" in rules(result)


def test_limit_counts_in_zones_that_the_plan_gives() -> None:
    """Four copies over two zones are two in each: a limit of two holds without any column, one cannot."""
    words = {"zones": {"web": "2x2"}}

    assert asked(("10,1",) * 4, **words, limit={"web.zone": 2}).status == "optimal"
    assert asked(("10,1",) * 4, **words, limit={"web.zone": 1}).status == "infeasible"


# Domains


@pytest.mark.parametrize(("idcs", "possible"), [("nns", False), ("nsw", True), ("nnn", False)])
def test_majority_of_copies_outlives_a_domain(idcs: str, possible: bool) -> None:
    """Of three copies two are the majority, so that no IDC may hold two."""
    rows, words = tuple(f"10,1,{idc}" for idc in idcs), {"roles": {"web": 3}, "survive": {"web": "idc"}}

    assert fails(rows, "units,cost,idc", **words) != possible
    if possible:
        by = "web keeps the majority of its copies after the loss of any one idc"
        assert runs(rows, "units,cost,idc", **words, by=by) == "m1:web m2:web m3:web"


@pytest.mark.parametrize(("racks", "possible"), [("r1 r2 r3", True), ("r1 r1 r2", False)])
def test_majority_of_zones_counts_zones_and_not_hosts(racks: str, possible: bool) -> None:
    """Zones a, b, c of two hosts: rack r4 holds one host of a; if a rack has hosts of two zones, both are lost."""
    first = [f"10,1,{zone},{rack}" for zone, rack in zip("abc", racks.split(), strict=True)]
    second = ["10,1,a,r4", "10,1,b,r5", "10,1,c,r6"]
    result = asked((*first, *second), "units,cost,zone,rack", zones={"web": "3x2"}, survive={"web": "rack"})

    assert (result.status == "optimal") == possible
    assert "web keeps the majority of its 3 zones after the loss of any one rack" in rules(result)


def test_arbitration_is_a_vote() -> None:
    """Two zones and an arbiter in a third IDC keep two votes of three; the arbiter beside a zone does not help."""
    host = "16,64 GB,4 TB,1"
    words = {
        "roles": {"arbitration": 1, "odp": 0, "ocp": 0, "oat": 0},
        "zones": {"observer": "2x1"},
        "survive": {"observer": "idc"},
        "catalogue": "oceanbase-4.2.3",
        "waive": "storage_class,nic",
        "threads": 1,
    }

    def result(*idcs: str) -> Result:
        text = machines(*(f"{host},{idc}" for idc in idcs), columns="cpu,memory,storage,cost,idc")
        return obplace.solve(pool(text), **words)

    assert result("n", "s", "s").status == "infeasible"
    spread = result("n", "s", "w")
    assert spread.status == "optimal"
    assert "observer keeps the majority of its 2 zones and the arbitration after the loss of any one idc" in rules(
        spread
    )


def test_spread_is_exact_and_even() -> None:
    """Two racks exactly: three of one rack and one of another are 2-1 or cannot be; three racks are one too many."""
    columns, words = "units,cost,rack", {"roles": {"web": 3}, "spread": {"web": "rack:2"}}

    assert fails(("10,1,r", "10,1,r", "10,1,r"), columns, **words)
    assert fails(("10,1,r", "10,1,s", "10,1,t"), columns, **words)
    by = "web runs in exactly 2 racks, evenly"
    assert runs(("10,1,r", "10,2,r", "10,1,r", "10,9,s"), columns, **words, by=by) == "m1:web m3:web m4:web"


def test_limit_is_the_most_in_a_domain() -> None:
    """Two copies, at most one a rack: the dearer machine in the other rack is taken; with two a rack the cheaper."""
    rows, columns, words = ("10,1,r", "10,1,r", "10,5,s"), "units,cost,rack", {"roles": {"web": 2}}

    assert runs(rows, columns, **words, limit={"web.rack": 1}, by="at most 1 web in any one rack") == "m1:web m3:web"
    assert runs(rows, columns, **words, limit={"web.rack": 2}, by="at most 2 web in any one rack") == "m1:web m2:web"
    assert fails(rows[:2], columns, **words, limit={"web.rack": 1})


def test_across_is_the_least_number_of_domains() -> None:
    """Three copies in two racks or more: 2-1 and 1-1-1 will do, three in one rack will not."""
    columns, words = "units,cost,rack", {"roles": {"web": 3}, "across": {"web.rack": 2}}
    by = "web runs in at least 2 racks"

    assert fails(("10,1,r", "10,1,r", "10,1,r"), columns, **words)
    assert runs(("10,1,r", "10,1,r", "10,1,r", "10,5,s"), columns, **words, by=by).endswith("m4:web")
    assert runs(("10,1,r", "10,1,t", "10,1,s"), columns, **words, by=by) == "m1:web m2:web m3:web"


def test_role_runs_only_where_its_domain_is_known() -> None:
    """A limit by rack reads racks: the cheap machine without one is no place for it."""
    rows, columns, words = ("10,1,", "10,5,r"), "units,cost,rack", {"roles": {"web": 1}}

    assert runs(rows, columns, **words, limit={"web.rack": 1}, by="at most 1 web in any one rack") == "m2:web"
