"""What a catalogue holds once it is read: integers in base units, names as links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from obplace.quantity import Kind


def kind_of(role: str) -> str:
    """Return what a role is, whichever cluster it belongs to: ``observer`` for ``observer@sales``."""
    return role.partition("@")[0]


class Combine(StrEnum):
    """How the needs of several roles on one machine become one need."""

    SUM = "sum"
    MAX = "max"


@dataclass(frozen=True)
class Resource:
    """Something that a machine has and a role needs; ``kind`` fixes its units."""

    name: str
    kind: Kind
    combine: Combine


@dataclass(frozen=True)
class Minimum:
    """What one copy of a role needs at one level: base units by resource, and the sentence it comes from."""

    needs: Mapping[str, int]
    source: str


@dataclass(frozen=True)
class Role:
    """A component to place.

    ``quorum`` says that a majority of its copies must survive, so three of them want three domains;
    ``max_per_machine`` is how many of its copies may share one machine. ``ports`` are those that it always takes,
    so that two roles which take the same one cannot share a machine; ``arbitrates`` is the role whose votes it
    completes when their number is even.
    """

    name: str
    title: str
    copies: int
    optional: bool
    quorum: bool
    max_per_machine: int
    minimums: Mapping[str, Minimum]
    source: str
    ports: tuple[int, ...] = ()
    ports_source: str = ""
    arbitrates: str | None = None


@dataclass(frozen=True)
class Sharing:
    """``guest`` may run on the server of ``host``; ``included`` in the host's minimum, or ``added`` to it."""

    guest: str
    host: str
    included: bool
    source: str


@dataclass(frozen=True)
class Advice:
    """What a plan says when it runs at least ``copies`` of ``role``, at this level or, with None, at any."""

    role: str
    copies: int
    text: str
    source: str
    level: str | None = None


@dataclass(frozen=True)
class Preset:
    """A deployment with a name: words as a deployment file has them, for where nothing else is said."""

    name: str
    title: str
    words: Mapping[str, Any]
    source: str

    @property
    def roles(self) -> Mapping[str, int]:
        """The counts that override those of the roles."""
        counts: Mapping[str, int] = self.words.get("roles", {})
        return counts


@dataclass(frozen=True)
class Grade:
    """What a part needs while its measure is at most ``upto``: base units by resource, ``per`` for each unit of it."""

    upto: int
    needs: Mapping[str, int]
    per: Mapping[str, int]


@dataclass(frozen=True)
class Part:
    """A part of what one copy of a role needs, by its vendor's guide; the parts of a role add up.

    Attributes
    ----------
    by
        The measure that it goes by, such as ``hosts``; None for a part that is always the same.
    unit
        What is measured, in words.
    of
        The role whose copies are the least amount of the measure, if there is one.
    base, per
        Base units by resource: what it always needs, and what for each unit of the measure.
    grades
        What it needs besides, by the first grade that the measure does not exceed.
    beyond
        What is to be said above the last grade.
    copies_per
        One copy of the role for so many units; None where the measure does not ask for copies.
    """

    role: str
    title: str
    by: str | None
    unit: str
    of: str | None
    base: Mapping[str, int]
    per: Mapping[str, int]
    grades: tuple[Grade, ...]
    beyond: str
    copies_per: int | None
    source: str


@dataclass(frozen=True)
class Layout:
    """Which shares of its disk a database takes for data and for its log."""

    data: Fraction
    log: Fraction


@dataclass(frozen=True)
class Disk:
    """How the storage of a server of ``role`` comes out of its memory.

    Attributes
    ----------
    home, slog, least_log, least_data
        Bytes: for programs and their logs, for the server's own log, and the least that log and data take.
    log_factor
        Bytes of log disk for each byte of ``memory_limit``.
    memory_share
        The share of the memory that ``memory_limit`` may take.
    same, separate
        Shares of the disk that holds both, and of the two disks that hold one each.
    sources
        By field: where its number comes from.
    """

    role: str
    home: int
    slog: int
    log_factor: int
    least_log: int
    least_data: int
    memory_share: Fraction
    same: Layout
    separate: Layout
    sources: Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """All that is known about the components, in the order in which the file lists them.

    With ``free`` colocation any roles may share a machine and their needs add up; otherwise only the pairs
    that ``sharing`` lists. Every role has a minimum for every level: one that the file leaves out is that of
    the level before it. ``rules`` are words as a deployment file has them, which hold for every deployment that
    does not say otherwise. ``cluster`` is the role that each of several clusters has for itself.
    """

    name: str
    title: str
    source: str
    levels: tuple[str, ...]
    resources: Mapping[str, Resource]
    roles: Mapping[str, Role]
    sharing: tuple[Sharing, ...]
    free: bool
    advice: tuple[Advice, ...]
    presets: Mapping[str, Preset]
    rules: Mapping[str, Any] = field(default_factory=dict)
    rules_source: str = ""
    sizing: tuple[Part, ...] = ()
    disk: Disk | None = None
    cluster: str | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each resource: what a pool reader has to know."""
        return {name: resource.kind for name, resource in self.resources.items()}
