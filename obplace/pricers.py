"""What a pricer is asked, and what it answers: the best sets of items for machines, at worths of copies."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from obplace.fleet import Ints

Choose = Callable[[Ints, Ints], Ints]
Group = tuple[Ints, Ints]  # stands in which a copy of each kind is worth the same, and these worths, shape (kinds,)


class Best(NamedTuple):
    """What is found for stands, in the order of their groups.

    Attributes
    ----------
    worth
        No set is worth more, by stand, shape (n,).
    places
        Those that were chosen, among these, shape (m,).
    sets, values
        For each of them a good set, and its worth; shapes (m, kinds) and (m,).
    """

    worth: Ints
    places: Ints
    sets: Ints
    values: Ints


class Pricer(Protocol):
    """What finds sets of items.

    Attributes
    ----------
    open
        A close look may bring the bound nearer.
    """

    open: bool

    def wider(self) -> bool:
        """Look for better sets from now on; False where that is of no use."""

    def closer(self) -> None:
        """Look closely next time."""

    def best(
        self, groups: Sequence[Group], most: Ints, choose: Choose, floor: Ints | None = None, each: int = 1
    ) -> Best:
        """Return for each stand of some groups what no set is worth more than, and good sets for those that are chosen.

        Parameters
        ----------
        groups
            What is not positive is not run.
        most
            Copies of each kind at most, shape (kinds,).
        choose
            Told some of the stands and their worths, it returns places among them.
        floor
            By stand, in the order of the groups: a set that is worth no more is of no interest, and worths may be said
            to be this.
        each
            Sets for each stand that is chosen, at most; its place comes as often.
        """
