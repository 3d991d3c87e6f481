"""Roles are sized by their vendor's guides, and where a page asks for less than the guide that is said."""

import pytest

from obplace.catalogue import Catalogue, load, shipped
from obplace.catalogue.load import build
from obplace.errors import UsageError
from obplace.sizing import FEW, contradictions, copies, measures, sized, steps

BOOK, COMMUNITY = load(), load("oceanbase-ce")
GB, GIB, CORE = 10**9, 2**30, 1000


def own(*parts: dict) -> Catalogue:
    """Return a catalogue of web and db with these parts."""
    roles = [
        {"name": name, "minimum": {"only": {"needs": {"cpu": "2", "storage": "100 GB"}}}} for name in ("web", "db")
    ]
    kinds = {name: {"kind": name, "combine": "sum"} for name in ("cpu", "storage")}
    raw = {"name": "own", "title": "Own", "source": "us", "levels": ["only"], "resources": kinds, "roles": roles}
    return build({**raw, "sizing": [{"source": "a guide", **part} for part in parts]})


@pytest.mark.parametrize(
    ("managed", "cores", "memory"), [(1, 17, 60), (10, 17, 60), (11, 37, 124), (50, 37, 124), (400, 261, 796)]
)
def test_ocp_by_hosts_and_observers(managed: int, cores: int, memory: int) -> None:
    """OCP-Server, MetaDB, MonitorDB and the sys tenant add up: 4+4+4+5 cores and 8+8+16+28 GB for up to ten."""
    needs = sized(BOOK, {"hosts": managed, "observers": managed})

    assert needs == {"ocp": {"cpu": cores * CORE, "memory": memory * GIB, "storage": (500 + 100 + 160 * managed) * GB}}


def test_only_parts_whose_amount_is_given() -> None:
    """Hosts alone size OCP-Server; the sys tenant, which is always the same, comes with it."""
    assert sized(BOOK, {"hosts": 3})["ocp"] == {"cpu": 9 * CORE, "memory": 36 * GIB, "storage": 500 * GB}
    assert sized(BOOK, {}) == {}


def test_oms_odc_and_odp() -> None:
    """Two links on OMS's base, ODC by its step, and one ODP for every 8192 connections, rounded up."""
    needs = sized(BOOK, {"links": 2, "users": 21, "connections": 8193})

    assert needs == {
        "oms": {"cpu": 21 * CORE, "memory": 48 * GIB, "storage": 220 * GB},
        "odc": {"cpu": 4 * CORE, "memory": 16 * GIB},
    }
    assert copies(BOOK, {"connections": 8192}) == {"odp": 1}
    assert copies(BOOK, {"connections": 8193, "users": 5}) == {"odp": 2}


def test_community_disk_grows_beyond_ten_observers() -> None:
    """Up to ten OBServers 150 GiB hold what is monitored, from eleven on each takes 20 GiB a day for 8 days."""
    rest = 500 + 100 + 20

    assert sized(COMMUNITY, {"hosts": 10, "observers": 10})["ocp"]["storage"] == (rest + 150) * GIB
    assert sized(COMMUNITY, {"hosts": 11, "observers": 11})["ocp"]["storage"] == (rest + 11 * 160) * GIB


def test_what_is_beyond_the_tables_is_refused() -> None:
    """Every amount that no table holds is named, with what the guide says."""
    with pytest.raises(UsageError) as caught:
        sized(BOOK, {"hosts": 401, "observers": 400, "users": 501})

    assert [text.partition(" (")[0] for text in caught.value.problems] == [
        "ocp: 401 managed hosts, and OCP is not tested beyond 400",
        "odc: 501 users, and one ODC serves no more than 500, run several",
    ]
    with pytest.raises(UsageError, match=r"web: 3 users, and its guide ends at 2 \(a guide\)"):
        sized(own({"role": "web", "part": "p", "by": "users", "steps": [{"upto": 2, "needs": {}}]}), {"users": 3})


def test_measures_are_named() -> None:
    """What roles can be sized by differs between catalogues."""
    assert set(measures(BOOK)) == {"hosts", "observers", "connections", "links", "users"}
    assert measures(COMMUNITY)["observers"] == "managed OBServers"
    assert set(measures(COMMUNITY)) == {"hosts", "observers", "connections"}
    assert measures(load("oceanbase-4.0")) == {}


def test_few_units_have_a_range_each() -> None:
    """The disk grows with every OBServer, so each number of them is a range of its own; hosts rise with them."""
    found = steps(BOOK, "ocp", "observers", 3, 6)

    assert [(each.low, each.high) for each in found] == [(3, 3), (4, 4), (5, 5), (6, 6)]
    assert [each.needs["storage"] // GB for each in found] == [1080, 1240, 1400, 1560]
    assert {each.needs["cpu"] for each in found} == {17 * CORE}


def test_many_units_are_grouped_by_the_tables() -> None:
    """Each range asks for what its upper end needs, and beyond the tables there is none."""
    found = steps(BOOK, "ocp", "observers", 3, 1000)

    assert [(each.low, each.high) for each in found] == [(3, 10), (11, 50), (51, 100), (101, 200), (201, 400)]
    assert [each.needs for each in found] == [
        sized(BOOK, {"hosts": each.high, "observers": each.high})["ocp"] for each in found
    ]


def test_hosts_that_are_given_stay() -> None:
    """Sixty managed hosts are sixty, however many of them are OBServers."""
    (first, *_) = steps(BOOK, "ocp", "observers", 3, 4, {"hosts": 60})

    assert first.needs["cpu"] == (16 + 4 + 4 + 5) * CORE


def test_ranges_in_which_nothing_changes_are_one() -> None:
    """Ten to twelve users on either side of a step, and nothing besides."""
    grades = [{"upto": 11, "needs": {"cpu": "1"}}, {"upto": 20, "needs": {"cpu": "2"}}]
    book = own({"role": "web", "part": "p", "by": "users", "steps": grades})

    assert [(each.low, each.high, each.needs) for each in steps(book, "web", "users", 9, 12)] == [
        (9, 11, {"cpu": CORE}),
        (12, 12, {"cpu": 2 * CORE}),
    ]


def test_role_that_does_not_go_by_the_measure_has_no_ranges() -> None:
    """Nothing to choose from."""
    assert steps(BOOK, "odc", "observers", 3, 6) == ()


def test_ranges_that_start_beyond_the_tables_are_refused() -> None:
    """There is nothing to offer."""
    with pytest.raises(UsageError, match="OCP is not tested beyond 400"):
        steps(BOOK, "ocp", "observers", 401, 500)


def test_growth_without_a_table_is_one_range_when_long() -> None:
    """Many links: what the most of them need is enough for all."""
    (only,) = steps(BOOK, "oms", "links", 1, FEW + 1)

    assert (only.low, only.high, only.needs["cpu"]) == (1, FEW + 1, (5 + 8 * (FEW + 1)) * CORE)
    assert len(steps(BOOK, "oms", "links", 1, FEW)) == FEW


def test_ocp_below_its_own_guide_is_said() -> None:
    """8 cores and 32 GB on the page, 17 and 60 in OCP's guide; the disk is said from the sixth OBServer on."""
    few = contradictions(BOOK, "functional", {"observer": 5, "ocp": 1})
    many = contradictions(BOOK, "functional", {"observer@a": 3, "observer@b": 3, "ocp": 1})

    (short,) = few
    assert short.partition(" (")[0] == (
        "ocp gets 8 cores and 32 GB of memory; its own guide asks for 17 cores and 60 GB of memory "
        "for up to 10 managed hosts and up to 10 managed OBServers"
    )
    assert short.endswith(" (OCP's planning guide)")
    assert many[0] == short
    assert [text.partition(",")[0] for text in many[1:]] == [
        "ocp gets 1.5 TB of storage; its own guide asks for 1.56 TB of storage for 6 managed OBServers"
    ]
    assert ", and this is enough for 5 (" in many[1]


def test_odc_and_oms_below_their_own_guides_are_said() -> None:
    """Two cores against four for the first users, twelve against thirteen for a single link."""
    odc, oms = contradictions(BOOK, "functional", {"odc": 1, "oms": 1})

    assert odc.startswith("odc gets 2 cores; its own guide asks for 4 cores for up to 20 users (ODC documentation")
    assert oms.startswith(
        "oms gets 12 cores and 24 GB of memory; its own guide asks for 13 cores and 28 GB of memory for 1 migr"
    )


def test_enough_is_not_said() -> None:
    """At performance level the page has more than the guides; so has who was given more, or is not there."""
    assert contradictions(BOOK, "performance", {"observer": 5, "ocp": 1, "oms": 1, "odc": 1}) == ()
    given = {"ocp": sized(BOOK, {"hosts": 5, "observers": 5})["ocp"]}
    assert contradictions(BOOK, "functional", {"observer": 5, "ocp": 1}, given) == ()
    assert contradictions(BOOK, "functional", {"observer": 500}) == ()
    assert contradictions(COMMUNITY, "test", {"observer": 10, "ocp": 1}) == ()


def test_resource_that_is_not_asked_of_a_role_is_not_compared() -> None:
    """A waived resource is no shortage."""
    assert contradictions(BOOK, "functional", {"ocp": 1}, {"ocp": {"cpu": 17 * CORE}}) == ()


def test_more_than_the_guide_knows_is_said() -> None:
    """401 OBServers are beyond what OCP was tested with, and that is all there is to say."""
    found = contradictions(BOOK, "functional", {"observer": 401, "ocp": 1})

    assert [text.partition(" (")[0] for text in found] == [
        "ocp: 401 managed hosts, and OCP is not tested beyond 400",
        "ocp: 401 managed OBServers, and OCP is not tested beyond 400",
    ]


@pytest.mark.parametrize("name", shipped())
def test_minimums_of_every_level_can_be_compared(name: str) -> None:
    """No catalogue and level stumbles over its own tables."""
    book = load(name)

    for level in book.levels:
        assert all(text.endswith(")") for text in contradictions(book, level, dict.fromkeys(book.roles, 3)))
