"""Machines that count as having more than the pool says."""

import pytest

from obplace.errors import UsageError
from obplace.notes import notes
from tests.small import machines, problem, solved

COLUMNS = "cpu,memory,storage,cost"
SHORT = machines("8,15 GB,2 TB,1", columns=COLUMNS)
ONLY = {"odp": 0, "ocp": 0, "oat": 0, "observer": 1}


def test_granted_machine_runs_what_it_could_not() -> None:
    """15 GB count as 16 GB, and the plan says so."""
    result = solved(problem(SHORT, roles=ONLY, grant={"m1.memory": "16GB"}))

    assert result.plan is not None
    assert "m1 counts as having 16 GB of memory; it has 15 GB" in notes(result)


def test_grant_leaves_other_machines_alone() -> None:
    """The capacity is that machine's alone, and the pool that was read stays as it was."""
    posed = problem(machines("8,15 GB,2 TB,1", "8,15 GB,2 TB,1", columns=COLUMNS), roles=ONLY)
    granted = problem(
        machines("8,15 GB,2 TB,1", "8,15 GB,2 TB,1", columns=COLUMNS), roles=ONLY, grant={"m2.memory": "16GB"}
    )

    assert [each.capacity["memory"] for each in granted.pool.take([0, 1])] == [15 * 2**30, 16 * 2**30]
    assert [each.capacity["memory"] for each in posed.pool.take([0, 1])] == [15 * 2**30] * 2


@pytest.mark.parametrize(
    ("key", "amount", "message"),
    [
        ("m9.memory", "16GB", "grant m9.memory: no machine 'm9' in"),
        ("m1.memori", "16GB", r"no resource 'memori' \(nearest: memory\), expected MACHINE.RESOURCE with one of cpu"),
        ("m1", "16GB", "no resource 'm1'"),
        ("m1.memory", "much", "grant m1.memory is 'much', expected a quantity"),
        ("m1.memory", "8GB", "what it has is 15 GB already: expected more than that"),
    ],
)
def test_grants_that_cannot_be(key: str, amount: str, message: str) -> None:
    """Machine, resource and amount are checked; less than a machine has is no grant."""
    with pytest.raises(UsageError, match=message):
        problem(SHORT, roles=ONLY, grant={key: amount})


def test_row_of_several_machines_gets_no_grant() -> None:
    """A grant is for one machine, so a row that stands for several is refused."""
    text = machines("8,15 GB,2 TB,1,3", columns=f"{COLUMNS},quantity")
    with pytest.raises(UsageError, match="m1 stands for 3 machines, expected one"):
        problem(text, roles=ONLY, grant={"m1.memory": "16GB"})
