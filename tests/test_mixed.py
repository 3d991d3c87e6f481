from tests.mixed import MOST_MACHINES, mixed
from tests.mixed_words import KINDS


def test_mixed_repeats():
    """A seed gives the same problem each time, and another seed another one."""
    assert mixed(3) == mixed(3)
    assert mixed(3) != mixed(4)


def test_mixed_is_small():
    """The rows stand for so few machines that every placement can be gone through."""
    for seed in range(3):
        pool = mixed(seed).pose().pool
        assert sum(machine.quantity for machine in pool.take(range(len(pool)))) <= MOST_MACHINES + 1


def test_kinds_can_be_taken_out():
    """Each kind of rule that the words know can be told from a problem and taken out of it."""
    met = {}
    for seed in range(10):
        drawn = mixed(seed)
        met |= {kind: drawn for kind in drawn.kinds if kind in KINDS}

    assert len(met) >= len(KINDS) // 4
    assert [kind for kind, drawn in met.items() if kind in drawn.less(kind).kinds] == []
