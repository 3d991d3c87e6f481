"""What a plan says besides who runs where."""

from dataclasses import replace

from obplace.catalogue import load
from obplace.notes import kept, notes
from obplace.plan import Objective, Status
from obplace.result import Result
from obplace.solver import Solver
from obplace.words import headline
from tests.small import GB, machines, problem, solved

COLUMNS = "cpu,memory,storage,cost"
BIG = machines(*["64,640 GB,9 TB,1"] * 6, columns=COLUMNS)
ONLY = {"odp": 0, "ocp": 0, "oat": 0}


def said(text: str, **words) -> tuple[str, ...]:
    """Return the notes of the plan of a question."""
    return notes(solved(problem(text, **words)))


def zoned(zones: str) -> str:
    """Return machines in these zones."""
    return machines(*(f"64,640 GB,9 TB,1,{zone.strip()}" for zone in zones), columns=f"{COLUMNS},zone")


def test_nothing_to_say() -> None:
    """One OBServer alone, proven and settled, shares with nobody and has no majority to lose."""
    assert said(BIG, roles={**ONLY, "observer": 1}) == ()


def test_how_roles_share() -> None:
    """Only pairs that do share are named."""
    assert said(BIG) == (
        "oat shares a server with ocp: its needs are included in those of ocp",
        "odp shares a server with observer: its needs are added to those of observer",
        (
            "ocp gets 8 cores and 32 GB of memory; its own guide asks for 17 cores and 60 GB of memory for up to 10 "
            "managed hosts and up to 10 managed OBServers (OCP's planning guide)"
        ),
    )


def test_loss_of_a_domain_that_a_majority_survives() -> None:
    """One in each of three zones: any zone may fail."""
    assert said(zoned("abc"), roles=ONLY) == ("observer lies in 3 zones: the loss of any one leaves its majority",)


def test_loss_of_a_domain_that_ends_a_majority() -> None:
    """Two of three in one zone."""
    assert said(zoned("aab"), roles=ONLY) == (
        "observer lies in 2 zones: the loss of a, which holds 2, ends its majority",
    )


def test_unknown_domain() -> None:
    """Where a zone is blank, nothing is claimed."""
    assert said(zoned("ab "), roles=ONLY) == ("observer: the zone of 1 of 3 is not known",)


def test_domains_are_told_by_level() -> None:
    """What survives in one level need not in another."""
    text = machines(*(f"64,640 GB,9 TB,1,d1,r{k}" for k in range(3)), columns=f"{COLUMNS},idc,rack")

    assert said(text, roles=ONLY) == (
        "observer lies in 1 idc: the loss of d1, which holds 3, ends its majority",
        "observer lies in 3 racks: the loss of any one leaves its majority",
    )


# Clusters, disks and rules

LATER = load("oceanbase-4.2.3")
TWO_SIZES = machines(
    *(f"64,{size} GB,9 TB,1,ssd,east,{idc},x86_64" for idc in "ABC" for size in (512, 256)),
    columns=f"{COLUMNS},storage_class,region,idc,arch",
)


def found(text: str, **words) -> Result:
    """Return the result of a question to the later catalogue."""
    return Solver(threads=1).solve(problem(text, LATER, **words))


def test_what_the_smallest_server_leaves_idle() -> None:
    """Six servers, of which three have 256 GB more than the others: 768 GB; where all are alike nothing is said."""
    asked = {"topology": ("three-idcs:2",), "roles": ONLY}
    told = [text for text in notes(found(TWO_SIZES, **asked)) if "idle" in text]

    assert [text.partition("all together: ")[2] for text in told] == ["768 GB of memory (it has 256 GB)"]
    assert not [text for text in notes(found(TWO_SIZES.replace("256 GB", "512 GB"), **asked)) if "idle" in text]


def test_disk_budget_where_it_was_asked_for() -> None:
    """80 % of 256 GB are 204.8 GB of memory_limit; the servers of other roles have no budget and do no harm."""
    asked = {"topology": ("three-idcs:2",), "roles": {"odp": 0}}
    text = "\n".join(notes(found(f"{TWO_SIZES}\nm7,64,512 GB,9 TB,1,ssd,east,A,x86_64", **asked, disks="same")))

    assert "observer: memory_limit 204 GB, log disk " in text
    assert "idle, all together: 768 GB of memory (it has 256 GB)" in text
    assert "memory_limit" not in "\n".join(notes(found(TWO_SIZES, topology=("three-idcs:2",), roles=ONLY)))


def test_rules_stand_in_a_line_of_their_own() -> None:
    """Those on numbers of copies are seen anyhow, and differences stand in their unit; without others none is shown."""
    result = found(TWO_SIZES, topology=("three-idcs",), roles=ONLY, alike={"observer.memory": "64GB"})

    assert kept(result) == (
        "it keeps these rules: observer runs in exactly 3 zones, evenly; every zone of observer lies in one idc; "
        "the zones of observer lie in exactly 3 idcs, 1-1-1; the zones of observer lie in exactly 1 region, 3; "
        "all observer run on the same arch; the memory of the servers of observer differs by at most 64 GB"
    )
    assert kept(solved(problem(BIG, roles=ONLY))) is None
    assert kept(replace(result, plan=None)) is None


def test_arbiter_of_unknown_idc() -> None:
    """Two replicas in two IDCs: where the arbitration service may lie with one of them nothing is promised."""
    rows = ("64,640 GB,9 TB,1,ssd,A", "64,640 GB,9 TB,1,ssd,B", "64,640 GB,9 TB,1,ssd,{}")
    asked = {"roles": {**ONLY, "observer": 2, "arbitration": 1}, "pin": {"arbitration": "m3"}}

    def told(idc: str) -> str:
        text = machines(*rows, columns=f"{COLUMNS},storage_class,idc").format(idc)
        return next(each for each in notes(found(text, **asked)) if "lies in 2 idcs" in each)

    assert told("") == "observer lies in 2 idcs: where arbitration lies is not known, nor what one of them ends"
    assert told("C") == "observer lies in 2 idcs: the loss of any one leaves its majority"
    assert told("A") == "observer lies in 2 idcs: the loss of A, which holds 1 and arbitration, ends its majority"


def test_difference_stands_in_its_unit() -> None:
    """The first line tells by how much servers differ in GB, and what is proven of it."""
    asked = {"topology": ("three-idcs:2",), "roles": ONLY, "alike": {"observer.memory": "any"}, "minimize": "alike"}
    result = found(TWO_SIZES, **asked)
    worse = (Objective("alike", 256 * GB, 128 * GB),)

    assert headline(result).startswith(
        "6 servers, cost 6: memory of observer as alike as can be, 256 GB apart, then fewest servers"
    )
    assert headline(found(TWO_SIZES, **{**asked, "topology": ("three-idcs",)})).startswith(
        "3 servers, cost 3: memory of observer as alike as can be, all equal, then"
    )
    assert "difference in memory of observer cannot be below 128 GB, a gap of 50.00%" in headline(
        replace(result, status=Status.FEASIBLE, objectives=worse)
    )


def test_what_the_user_allowed_is_said() -> None:
    """Liberties, waivers and machines in use."""
    text = machines("4,16 GB,2 TB,1,web;db", columns=f"{COLUMNS},runs")

    assert said(text, roles={**ONLY, "observer": 1}, reuse=True, waive="nic") == (
        "nic is waived: nothing says that the machines have enough of it",
        "m1 runs db, web today and is used as if it were free",
    )


def test_what_blanks_kept_out_is_counted() -> None:
    """Machines without a price where cost counts, and with unknown capacities that are needed."""
    text = machines("4,16 GB,2 TB,1", "4,,2 TB,1", "4,16 GB,2 TB,", "4,16 GB,,", columns=COLUMNS)

    assert said(text, roles={**ONLY, "observer": 1}) == (
        "1 machine of unknown memory could run nothing that needs it",
        "1 machine of unknown storage could run nothing that needs it",
        "2 machines without a price could not be used",
    )


def test_what_a_status_rests_on() -> None:
    """Unconfirmed, unsettled and interrupted are said, and only where they matter."""
    result: Result = solved(problem(BIG, roles={**ONLY, "observer": 1}))

    assert notes(replace(result, proof=None)) == (
        "unconfirmed: one solver proved the optimum; no certificate was found, nor did a second solver get to the same",
    )
    assert notes(replace(result, settled=False)) == (
        "other plans are as good: which of them is shown may change from run to run",
    )
    assert notes(replace(result, status=Status.FEASIBLE, proof=None, settled=False, interrupted=True)) == (
        "the search was interrupted: this is the best plan it had",
    )
    assert notes(replace(result, plan=None)) == ()
