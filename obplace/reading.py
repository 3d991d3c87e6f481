"""The user's words against the catalogue and the pool: what is wrong with them, and where each of them stands."""

import difflib
import re
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError
from obplace.pool import Pool
from obplace.problem import COPIES
from obplace.quantity import percent

ANY = "any"  # a word that asks for nothing in particular
LEVELS = ("region", "idc", "zone", "rack")
OF_CLUSTER = "@"  # in the name of a role of one of several clusters

Range = tuple[int, int | None]  # the least, and the most if there is one


class Reading:
    """Words, with their faults and the liberties they take collected on the way.

    Attributes
    ----------
    wrong
        Faults of the words; `lacking`, faults of the pool for these words.
    beyond
        Sentences on what the user allows and the catalogue does not.
    faulty
        Keys of the words that are wrong: what others say of the same is not held against them.
    whole
        False where a preset or topology could not be read, which may ask for what else nobody asks for.
    """

    def __init__(self, catalogue: Catalogue, words: Deployment, pool: Pool) -> None:
        self.catalogue = catalogue
        self.said = words
        self.pool = pool
        self.wrong: list[str] = []
        self.in_file = True  # every fault so far stands in a deployment file
        self.lacking: list[str] = []
        self.faulty: set[str] = set()
        self.whole = True
        self.beyond: list[str] = []
        self.read: set[str] = set()  # levels that rules read
        self._domains: dict[str, tuple[str, ...]] = {}

    def fault(self, key: str, text: str) -> None:
        """Note what is wrong with the word that the deployment has under ``key``, and where that stands."""
        place = self.place(key)
        self.in_file = self.in_file and place is not None
        self.faulty.add(key)
        text = f"{place}: {text}" if place else text
        if text not in self.wrong:
            self.wrong.append(text)

    def place(self, key: str) -> str | None:
        """Return where the word stands in a file, if it does."""
        return self.said.places.get(key, self.said.places.get(key.partition(".")[0]))

    def stop_if_wrong(self) -> None:
        """Raise what was noted: faults of the words first, then those of the pool."""
        if self.wrong:
            raise (DataError if self.in_file else UsageError)([*self.wrong, *self.lacking])
        if self.lacking:
            raise DataError(self.lacking)

    def lacks(self, text: str, key: str = "") -> None:
        """Note what the pool does not have, and where the word stands that asks for it."""
        place = self.place(key)
        text = f"{place}: {text}" if place else text
        if text not in self.lacking:
            self.lacking.append(text)

    def known(self, key: str, what: str, name: str, names: Iterable[str]) -> bool:
        """Is ``name`` among ``names``? If not, note it with the nearest."""
        names = list(names)
        if name in names:
            return True
        if not self.whole and OF_CLUSTER in name:
            return False  # the table of its cluster is what could not be read
        near = difflib.get_close_matches(name, names, n=1)
        nearest = f" (nearest: {near[0]})" if near else ""
        self.fault(key, f"unknown {what} '{name}'{nearest}; there is {', '.join(names)}")
        return False

    def roles_of(self, key: str, text: str, mark: str = ":") -> list[str] | None:
        """Return the roles named in a text; None, and a fault each, where one does not exist."""
        names = text.split(mark)
        known = [self.known(key, "role", name, self.catalogue.roles) for name in names]
        return names if all(known) else None

    def keyed(self, field: str, key: str, form: str) -> tuple[str, str] | None:
        """Return the role and the name in a key ``ROLE.NAME``; None, and a fault, where it is not of that form."""
        role, dot, name = key.rpartition(".")
        if not dot:
            self.fault(f"{field}.{key}", f"{field} '{key}', expected {form}")
            return None
        return (role, name) if self.known(f"{field}.{key}", "role", role, self.catalogue.roles) else None

    def count(self, key: str, copies: int) -> int:
        """Return a number, of copies or of what a role serves; 0, and a fault, where it cannot be one."""
        if not isinstance(copies, int) or isinstance(copies, bool) or not 0 <= copies <= COPIES:
            what = spoken(key.replace("roles.", "role."))
            unit = "" if key.startswith(("size.", "limit.", "across.")) else " copies"
            self.fault(key, f"{what}: {copies}{unit}, expected a whole number from 0 to {COPIES:,}")
            return 0
        return copies

    def range(self, key: str, said: int | str) -> Range:
        """Return the least and the most of ``3``, ``3..5``, ``3..`` or ``..5``."""
        if not isinstance(said, str):
            number = self.count(key, said)
            return number, number
        match = re.fullmatch(r"\s*(\d*)\s*(\.\.)?\s*(\d*)\s*", said)
        if match is None or not (match[1] or match[3]):
            self.fault(key, f"{spoken(key)} is '{said}', expected a number or a range: 3, 3..5, 3.. or ..5")
            return 0, 0
        least = self.count(key, int(match[1] or 0))
        most = self.count(key, int(match[3])) if match[3] else None if match[2] else least
        if most is not None and most < least:
            self.fault(key, f"{spoken(key)} is '{said}': {least} is more than {most}")
            return 0, 0
        return least, most

    def percent(self, key: str, text: str) -> Fraction:
        """Return a share such as ``20%``."""
        try:
            return percent(text)
        except ValueError as error:
            self.fault(key, f"{spoken(key)} is '{text}', {error}")
            return Fraction(0)

    def domains(self, level: str) -> tuple[str, ...]:
        """Return the names of the domains of a level in the pool, sorted; none where it has no such column."""
        if level not in self.pool.levels:
            return ()
        if level not in self._domains:
            names: set[str] = set()
            for batch in self.pool:
                names.update(str(name) for name in batch.domain(level).values if name is not None)
            self._domains[level] = tuple(sorted(names))
        return self._domains[level]

    def unnamed(self, level: str) -> bool:
        """Does the pool have a machine whose domain of this level is blank?"""
        for batch in self.pool:
            column = batch.domain(level)
            blank = np.array([name is None for name in column.values], dtype=np.bool_)
            if blank[column.codes].any():
                return True
        return False

    def read_level(self, key: str, role: str, level: str, *, given: bool = False) -> bool:
        """Note that a rule reads the domains of a level, zones perhaps given by the plan; is there such a level?"""
        if not self.known(key, "domain level", level, LEVELS):
            return False
        if level not in self.pool.levels and not (given and level == "zone"):
            what = f"over which {role} is to be spread" if key.startswith("spread.") else f"which {spoken(key)} reads"
            self.lacks(f"{self.pool.source} has no column '{level}', {what}", key)
            return False
        self.read.add(level)
        for conflict in self.pool.zone_conflicts if level == "zone" else ():
            self.lacks(f"{self.pool.source}: {conflict}")
        for conflict in self.pool.idc_conflicts if level == "idc" and not key.startswith("spread.") else ():
            self.lacks(f"{self.pool.source}: {conflict}")
        return True


def spoken(key: str) -> str:
    """Return the key of a word as a person would say it: limit odp.rack."""
    return key.replace(".", " ", 1)
