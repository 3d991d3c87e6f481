"""What a plan survives, each verdict by hand arithmetic, and all of it against a count of every case on small plans."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obplace.catalogue import Catalogue
from obplace.drill import Drill, Verdict, drill
from obplace.drilled import summary
from obplace.plan import Assignment, Plan
from obplace.pool import Machine
from tests.small import BOOK

ARBITER = replace(BOOK.roles["oat"], name="arbitration", title="Arbitration", optional=True, arbitrates="observer")
WITH_ARBITER = replace(BOOK, roles={**BOOK.roles, "arbitration": ARBITER})


def plan(text: str, catalogue: Catalogue = BOOK) -> Plan:
    """Return the plan of a table: machine, roles with + between them, domains; '-' is not known."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    return Plan(tuple(_assignment(dict(zip(head, line, strict=True))) for line in lines), catalogue)


def _assignment(cells: dict[str, str]) -> Assignment:
    name, roles = cells.pop("machine"), tuple(cells.pop("roles").split("+"))
    domains = {level: None if cell == "-" else cell for level, cell in cells.items()}
    machine = Machine(name, 0, {}, None, 1, domains, None, None, None, (), (), available=True)
    return Assignment(name, machine, roles, {}, {})


def drilled(text: str, catalogue: Catalogue = BOOK) -> Drill:
    """Return the drill of the plan of a table."""
    return drill(plan(text, catalogue))


def safe(found: Drill, role: str = "observer") -> list[str]:
    """Return the levels of which one loss leaves a role running."""
    return [level for level in found.levels if found.survives(level, [role])]


def left(found: Drill, level: str, name: str | None, role: str) -> tuple[int, int, str]:
    """Return copies and votes that a loss leaves of a role, and its verdict."""
    loss = next(each for each in found.at(level) if each.name == name)
    one = next(each for each in loss.left if each.role == role)
    return one.copies, one.votes, one.verdict.value


# Copies


def test_three_observers_in_two_idcs() -> None:
    """Three racks and two IDCs, 2 + 1: each rack leaves 2 of 3, which is more than half; the IDC of two leaves 1."""
    found = drilled("""
        machine roles    idc rack
        a       observer A   r1
        b       observer A   r2
        c       observer B   r3
    """)

    assert left(found, "machine", "a", "observer") == (2, 2, "survives")
    assert left(found, "rack", "r2", "observer") == (2, 2, "survives")
    assert left(found, "idc", "A", "observer") == (1, 1, "ends")
    assert left(found, "idc", "B", "observer") == (2, 2, "survives")
    assert safe(found) == ["machine", "rack"]  # any pair leaves 1 of 3
    assert found.verdict("idc") is Verdict.ENDS


def test_half_is_no_majority() -> None:
    """Of four copies two are not more than half; of five three are."""
    four = drilled("machine roles\na observer\nb observer\nc observer\nd observer")
    five = drilled("machine roles\na observer\nb observer\nc observer\nd observer\ne observer")

    assert safe(four) == ["machine"]
    assert safe(five) == ["machine", "2 machine"]


def test_one_copy_is_enough_without_a_quorum() -> None:
    """An ODP serves alone: of three any two may go, and the rack that holds all three may not."""
    found = drilled("""
        machine roles rack zone
        a       odp   r1   z1
        b       odp   r1   z1
        c       odp   r1   z2
    """)

    assert left(found, "zone", "z1", "odp") == (1, 1, "survives")
    assert safe(found, "odp") == ["machine", "2 machine", "zone"]
    assert left(found, "rack", "r1", "odp") == (0, 0, "ends")


def test_what_runs_once_ends_with_its_machine() -> None:
    """One OCP and one OAT end with their machine; a plan is judged by what runs more than once."""
    found = drilled("""
        machine roles
        a       observer
        b       observer
        c       observer
        d       ocp+oat
    """)

    assert left(found, "machine", "d", "ocp") == (0, 0, "ends")
    assert found.replicated == ("observer",)
    assert found.survives("machine")
    assert not found.survives("machine", ["ocp"])


def test_nothing_survives_where_everything_runs_once() -> None:
    """The smallest deployment has one OBServer and one OCP: no loss of anything leaves it whole."""
    found = drilled("machine roles zone\na observer z1\nb ocp z2")

    assert [found.survives(level) for level in found.levels] == [False] * 4
    assert summary(found) == "nothing is survived: observer and ocp run once and end with the machine"


def test_levels_that_the_pool_does_not_have_are_not_survived() -> None:
    """What was not drilled is not safe."""
    found = drilled("machine roles rack\na observer r1\nb observer r2\nc observer r3")

    assert found.levels == ("machine", "2 machine", "rack")
    assert found.survives("rack")
    assert not found.survives("idc")


# Zones are replicas


def test_zone_of_several_servers_is_one_vote() -> None:
    """2-2-2: a zone may go and 2 of 3 are left; two servers of two zones take two votes, though 4 of 6 copies run."""
    found = drilled("""
        machine roles    zone
        a1      observer z1
        a2      observer z1
        b1      observer z2
        b2      observer z2
        c1      observer z3
        c2      observer z3
    """)

    assert left(found, "zone", "z1", "observer") == (4, 2, "survives")
    pairs = found.pairs[0]
    assert (pairs.pairs, pairs.ending) == (15, 12)  # all but the three pairs within a zone
    assert pairs.worst == ("a1", "b1")
    assert safe(found) == ["machine", "zone"]


def test_a_large_zone_has_no_more_votes_than_a_small_one() -> None:
    """3-1-1: the zone of three leaves 2 of 5 copies and 2 of 3 replicas, a majority."""
    found = drilled("""
        machine roles    zone
        a1      observer z1
        a2      observer z1
        a3      observer z1
        b       observer z2
        c       observer z3
    """)

    assert left(found, "zone", "z1", "observer") == (2, 2, "survives")


def test_two_zones_are_no_replicas() -> None:
    """Three copies in two zones: there is no majority of two zones, so each copy votes."""
    found = drilled("machine roles zone\na observer z1\nb observer z1\nc observer z2")

    assert left(found, "zone", "z2", "observer") == (2, 2, "survives")
    assert left(found, "zone", "z1", "observer") == (1, 1, "ends")


# Placements that keep every count and fail


@pytest.mark.parametrize(
    ("text", "level", "name", "votes"),
    [
        pytest.param(
            """
            machine roles    zone rack
            a       observer z1   r1
            b       observer z2   r1
            c       observer z3   r2
            """,
            *("rack", "r1", 1),  # 3 - 2
            id="two of three zones in a rack",
        ),
        pytest.param(
            """
            machine roles    zone rack
            a1      observer z1   r1
            a2      observer z1   r2
            b1      observer z2   r1
            b2      observer z2   r3
            c1      observer z3   r4
            c2      observer z3   r5
            """,
            *("rack", "r1", 1),  # 4 of 6 copies are left; z1 and z2 have each lost a server
            id="hosts of two zones share a rack of 2-2-2",
        ),
        pytest.param(
            """
            machine roles    zone idc
            a       observer z1   A
            b       observer z2   A
            c       observer z3   A
            d       observer z4   B
            e       observer z5   B
            """,
            *("idc", "A", 2),  # 5 - 3
            id="3-2 over two IDCs",
        ),
        pytest.param(
            """
            machine roles    zone idc region
            a       observer z1   A   east
            b       observer z2   B   east
            c       observer z3   C   west
            """,
            *("region", "east", 1),
            id="three IDCs of which two share a region",
        ),
        pytest.param(
            """
            machine roles    zone idc region
            a       observer z1   A   east
            b       observer z2   A   east
            c       observer z3   B   east
            d       observer z4   B   east
            e       observer z5   C   west
            """,
            *("region", "east", 1),  # 2-2-1 over two regions survives IDCs, not the main region
            id="2-2-1 with both pairs in a region",
        ),
        pytest.param(
            """
            machine roles    zone rack
            a       ocp      z1   r1
            b       ocp      z2   r1
            c       ocp      z3   r1
            """,
            *("rack", "r1", 0),
            id="OCP three times in a rack",
        ),
    ],
)
def test_counts_hold_and_the_drill_fails(text: str, level: str, name: str, votes: int) -> None:
    """Every zone has its servers on machines of their own, and yet one loss takes the majority."""
    found = drilled(text)
    role = found.roles[0].role

    assert found.survives("machine")
    assert found.survives("zone")
    assert not found.survives(level)
    assert left(found, level, name, role)[1:] == (votes, "ends")


# The topologies that OceanBase documents


def five(*places: str) -> str:
    """Return five zones of one OBServer each in these places, written region/idc."""
    lines = [
        f"m{k} observer z{k} {place.partition('/')[2]} {place.partition('/')[0]}" for k, place in enumerate(places)
    ]
    return "\n".join(["machine roles zone idc region", *lines])


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        (five("x/A", "x/A", "x/A"), ["machine", "zone"]),  # 1-1-1 in one IDC
        (five("x/A", "x/B", "x/C"), ["machine", "zone", "idc"]),  # three IDCs in one city
        # Two regions, three IDCs, 2-2-1: any IDC, not the main region.
        (five("x/A", "x/A", "x/B", "x/B", "y/C"), ["machine", "2 machine", "zone", "2 zone", "idc"]),
        # Three regions of one IDC each, 2-2-1; then of five IDCs, any two of which hold two zones.
        (five("x/A", "x/A", "y/B", "y/B", "w/C"), ["machine", "2 machine", "zone", "2 zone", "idc", "region"]),
        (
            five("x/A", "x/B", "y/C", "y/D", "w/E"),
            ["machine", "2 machine", "zone", "2 zone", "idc", "2 idc", "region"],
        ),
    ],
)
def test_topologies_survive_what_is_documented(text: str, levels: list[str]) -> None:
    """The losses that a documented topology bears, and no more."""
    assert safe(drilled(text)) == levels


# Two domains at once


def pairs(found: Drill, level: str, role: str = "observer") -> tuple[int, int | None, int, object]:
    """Return of a level how many pairs there are, how many end a role, of how many that is not known, and the worst."""
    one = next(each for each in found.pairs if (each.level, each.role) == (level, role))
    return one.pairs, one.ending, one.unsure, one.worst


def test_two_idcs_of_three_take_two_of_three() -> None:
    """Each of the 3 pairs leaves one vote of three; of five IDCs two leave three votes of five."""
    three = drilled(five("x/A", "x/B", "x/C"))
    more = drilled(five("x/A", "x/B", "y/C", "y/D", "w/E"))

    assert pairs(three, "idc") == (3, 3, 0, ("A", "B"))
    assert pairs(more, "idc") == (10, 0, 0, None)
    assert pairs(more, "region") == (3, 3, 0, ("x", "y"))  # 4, 3 and 3 of 5 votes: the worst takes 4
    assert more.survives("2 idc")
    assert not more.survives("2 region")


def test_only_some_pairs_end_it() -> None:
    """2-2-1 over three IDCs: A and B take 4 of 5 votes, the others 3 of 5; 2-1-1-1: only pairs with A, 3 of 6."""
    assert pairs(drilled(five("x/A", "x/A", "x/B", "x/B", "y/C")), "idc")[:2] == (3, 3)
    assert pairs(drilled(five("x/A", "x/A", "x/B", "x/C", "x/D")), "idc") == (6, 3, 0, ("A", "B"))


def test_one_domain_has_no_pairs() -> None:
    """Where all lie in one IDC its loss is the question, and that of two none."""
    found = drilled(five("x/A", "x/A", "x/A"))

    assert found.levels == ("machine", "2 machine", "zone", "2 zone", "idc", "region")
    assert not found.survives("2 idc")


def test_unknown_idc_may_be_in_a_pair() -> None:
    """A 1-1-1-1-1 whose last IDC is not known: A and B leave 3 of 5, or 2 if the last is in one of them."""
    found = drilled(five("x/A", "x/B", "x/C", "x/D", "x/-"))

    assert pairs(found, "idc") == (10, 0, 6, None)  # with the unknown one alone a pair takes two, as it should
    assert found.verdict("2 idc") is Verdict.UNKNOWN


def test_racks_are_not_paired() -> None:
    """Two racks at once are about two machines; they are not counted."""
    assert "2 rack" not in drilled("machine roles rack\na observer r1\nb observer r2").levels


# Arbitration


def test_arbiter_makes_a_majority_of_two_replicas() -> None:
    """2F1A: three votes, any IDC may go; without the arbiter half of two is no majority."""
    text = """
        machine roles       zone idc
        a       observer    z1   A
        b       observer    z2   B
        s       arbitration z3   C
    """
    found = drilled(text, WITH_ARBITER)

    assert left(found, "idc", "A", "observer") == (1, 2, "survives")
    assert left(found, "idc", "C", "observer") == (2, 2, "survives")
    assert safe(found) == ["machine", "zone", "idc"]
    assert safe(drilled("machine roles\na observer\nb observer")) == []


def test_arbiter_beside_a_replica_helps_nobody() -> None:
    """2F1A with the arbiter in the IDC of a replica: both go at once, 1 of 3 votes is left."""
    found = drilled(
        """
        machine roles       zone idc
        a       observer    z1   A
        b       observer    z2   B
        s       arbitration z3   A
        """,
        WITH_ARBITER,
    )

    assert left(found, "idc", "A", "observer") == (1, 1, "ends")
    assert left(found, "idc", "B", "observer") == (1, 2, "survives")


def test_arbiter_with_zones_of_two_servers() -> None:
    """2F1A, two servers a zone: a zone may go, a server of each may not, though half of the copies and A are left."""
    found = drilled(
        """
        machine roles       zone
        a1      observer    z1
        a2      observer    z1
        b1      observer    z2
        b2      observer    z2
        s       arbitration z3
        """,
        WITH_ARBITER,
    )

    assert left(found, "zone", "z1", "observer") == (2, 2, "survives")
    assert found.pairs[0].ending == 8  # a server of z1 and one of z2: 4; a server and the arbiter: 4
    assert found.pairs[0].pairs == 10


@pytest.mark.parametrize(
    ("third", "verdict"), [("C", "survives"), ("A", "ends")], ids=["apart", "in the IDC of two replicas"]
)
def test_four_replicas_and_an_arbiter(third: str, verdict: str) -> None:
    """4F1A, two and two: an IDC of two leaves 3 of 5 votes, one of two and the arbiter 2 of 5."""
    found = drilled(
        f"""
        machine roles       zone idc
        a       observer    z1   A
        b       observer    z2   A
        c       observer    z3   B
        d       observer    z4   B
        s       arbitration z5   {third}
        """,
        WITH_ARBITER,
    )

    assert left(found, "idc", "A", "observer")[2] == verdict
    assert left(found, "idc", "B", "observer") == (2, 3, "survives")


def test_arbiter_adds_nothing_to_an_odd_number() -> None:
    """Three replicas have a majority of their own; the arbiter is for two or four."""
    found = drilled("machine roles\na observer\nb observer\nc observer\ns arbitration", WITH_ARBITER)

    assert len(found.standing("observer").votes) == 3
    assert found.pairs[0].ending == 3


# What is not known


def test_machine_of_unknown_rack_may_be_in_any() -> None:
    """Racks r1, r2 and one unknown: it may be r1, and then r1 takes two of three."""
    found = drilled("machine roles rack\na observer r1\nb observer r2\nc observer -")

    assert found.unknown["rack"] == ("c",)
    assert found.verdict("rack") is Verdict.UNKNOWN
    assert not found.survives("rack")
    assert left(found, "rack", "r1", "observer") == (2, 2, "unknown")
    assert left(found, "rack", None, "observer") == (3, 3, "survives")  # alone in a rack of its own


def test_two_unknown_racks_may_be_one() -> None:
    """Of five one rack may hold both unknown ones and one more: 2 of 5 left; of two unknown alone, 3 of 5."""
    found = drilled("machine roles rack\na observer r1\nb observer r2\nc observer r3\nd observer -\ne observer -")

    assert left(found, "rack", "r1", "observer") == (4, 4, "unknown")
    assert left(found, "rack", None, "observer") == (5, 5, "survives")


def test_unknown_rack_does_not_hide_a_known_fault() -> None:
    """Two of three stand in r1: it ends the majority wherever the third is."""
    found = drilled("machine roles rack\na observer r1\nb observer r1\nc observer -")

    assert left(found, "rack", "r1", "observer") == (1, 1, "ends")
    assert found.verdict("rack") is Verdict.ENDS


def test_unknown_rack_does_no_harm_where_enough_is_left() -> None:
    """Three ODPs, one of unknown rack: whatever it is, one of the others is left."""
    found = drilled("machine roles rack\na odp r1\nb odp r2\nc odp -")

    assert found.survives("rack")


def test_roles_elsewhere_do_not_suffer_from_an_unknown_domain() -> None:
    """The rack of the OCP is not known: the OBServers are safe with one of three in each rack."""
    found = drilled("machine roles rack\na observer r1\nb observer r2\nc observer r3\nd ocp -")

    assert safe(found) == ["machine", "rack"]
    assert not found.survives("rack", ["ocp"])


def test_unknown_zone_is_none_that_lies_elsewhere() -> None:
    """2F1A: the zone of s is not known, but it stands in IDC C and z1 and z2 do not, so neither takes it along."""
    text = """
        machine roles       zone idc
        a       observer    z1   A
        b       observer    z2   B
        s       arbitration -    {}
    """

    assert "zone" in safe(drilled(text.format("C"), WITH_ARBITER))
    assert drilled(text.format("B"), WITH_ARBITER).verdict("zone", ["observer"]) is Verdict.UNKNOWN
    assert drilled(text.format("-"), WITH_ARBITER).verdict("zone", ["observer"]) is Verdict.UNKNOWN


def test_zones_of_one_name_in_two_idcs_are_two() -> None:
    """A zone lies in one IDC, so z1 of one cluster is not z1 of the other; a role in both takes the name for one."""
    head = "machine roles zone idc"
    clusters = drilled(f"{head}\na observer z1 A\nb ocp z1 B\nc ocp z2 B\nd ocp z3 B")
    one = drilled(f"{head}\na observer z1 A\nb observer z1 B\nc observer z2 B")

    assert [loss.name for loss in clusters.at("zone")] == ["z1 in A", "z1 in B", "z2", "z3"]
    assert [loss.name for loss in one.at("zone")] == ["z1", "z2"]


def test_server_without_a_level_lies_in_no_domain() -> None:
    """Where the plan gives zones to OBServers alone, the loss of a zone takes nothing else."""
    posed = plan("machine roles zone\na observer z1\nb observer z2\nc observer z3\nd ocp -")
    *zoned, last = posed.assignments
    machine = replace(last.machine, domains={})
    found = drill(replace(posed, assignments=(*zoned, replace(last, machine=machine))))

    assert found.unknown == {"zone": ()}
    assert found.survives("zone", ["observer", "ocp"])


def test_votes_are_unknown_with_some_of_the_zones() -> None:
    """Four copies, the zone of one unknown: it may share a zone with another or be a replica of its own."""
    found = drilled("machine roles zone\na observer z1\nb observer z2\nc observer z3\nd observer -")

    assert found.verdict("machine") is Verdict.UNKNOWN
    assert found.verdict("2 machine") is Verdict.UNKNOWN
    assert found.pairs[0].ending is None


def test_no_zone_known_leaves_the_copies() -> None:
    """Where the plan says nothing of zones each copy votes."""
    assert safe(drilled("machine roles zone\na observer -\nb observer -\nc observer -")) == ["machine"]


# The sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "machine roles idc rack\na observer A r1\nb observer A r2\nc observer B r3",
            "observer survives the loss of any one machine and rack; not of idc A, which takes 2 of 3 observer",
        ),
        (
            "machine roles rack\na observer r1\nb observer r2",
            (
                "observer does not survive the loss of machine a, which takes 1 of 2 observer; "
                "nor of rack r1, which takes 1 of 2 observer"
            ),
        ),
        (
            "machine roles rack\na odp r1\nb odp r2\nc odp -",
            "odp survives the loss of any one machine and rack, and of any two machines",
        ),
        (
            "machine roles rack\na observer r1\nb observer r2\nc observer -",
            "observer survives the loss of any one machine; not known for rack",
        ),
        (
            "machine roles zone\na observer z1\nb observer z2\nc observer z3\nd observer -",
            "what observer survives cannot be told; not known for machine and zone",
        ),
        (
            "machine roles zone rack\na observer z1 r1\nb observer z2 r1\nc observer z3 r2\nd observer z3 r3",
            (
                "observer survives the loss of any one machine and zone; "
                "not of rack r1, which takes 2 of 4 observer and 2 of 3 votes"
            ),
        ),
    ],
)
def test_summary_says_it_in_a_sentence(text: str, sentence: str) -> None:
    """What is survived, what is not with the worst case, and what is not known."""
    assert summary(drilled(text)) == sentence


def test_frame_has_a_row_for_each_loss_and_role() -> None:
    """Four machines, one of which runs two roles."""
    frame = drilled("machine roles\na observer\nb observer\nc observer\nd ocp+oat").to_frame()

    assert list(frame["role"]) == ["observer", "observer", "observer", "ocp", "oat"]
    assert list(frame["copies_left"]) == [2, 2, 2, 0, 0]
    assert list(frame["verdict"]) == ["survives"] * 3 + ["ends"] * 2


# Against every case


def runs(machines: Sequence[Mapping[str, str | None]], lost: Iterable[int], role: str) -> bool:
    """Say whether a role goes on: the definition again, from sets of zones and copies."""
    alive = [each for k, each in enumerate(machines) if k not in set(lost)]
    copies = [each for each in machines if role in str(each["roles"])]
    rest = [each for each in alive if role in str(each["roles"])]
    if role == "odp":
        return bool(rest)
    zones = {each["zone"] for each in copies}
    arbiters = [each for each in machines if "arbitration" in str(each["roles"])]
    votes, kept = len(copies), len(rest)
    if None not in zones and len(zones) >= (2 if arbiters else 3):
        damaged = {each["zone"] for each in copies if each not in rest}
        votes, kept = len(zones), len(zones - damaged)
    if arbiters and votes % 2 == 0:
        votes, kept = votes + 1, kept + all(each in alive for each in arbiters)
    return kept > votes / 2 and bool(rest)


@st.composite
def placements(draw: st.DrawFn) -> list[dict[str, str | None]]:
    """Draw up to eight machines with roles, zones all known or none, IDCs of which some are unknown."""
    number = draw(st.integers(1, 8))
    zoned = draw(st.booleans())
    return [
        {
            "machine": f"m{k}",
            "roles": draw(st.sampled_from(["observer", "observer", "observer+odp", "odp", "arbitration"])),
            "zone": draw(st.sampled_from(["z1", "z2", "z3", "z4"])) if zoned else None,
            "idc": draw(st.sampled_from(["r1", "r2", "r3", "r3", None])),
        }
        for k in range(number)
    ]


def cases(machines: Sequence[Mapping[str, str | None]]) -> Iterator[dict[str, set[int]]]:
    """Return the IDCs in each way in which the unknown ones may be: one of those known, or one of their own."""
    unknown = [k for k, each in enumerate(machines) if each["idc"] is None]
    names = sorted({str(each["idc"]) for each in machines if each["idc"]} | {"new"})
    for chosen in product(names, repeat=len(unknown)):
        where = {k: str(each["idc"]) for k, each in enumerate(machines)} | dict(zip(unknown, chosen, strict=True))
        yield {name: {k for k in where if where[k] == name} for name in names}


def losses(idcs: Mapping[str, set[int]], number: int) -> list[set[int]]:
    """Return the machines that go with each so many IDCs."""
    return [set().union(*lost) for lost in combinations(idcs.values(), min(number, len(idcs))) if any(lost)]


@given(placements())
def test_drill_agrees_with_every_case(machines: list[dict[str, str | None]]) -> None:
    """Machines, IDCs and pairs of them of small plans, each verdict and number against the definition tried out."""
    head = "machine roles zone idc"
    lines = [" ".join(each[name] or "-" for name in head.split()) for each in machines]
    found = drilled("\n".join([head, *lines]), WITH_ARBITER)
    pairs = list(combinations(range(len(machines)), 2))

    for role in {each.role for each in found.roles} & {"observer", "odp"}:
        for k, loss in enumerate(found.at("machine")):
            verdict = {left.role: left.verdict for left in loss.left}.get(role, Verdict.SURVIVES)
            assert (verdict is Verdict.SURVIVES) == runs(machines, [k], role)
        counted = next(each for each in found.pairs if (each.level, each.role) == ("machine", role))
        assert counted.ending == sum(not runs(machines, pair, role) for pair in pairs)
        if counted.worst:
            assert not runs(machines, [int(str(name)[1:]) for name in counted.worst], role)
        for level, number in (("idc", 1), ("2 idc", 2)):
            answers = [all(runs(machines, lost, role) for lost in losses(idcs, number)) for idcs in cases(machines)]
            expected = Verdict.SURVIVES if all(answers) else Verdict.UNKNOWN if any(answers) else Verdict.ENDS
            said = found.verdict(level, [role])
            # An IDC may be fatal in every case without one loss that is fatal in all of them.
            assert level not in found.levels or said is expected or (said, expected) == (Verdict.UNKNOWN, Verdict.ENDS)
