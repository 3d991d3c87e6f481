"""When there is no plan it says which role is short, which minimum stops it, and what comes nearest."""

from obplace.document import to_document
from obplace.markdown import as_markdown
from obplace.notes import notes
from obplace.report.html import result_html
from obplace.terminal import show_result
from tests.small import machines, problem, refused, solved

COLUMNS = "cpu,memory,storage"
ONLY = {"odp": 0, "ocp": 0, "oat": 0}
ONE = {"roles": {**ONLY, "observer": 1}}
TOGETHER = "no role is short of machines by itself; what is asked cannot hold together on this pool"


def test_role_without_a_machine() -> None:
    """What it needs, and of the machine that comes nearest only what that lacks."""
    text = machines("4,8 GB,1.2 TB", "1,1 GB,1 TB", columns=COLUMNS)

    assert refused(text, **ONE) == (
        "no machine can run observer, which needs cpu 4, memory 16 GB, storage 1.2 TB; "
        "m1 comes nearest: memory is 8 GB, 16 GB are needed"
    )


def test_nearest_lacks_least_of_what_is_needed() -> None:
    """Half of the memory is less than a tenth of the storage; shares of all that lacks add up."""
    assert "m2 comes nearest" in refused(machines("4,8 GB,1.2 TB", "4,16 GB,1.1 TB", columns=COLUMNS), **ONE)
    assert "m1 comes nearest" in refused(machines("3,16 GB,1.2 TB", "3,16 GB,1.1 TB", columns=COLUMNS), **ONE)


def test_of_equally_near_machines_the_first_name_is_told() -> None:
    """So that the same question has the same answer."""
    text = "machine,cpu,memory,storage\nb,3,16 GB,2 TB\na,3,16 GB,2 TB"

    assert "a comes nearest" in refused(text, **ONE)


def test_unknown_capacity_is_told() -> None:
    """A blank may be enough, and nobody knows."""
    assert "m1 comes nearest: memory is unknown, 16 GB are needed" in refused(
        machines("4,,2 TB", columns=COLUMNS), **ONE
    )


def test_too_few_machines() -> None:
    """Three are needed and two are there; the third comes nearest."""
    text = machines("4,16 GB,2 TB", "4,16 GB,2 TB", "4,15 GB,2 TB", columns=COLUMNS)

    assert refused(text, roles=ONLY) == (
        "only 2 of 3 machines can run observer, which needs cpu 4, memory 16 GB, storage 1.2 TB; "
        "m3 comes nearest: memory is 15 GB, 16 GB are needed"
    )


def test_machine_short_by_a_byte_is_short() -> None:
    """Less than a millionth of the need is still missing."""
    text = machines(f"4,{16 * 1024**3 - 1} B,2 TB", columns=COLUMNS)

    assert "no machine can run observer" in refused(text, **ONE)


def test_every_short_role_is_told() -> None:
    """All of them at once, in catalogue order."""
    reasons = refused(machines("1,1 GB,1 GB", columns=COLUMNS)).splitlines()

    assert [reason.split(",")[0] for reason in reasons] == [
        f"no machine can run {role}" for role in ("observer", "odp", "ocp", "oat")
    ]


def test_what_must_stay_free_is_told() -> None:
    """16 GB have what an OBServer needs, but not with a fifth to spare."""
    text = machines("5,16 GB,1.5 TB", columns=COLUMNS)

    assert refused(text, **ONE, headroom="20%").endswith("memory is 16 GB, 16 GB are needed with 20% left free")


def test_spares_count() -> None:
    """One to run and one to spare are two."""
    assert "only 1 of 2 machines can run observer" in refused(
        machines("4,16 GB,2 TB", columns=COLUMNS), **ONE, spare={"observer": 1}
    )


def test_nothing_free_at_all() -> None:
    """No role is to blame where no machine may be used."""
    text = machines("4,16 GB,2 TB,no", "4,16 GB,2 TB,yes", columns=f"{COLUMNS},available")

    assert refused(text, **ONE, ban="m2").startswith("none of the 2 machines of frame may be used: each is banned")


def test_machines_that_may_not_be_used_do_not_count() -> None:
    """Two fit, one of them is taken already."""
    text = machines("4,16 GB,2 TB,web", "4,16 GB,2 TB,", columns=f"{COLUMNS},runs")

    assert "only 1 of 2 machines can run observer" in refused(text, roles={**ONLY, "observer": 2})


def test_equal_machines_count_each() -> None:
    """A row of two is two."""
    text = machines("4,16 GB,2 TB,2", columns=f"{COLUMNS},quantity")

    assert "only 2 of 3 machines can run observer" in refused(text, roles=ONLY)


def test_pin_that_cannot_be() -> None:
    """Too small, not available, or in use, each in its own words."""
    text = machines(
        "4,16 GB,2 TB,yes,",
        "2,16 GB,2 TB,yes,",
        "4,16 GB,2 TB,no,",
        "4,16 GB,2 TB,yes,web",
        columns=f"{COLUMNS},available,runs",
    )

    def pinned(machine: str) -> str:
        return refused(text, **ONE, pin={"observer": machine})

    assert pinned("m2") == "observer is pinned to m2, which cannot run it: cpu is 2, 4 are needed"
    assert pinned("m3") == "observer is pinned to m3, which is not available"
    assert pinned("m4") == "observer is pinned to m4, which runs web (--reuse takes it)"


def test_rules_that_cannot_hold_together() -> None:
    """Where nothing is short by itself, that is said and no more."""
    assert refused(machines("8,64 GB,9 TB", columns=COLUMNS), roles={"observer": 1, "odp": 0, "oat": 0}) == TOGETHER


def test_budget_that_is_too_small_is_named() -> None:
    """With what the cheapest plan costs, which is not the one of fewest servers; where there is none, with nothing.

    It stands beside the reasons, which anybody finds on the pool: so `verify` does.
    """
    text = machines("20,64 GB,9 TB,9.50", "4,16 GB,2 TB,2", "4,16 GB,2 TB,3.25", columns=f"{COLUMNS},cost")
    two = {"roles": {**ONLY, "observer": 1, "odp": 1}}

    short = {"observer": 1, "odp": 0, "ocp": 3, "oat": 0}
    for budget in ("5", "5.24"):
        none = solved(problem(text, **two, budget=budget))
        said = f"the servers cost at most {budget}, and the cheapest plan costs 5.25"
        assert (none.status, none.reasons, notes(none)) == ("infeasible", (TOGETHER,), (said,))
        assert to_document(none)["notes"] == [said]
        assert said in show_result(none, to_file=True)
        assert said in as_markdown(none)
        assert said in result_html(none)
    assert solved(problem(text, **two, budget="5.25")).status == "optimal"
    assert refused(text, roles=short, budget="5").startswith("only 1 of 3")
    assert notes(solved(problem(text, roles=short, budget="5"))) == ()
