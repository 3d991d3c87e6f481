"""What a plan says besides who runs where."""

from dataclasses import replace

from obplace.notes import notes
from obplace.plan import Status
from obplace.solver import Result
from tests.small import machines, problem, solved

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

    assert notes(replace(result, confirmed=False)) == (
        "unconfirmed: one solver proved the optimum, a second one did not get to the same",
    )
    assert notes(replace(result, settled=False)) == (
        "other plans are as good: which of them is shown may change from run to run",
    )
    assert notes(replace(result, status=Status.FEASIBLE, confirmed=False, settled=False, interrupted=True)) == (
        "the search was interrupted: this is the best plan it had",
    )
    assert notes(replace(result, plan=None)) == ()
