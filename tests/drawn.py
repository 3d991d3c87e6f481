"""A random problem in the words in which it was drawn, so that one kind of rule can be taken out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from random import Random
from typing import Any

from obplace.catalogue import Catalogue
from obplace.catalogue.model import Sharing
from obplace.deployment import Deployment
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.rules import AtMost

Row = dict[str, str]  # column → cell, as a file has it

SAID = (
    *("spread", "spare", "pin", "ban", "minimum", "included", "headroom", "tolerance", "waive", "reuse"),
    *("total", "ratio", "either", "zones", "layout", "survive", "limit", "across", "apart", "together", "every"),
    *("share", "where", "same", "alike", "size", "observers_for", "disks", "budget"),
)
NEEDED = {"zones": ("layout",)}  # what goes with a kind, as it says nothing without it


def least(copies: int | str) -> int:
    """Return the least number of a range, or the number."""
    return int(str(copies).partition("..")[0] or 0)


@dataclass(frozen=True)
class Drawn:
    """A catalogue, a deployment that gives the copies of every role, and machines.

    Attributes
    ----------
    rows
        Machines on which nothing is wrong.
    flaws
        By kind: (row, column, cell) of the cells that differ from that.
    """

    catalogue: Catalogue
    deployment: Deployment
    rows: tuple[Row, ...]
    flaws: Mapping[str, Sequence[tuple[int, str, str]]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of rules that the problem contains, sorted."""
        said = self.deployment
        found = {name for name in SAID if getattr(said, name)} | set(self.flaws)
        if said.reuse:
            found.discard("runs")
        if any(isinstance(copies, str) for copies in said.roles.values()):
            found.add("ranges")
        asked = [role for role, copies in said.roles.items() if copies]
        pairs = {(pair.guest, pair.host) for pair in self.catalogue.sharing}
        if not self.catalogue.free and not pairs.issuperset(permutations(asked, 2)):
            found.add("sharing")
        if any(least(said.roles[role.name]) > role.max_per_machine for role in self.catalogue.roles.values()):
            found.add("copies")
        # Every problem has rules of at most so many copies; they can only matter where more are pinned.
        fixed = {role: copies for role, copies in said.roles.items() if isinstance(copies, int)}
        if any(len(names) > fixed.get(role, len(names)) and role not in said.spare for role, names in said.pin.items()):
            found.add("most")
        return tuple(sorted(found))

    def pose(self, order: Sequence[int] | None = None) -> Problem:
        """Return the problem, with its rows in the order drawn or in another one."""
        # pandas takes a third of a second to import: whoever only reads this module's names does without.
        import pandas as pd

        cells = [dict(row) for row in self.rows]
        for flaws in self.flaws.values():
            for row, column, cell in flaws:
                cells[row][column] = cell
        frame = pd.DataFrame([cells[index] for index in order or range(len(cells))], dtype=object)
        return pose(self.catalogue, self.deployment, Pool.from_frame(frame, self.catalogue.kinds))

    def larger(self, rng: Random) -> "Drawn":
        """Return the problem with more machines, like those there are, in other places at other prices."""
        more = []
        for number in range(len(self.rows) * rng.randint(1, 4)):
            # Price and place come together, so that cheap machines stay where the others are cheap.
            like, market = rng.choices(self.rows, k=2)
            moved = {name: market[name] for name in ("cost", "idc", "zone", "rack") if name in market}
            more.append(like | moved | {"machine": f"x{number:02}"})
        return replace(self, rows=(*self.rows, *more))

    def without(self, kind: str) -> Problem:
        """Return the problem that is left when all rules of a kind are taken out."""
        return self._unlimited() if kind == "most" else self.less(kind).pose()

    def less(self, kind: str) -> "Drawn":
        """Return the same without the words or flaws of a kind, or with a catalogue that lacks it."""
        changes: dict[str, Any] = {}
        if kind == "sharing":
            changes["catalogue"] = _sharing_anything(self.catalogue)
        elif kind == "copies":
            asked = self.deployment.roles
            roles = {
                name: replace(role, max_per_machine=max(1, least(asked[name])))
                for name, role in self.catalogue.roles.items()
            }
            changes["catalogue"] = replace(self.catalogue, roles=roles)
        elif kind in SAID:
            blank = Deployment()
            names = (kind, *NEEDED.get(kind, ()))
            changes["deployment"] = replace(self.deployment, **{name: getattr(blank, name) for name in names})
            if kind == "alike":
                minimize = tuple(name for name in self.deployment.minimize if name != kind)
                changes["deployment"] = replace(changes["deployment"], minimize=minimize)
        elif kind == "ranges":
            # The role then runs as often as the catalogue says.
            usual = {name: role.copies for name, role in self.catalogue.roles.items()}
            said = self.deployment.roles.items()
            roles = {name: copies if isinstance(copies, int) else usual[name] for name, copies in said}
            changes["deployment"] = replace(self.deployment, roles=roles)
        else:
            changes["flaws"] = {name: flaws for name, flaws in self.flaws.items() if name != kind}
        return replace(self, **changes)

    def _unlimited(self) -> Problem:
        posed = self.pose()
        # So many more copies as machines are pinned are as good as any number, and sooner searched.
        more = max(map(len, self.deployment.pin.values()))
        loose = [replace(each, copies=each.copies + more) if isinstance(each, AtMost) else each for each in posed.rules]
        return replace(posed, rules=tuple(loose))


def _sharing_anything(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue in which any role may be the guest of any other; what is not included adds up."""
    known = {(pair.guest, pair.host) for pair in catalogue.sharing}
    others = [
        Sharing(*pair, included=False, source="") for pair in permutations(catalogue.roles, 2) if pair not in known
    ]
    return replace(catalogue, sharing=(*catalogue.sharing, *others))
