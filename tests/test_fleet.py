import numpy as np
import pytest

from obplace.errors import UsageError
from obplace.fleet import Count, Fleet, Kind, Load, Stand, cost, faults

KINDS = (Kind("a", 2, (2,), 1), Kind("b", 1, (3,)))
STANDS = (Stand("s", (5,), ((10, 1), (12, 2)), frozenset({"r1"})), Stand("t", (4,), ((7, 1),), barred=frozenset({0})))


def fleet(**rest: object) -> Fleet:
    """Return two kinds on two stands."""
    return Fleet(("units",), KINDS, STANDS, **rest)


def load(stand: int, *items: int) -> Load:
    """Return a load."""
    return Load(stand, np.array(items, dtype=np.int64))


def test_cheapest_machines_of_a_stand_are_paid():
    """Two machines of the first stand cost 10 and 12, the cheapest it has."""
    assert cost(fleet(), [load(0, 1, 1), load(0, 1, 0)]) == 22


def test_packing_that_holds_has_no_faults():
    """2 + 3 units fit on 5, and the other copy stands alone."""
    assert faults(fleet(), [load(0, 1, 1), load(0, 1, 0)]) == []


@pytest.mark.parametrize(
    ("packing", "rules", "text"),
    [
        ([load(0, 1, 1)], {}, "1 copies of a are placed, 2 are asked"),
        ([load(0, 1, 1), load(1, 1, 0)], {}, "machine 1 of t: 1 copies of a"),
        ([load(0, 2, 0), load(0, 0, 1)], {}, "machine 0 of s: 2 copies of a"),
        ([load(0, 1, 0), load(0, 1, 0), load(1, 0, 1), load(1, 0, 0)], {}, "2 machines of t are used, there are 1"),
        ([load(0, 1, 1), load(0, 1, 0)], {"apart": frozenset({(0, 1)})}, "machine 0 of s: runs a beside b"),
        ([load(0, 1, 1), load(0, 1, 0)], {"counts": (Count((0,), "r1", 1),)}, "2 copies in r1, at most 1"),
    ],
)
def test_every_fault_is_named(packing, rules, text):
    """Each rule that a packing breaks is said with the machine or the number."""
    assert text in faults(fleet(**rules), packing)


def test_sums_beyond_64_bits_are_refused():
    """Prices or capacities whose sum a double cannot hold are refused, never wrapped."""
    with pytest.raises(UsageError, match=r"prices of all machines add up to .* more than 2\^53"):
        Fleet(("units",), KINDS, (Stand("s", (5,), ((2**52, 2),)),))
    with pytest.raises(UsageError, match=r"units adds up to .* more than 2\^53"):
        Fleet(("units",), KINDS, (Stand("s", (2**52,), ((1, 2),)),))


def test_fleet_without_machines_has_shapes():
    """No stand is not the same as no resource."""
    empty = Fleet(("units",), KINDS, ())

    assert (empty.capacities.shape, empty.able.shape) == ((0, 1), (0, 2))
