import numpy as np

from obplace.fleet import Load
from obplace.sets import Sets


def load(stand: int, *items: int) -> Load:
    """Return a load."""
    return Load(stand, np.array(items, dtype=np.int64))


def some() -> Sets:
    """Return three sets of three kinds."""
    sets = Sets(3)
    for each in (load(0, 1, 0, 2), load(1, 1, 0, 2), load(0, 0, 4, 0)):
        assert sets.add(each)
    return sets


def test_a_set_is_kept_once():
    """The same set for the same stand is not new, nor is an empty one; for another stand it is."""
    sets = some()

    assert not sets.add(load(0, 1, 0, 2))
    assert not sets.add(load(0, 0, 0, 0))
    assert sets.add(load(2, 1, 0, 2))
    assert len(sets) == 4


def test_worth_counts_what_is_asked():
    """A set is worth the values of its copies, of which no more than so many count."""
    sets, values = some(), np.array([1.0, 10.0, 100.0])

    assert sets.worth(values).tolist() == [201, 201, 40]
    assert sets.worth(values, np.array([0, 3, 1])).tolist() == [100, 100, 30]


def test_within_looks_at_every_kind():
    """A set is within what is left if it has too many copies of no kind."""
    assert some().within(np.array([1, 3, 2])).tolist() == [True, True, False]
    assert some().within(np.array([1, 4, 1])).tolist() == [False, False, True]


def test_what_is_given_up_may_come_again():
    """After some are given up the others are as they were, and those may be added anew."""
    sets = some()
    sets.keep(np.array([False, True, True]))

    assert [(stand, sets.items(n).tolist()) for n, stand in enumerate(sets.stands)] == [(1, [1, 0, 2]), (0, [0, 4, 0])]
    assert sets.add(load(0, 1, 0, 2))


def test_no_sets_are_no_trouble():
    """Where nothing is known there is nothing to tell."""
    assert Sets(2).worth(np.ones(2)).tolist() == []
    assert Sets(2).within(np.ones(2, dtype=np.int64)).tolist() == []
