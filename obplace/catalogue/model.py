"""What a catalogue holds once it is read: integers in base units, names as links."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from obplace.quantity import Kind


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
    ``max_per_machine`` is how many of its copies may share one machine.
    """

    name: str
    title: str
    copies: int
    optional: bool
    quorum: bool
    max_per_machine: int
    minimums: Mapping[str, Minimum]
    source: str


@dataclass(frozen=True)
class Sharing:
    """``guest`` may run on the server of ``host``; ``included`` in the host's minimum, or ``added`` to it."""

    guest: str
    host: str
    included: bool
    source: str


@dataclass(frozen=True)
class Advice:
    """What a plan says when it runs at least ``copies`` of ``role``."""

    role: str
    copies: int
    text: str
    source: str


@dataclass(frozen=True)
class Preset:
    """A deployment with a name: counts that override those of the roles."""

    name: str
    title: str
    roles: Mapping[str, int]
    source: str


@dataclass(frozen=True)
class Catalogue:
    """All that is known about the components, in the order in which the file lists them.

    With ``free`` colocation any roles may share a machine and their needs add up; otherwise only the pairs
    that ``sharing`` lists. Every role has a minimum for every level: one that the file leaves out is that of
    the level before it.
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

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each resource: what a pool reader has to know."""
        return {name: resource.kind for name, resource in self.resources.items()}
