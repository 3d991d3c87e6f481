"""A problem is checked at birth: what it says is read exactly, and what is wrong with it is said all at once."""

from fractions import Fraction

import pytest

from obplace.errors import DataError, UsageError
from obplace.problem import Need
from obplace.rules import AtLeast, AtMost, Ban, Pin, Spread, Survive
from tests.small import CORE, GB, TB, machines, problem

COLUMNS = "cpu,memory,storage,cost,zone"
POOL = machines("8,32 GB,4 TB,5,z1", "8,32 GB,4 TB,5,z2", "8,32 GB,4 TB,5,z3", columns=COLUMNS)


def faults(text: str = POOL, **words) -> tuple[str, ...]:
    """Return what is wrong with a question."""
    with pytest.raises(UsageError) as caught:
        problem(text, **words)
    return caught.value.problems


def lacks(text: str, **words) -> tuple[str, ...]:
    """Return what a pool lacks for a question."""
    with pytest.raises(DataError) as caught:
        problem(text, **words)
    return caught.value.problems


def test_defaults_are_the_catalogue() -> None:
    """Nothing said: the first level, the roles that are not optional, servers and then cost."""
    posed = problem(POOL)

    assert posed.level == "functional"
    assert posed.counts == {"observer": 3, "odp": 3, "ocp": 1, "oat": 1}
    assert posed.objectives == ("servers", "cost")
    assert posed.rules[:2] == (AtLeast(("observer",), 3), AtMost(("observer",), 3))
    assert posed.beyond == ()
    assert [text.partition(";")[0] for text in posed.advice] == ["ocp gets 8 cores and 32 GB of memory"]


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ({"roles": {"odp": 5}}, {"observer": 3, "odp": 5, "ocp": 1, "oat": 1}),
        ({"roles": {"odp": 0}}, {"observer": 3, "ocp": 1, "oat": 1}),
        ({"roles": {"oms": 2}}, {"observer": 3, "odp": 3, "ocp": 1, "oat": 1, "oms": 2}),
        ({"extra": "odc,oms"}, {"observer": 3, "odp": 3, "ocp": 1, "oat": 1, "oms": 1, "odc": 1}),
        ({"extra": "oms", "roles": {"oms": 0}}, {"observer": 3, "odp": 3, "ocp": 1, "oat": 1}),
        ({"preset": "minimum"}, {"observer": 1, "ocp": 1}),
        ({"preset": "minimum", "roles": {"oat": 1}}, {"observer": 1, "ocp": 1, "oat": 1}),
    ],
    ids=str,
)
def test_counts(words: dict, counts: dict[str, int]) -> None:
    """Roles override the preset, which overrides the catalogue; 0 leaves a role out; order is the catalogue's."""
    posed = problem(POOL, **words)

    assert posed.counts == counts
    assert list(posed.counts) == list(counts)


def test_unknown_names_come_with_the_nearest_all_at_once() -> None:
    """One run tells every name that nobody knows."""
    assert faults(
        level="performnce",
        roles={"obsrver": 3, "odp": -1},
        extra="oms,omss",
        preset="minimal",
        minimize="costs",
        minimum={"observer.memry": "1 GB"},
        included="odp:observr",
        waive="nics",
        tolerance={"cpus": "2%"},
        ban="m9",
    ) == (
        "unknown preset 'minimal' (nearest: minimum); there is minimum",
        "unknown level 'performnce' (nearest: performance); there is functional, performance",
        "unknown role 'observr' (nearest: observer); there is observer, odp, ocp, oat, oms, odc",
        "unknown role 'omss' (nearest: oms); there is observer, odp, ocp, oat, oms, odc",
        "unknown role 'obsrver' (nearest: observer); there is observer, odp, ocp, oat, oms, odc",
        "role odp: -1 copies, expected a whole number from 0 to 1,000,000",
        "unknown resource 'memry' (nearest: memory); there is cpu, memory, storage, storage_class, nic",
        "unknown resource 'nics' (nearest: nic); there is cpu, memory, storage, storage_class, nic, ports",
        "unknown objective 'costs' (nearest: cost); there is servers, cost, alike",
        "unknown resource 'cpus' (nearest: cpu); there is cpu, memory, storage, storage_class, nic",
        "no machine 'm9' in frame",
    )


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"roles": {"odp": 1_000_001}}, "role odp: 1000001 copies, expected a whole number from 0 to 1,000,000"),
        ({"roles": {"odp": 2.5}}, "role odp: 2.5 copies, expected a whole number from 0 to 1,000,000"),
        ({"roles": dict.fromkeys(("observer", "odp", "ocp", "oat"), 0)}, "no role is left to place"),
        ({"included": "odp"}, "included 'odp', expected GUEST:HOST such as odp:observer"),
        ({"minimum": {"observer": "1"}}, "minimum 'observer', expected ROLE.RESOURCE such as observer.memory"),
        ({"minimum": {"observer.memory": "lots"}}, "minimum observer.memory is 'lots', expected a quantity"),
        ({"minimize": "cost,cost"}, "minimize cost,cost names an objective twice"),
        ({"headroom": "100%"}, "headroom is '100%', expected a percentage from 0% to below 100%"),
        ({"headroom": "lots"}, "headroom is 'lots', expected a percentage"),
        ({"tolerance": {"memory": "-1%"}}, "tolerance memory is '-1%', expected a percentage"),
        ({"tolerance": {"storage_class": "2%"}}, "tolerance storage_class: a class has no percentage; waive it"),
        ({"pin": {"ocp": "m1"}, "ban": "m1"}, "machine 'm1' is both pinned and banned"),
        ({"pin": {"ocp": "m7"}}, "no machine 'm7' in "),
        ({"pin": {"opc": "m1"}}, "unknown role 'opc' (nearest: odp)"),
        ({"pin": {"oms": "m1"}}, "pin oms: no copy of it is asked for"),
        ({"spare": {"obs": 1}}, "unknown role 'obs' (nearest: oms)"),
        ({"spare": {"observer": -1}}, "spare observer: -1 copies, expected a whole number"),
        ({"spread": {"observer": "zones"}}, "unknown domain level 'zones' (nearest: zone)"),
        ({"spread": {"obs": "zone"}}, "unknown role 'obs' (nearest: oms)"),
        ({"spread": {"observer": "zone:4"}}, "spread observer=zone:4: 3 copies lie in 1 to 3 domains"),
        ({"spread": {"observer": "zone:0"}}, "spread observer=zone:0: 3 copies lie in 1 to 3 domains"),
        ({"spread": {"observer": "zone:x"}}, "spread observer=zone:x: 3 copies lie in 1 to 3 domains"),
        ({"spread": {"observer": "zone:"}}, "spread observer=zone:: 3 copies lie in 1 to 3 domains"),
    ],
    ids=str,
)
def test_words_that_cannot_be_read(words: dict, fault: str) -> None:
    """What came and what was expected, for each way to be wrong."""
    (said,) = faults(**words)

    assert said.startswith(fault)


def test_columns_that_are_needed_are_all_named() -> None:
    """Each resource without a column, the level of a spread and prices, each with what to do."""
    rest = "add it, or go on without that check by --waive"

    assert lacks("machine,cpu\nm1,8", level="performance", spread={"observer": "rack"}, minimize="cost") == (
        "frame has no prices: add a column 'cost', or minimize servers",
        f"frame has no column 'memory', which observer, odp, ocp, oat need: {rest} memory",
        f"frame has no column 'storage', which observer, odp, ocp need: {rest} storage",
        f"frame has no column 'storage_class', which observer, ocp need: {rest} storage_class",
        f"frame has no column 'nic', which observer, ocp need: {rest} nic",
        "frame has no column 'rack', over which observer is to be spread",
    )


def test_only_needed_columns_are_missed() -> None:
    """At functional level nobody needs a network card; OAT alone needs no storage; what is waived is not missed."""
    posed = problem("machine,cpu,memory\nm1,8,32", roles={"observer": 0, "odp": 0, "ocp": 0})
    assert posed.counts == {"oat": 1}

    posed = problem("machine,cpu,memory\nm1,8,32", waive="storage")
    assert posed.beyond == ("storage is waived: nothing says that the machines have enough of it",)
    assert "storage" not in posed.needs["observer"]


@pytest.mark.parametrize(
    ("minimize", "objectives"),
    [
        ("", ("servers", "cost")),
        ("servers", ("servers", "cost")),
        ("cost", ("cost", "servers")),
        ("cost,servers", ("cost", "servers")),
    ],
)
def test_what_is_minimized_comes_first(minimize: str, objectives: tuple[str, ...]) -> None:
    """The other objective follows, so that no tie is left to chance."""
    assert problem(POOL, minimize=minimize).objectives == objectives


def test_without_prices_servers_are_minimized() -> None:
    """A pool without the column, or with nothing in it, has no cost; to ask for it is an error."""
    for text in ("machine,cpu,memory,storage\nm1,8,32,4000", "machine,cpu,memory,storage,cost\nm1,8,32,4000,"):
        assert problem(text).objectives == ("servers",)
        assert lacks(text, minimize="cost") == ("frame has no prices: add a column 'cost', or minimize servers",)


def test_minimum_above_the_page_is_added_to_what_may_be_included() -> None:
    """The catalogue's part and the user's part are kept apart."""
    posed = problem(POOL, minimum={"observer.memory": "20 GB", "oat.storage": "1 TB"})

    assert posed.needs["observer"]["memory"] == Need(16 * GB, 4 * GB)
    assert posed.needs["oat"]["storage"] == Need(0, TB)
    assert posed.beyond == ()


def test_minimum_below_the_page_is_said() -> None:
    """The user may, but the plan does not keep quiet about it; 0 drops the need."""
    posed = problem(POOL, minimum={"observer.memory": "12 GB", "oat.cpu": "0"})

    assert posed.needs["observer"]["memory"] == Need(12 * GB)
    assert posed.needs["oat"] == {"memory": Need(4 * GB)}
    assert posed.beyond == (
        "observer needs 12 GB of memory, below the catalogue's 16 GB",
        "oat needs 0 of cpu, below the catalogue's 2",
    )


def test_what_goes_beyond_the_catalogue_is_said() -> None:
    """Each liberty is a sentence."""
    posed = problem(POOL, included="odp:observer,oat:observer,oat:ocp", tolerance={"memory": "2%"})

    assert posed.beyond == (
        "the needs of odp count as included in those of observer",
        "oat may share a server with observer, which the catalogue does not allow",
        "the needs of oat count as included in those of observer",
        "a machine may fall short of memory by 2%",
    )
    assert posed.tolerance == {"memory": Fraction(1, 50)}


def test_rules_of_a_question() -> None:
    """Counts are two bounds; spares raise the upper one; spread, pins and bans follow."""
    posed = problem(
        POOL,
        roles={"odp": 0, "oat": 0},
        spare={"observer": 1, "ocp": 0},
        spread={"observer": "zone", "ocp": "zone"},
        pin={"ocp": "m3"},
        ban="m2",
    )

    assert posed.rules == (
        AtLeast(("observer",), 3),
        Survive("observer", 3, 1),
        AtMost(("observer",), 4),
        Spread("observer", "zone", 3),
        AtLeast(("ocp",), 1),
        AtMost(("ocp",), 1),
        Spread("ocp", "zone", 1),
        Pin("ocp", "m3"),
        Ban("m2"),
    )
    assert posed.domains == {"zone": ("z1", "z2", "z3")}


@pytest.mark.parametrize(
    ("role", "copies", "domains"),
    [("observer", 3, 3), ("observer", 5, 3), ("observer", 2, 2), ("ocp", 3, 3), ("odp", 2, 2), ("odp", 7, 4)],
)
def test_default_number_of_domains(role: str, copies: int, domains: int) -> None:
    """Three for a role that needs a majority, else as many as there are copies and domains: four zones here."""
    text = POOL + "\nm4,8,32 GB,4 TB,5,z4"
    posed = problem(text, roles={role: copies}, spread={role: "zone"})

    assert Spread(role, "zone", domains) in posed.rules


def test_zone_in_two_idcs_is_an_error_where_zones_are_read() -> None:
    """A zone lies in one IDC; where no rule reads zones it does not matter."""
    text = "machine,cpu,memory,storage,idc,zone\nm1,8,32,4000,d1,z1\nm2,8,32,4000,d2,z1"

    assert problem(text).domains == {}
    (fault,) = lacks(text, spread={"observer": "zone:1"})
    assert fault.startswith("frame: zone 'z1' lies in two IDCs: d1 (")


def test_equal_machines_are_pinned_and_banned_by_their_row() -> None:
    """Which of two equal machines runs a role is no question to ask."""
    text = "machine,cpu,memory,storage,quantity\nm1,8,32,4000,3"

    assert Pin("ocp", "m1") in problem(text, pin={"ocp": "m1"}).rules
    assert faults(text, pin={"ocp": "m1#2"}) == ("machine 'm1#2': the 3 of m1 are equal, name the row",)


def test_bounds_and_advice() -> None:
    """Bounds are those of the rules; advice comes with the copies that it is about."""
    posed = problem(POOL, roles={"ocp": 3}, spare={"ocp": 2})

    assert posed.bounds("ocp") == (3, 5)
    assert posed.advice[0] == "OCP runs on several servers: put a load balancer (F5, SLB or NLB) in front of them."
    assert problem(POOL).needs["ocp"]["cpu"] == Need(8 * CORE)


@pytest.mark.parametrize("word", ["spread", "spare", "pin"])
def test_word_for_a_role_that_is_not_asked_for_is_a_fault(word: str) -> None:
    """Who spreads, spares or pins a role that does not run is told so, instead of being ignored."""
    said = {"spread": {"odc": "zone"}, "spare": {"odc": 1}, "pin": {"odc": ("m1",)}}[word]

    with pytest.raises(UsageError, match=f"{word} odc: no copy of it is asked for"):
        problem(machines("8,32 GB,2 TB,z1", columns="cpu,memory,storage,zone"), **{word: said})
