"""Sets of items that machines of a stand may run, each kept once and in few bytes."""

import numpy as np

from obplace.fleet import Bools, Ints, Load, Reals


class Sets:
    """What column generation knows; a set keeps its place until others are given up.

    Attributes
    ----------
    stands
        The stand of each.
    """

    def __init__(self, kinds: int) -> None:
        self._all_kinds = kinds
        self.stands: list[int] = []
        self._kinds: list[Ints] = []
        self._copies: list[Ints] = []
        self._known: set[tuple[int, bytes, bytes]] = set()

    def copy(self) -> "Sets":
        """Return the same sets, to which others can be added."""
        found = Sets(self._all_kinds)
        found.stands, found._kinds, found._copies = [*self.stands], [*self._kinds], [*self._copies]
        found._known = {*self._known}
        return found

    def __len__(self) -> int:
        return len(self.stands)

    def add(self, load: Load) -> bool:
        """Keep a set of items for a stand; say whether it was new, and not empty."""
        kinds = np.flatnonzero(load.items)
        copies = load.items[kinds]
        key = (load.stand, kinds.tobytes(), copies.tobytes())
        if not len(kinds) or key in self._known:
            return False
        self._known.add(key)
        self.stands.append(load.stand)
        self._kinds.append(kinds)
        self._copies.append(copies)
        return True

    def items(self, place: int) -> Ints:
        """Return the copies of each kind in one of them, shape (kinds,)."""
        found = np.zeros(self._all_kinds, dtype=np.int64)
        found[self._kinds[place]] = self._copies[place]
        return found

    def parts(self, place: int) -> tuple[Ints, Ints]:
        """Return the kinds in one of them, and their copies."""
        return self._kinds[place], self._copies[place]

    def worth(self, values: Reals, most: Ints | None = None) -> Reals:
        """Return what each is worth, shape (sets,), at values of a copy of each kind, of which ``most`` count."""
        if not self.stands:
            return np.zeros(0)
        kinds, copies, starts = self._flat()
        counted = copies if most is None else np.minimum(copies, most[kinds])
        found: Reals = np.add.reduceat(values[kinds] * counted, starts)
        return found

    def within(self, most: Ints) -> Bools:
        """Say of each whether it has no more copies than that of any kind, shape (sets,)."""
        if not self.stands:
            return np.zeros(0, dtype=np.bool_)
        kinds, copies, starts = self._flat()
        found: Bools = np.logical_and.reduceat(copies <= most[kinds], starts)
        return found

    def keep(self, mask: Bools) -> None:
        """Give up those outside the mask."""
        places = np.flatnonzero(mask).tolist()
        self.stands = [self.stands[n] for n in places]
        self._kinds = [self._kinds[n] for n in places]
        self._copies = [self._copies[n] for n in places]
        self._known = {
            (stand, kinds.tobytes(), copies.tobytes())
            for stand, kinds, copies in zip(self.stands, self._kinds, self._copies, strict=True)
        }

    def _flat(self) -> tuple[Ints, Ints, Ints]:
        lengths = np.array([len(kinds) for kinds in self._kinds])
        return np.concatenate(self._kinds), np.concatenate(self._copies), np.cumsum(lengths) - lengths
