"""A host as obd meets it, and what is to be checked on it because no pool can tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from obplace.catalogue import Catalogue, Component, Obd, kind_of
from obplace.plan import Assignment

GIB = 1024**3
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Settings:
    """What one OBServer of a host is given, in bytes; None for system_memory leaves it to the database."""

    memory_limit: int
    log_disk: int
    system_memory: int | None = None


@dataclass(frozen=True)
class Host:
    """One server of a plan: what runs there, and what each of its OBServers is given, None where that is unknown."""

    assignment: Assignment
    components: tuple[tuple[str, Component | None], ...]  # each copy of a role with what obd knows of it
    settings: Settings | None

    @property
    def name(self) -> str:
        """Name of the server."""
        return self.assignment.name

    @property
    def ip(self) -> str:
        """Address, empty where there is none."""
        return (self.assignment.machine.ip or "").strip()

    @property
    def zone(self) -> str | None:
        """Zone, None where there is none or it is not known."""
        return self.assignment.machine.domains.get("zone")

    @property
    def arch(self) -> str | None:
        """Architecture, None unknown."""
        return self.assignment.machine.arch

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What runs there, once each, whichever clusters it belongs to."""
        return tuple(dict.fromkeys(kind_of(role) for role, _ in self.components))

    @cached_property
    def observers(self) -> int:
        """How many OBServers run there."""
        return sum(component is not None and component.database for _, component in self.components)

    @property
    def memory(self) -> int | None:
        """Bytes, None unknown."""
        return self.assignment.machine.capacity.get("memory")

    @property
    def storage(self) -> int | None:
        """Bytes, None unknown."""
        return self.assignment.machine.capacity.get("storage")


@dataclass(frozen=True)
class Point:
    """One line of a checklist; ``code`` is what obd says where it is not so."""

    topic: str
    text: str
    code: str | None
    source: str


@dataclass(frozen=True)
class Checklist:
    """What to check on each of these hosts, which run the same and are given the same."""

    hosts: tuple[str, ...]
    roles: tuple[str, ...]
    points: tuple[Point, ...]


def host(book: Obd, catalogue: Catalogue, assignment: Assignment, settings: Settings | None) -> Host:
    """Return a server of a plan as a host; without settings its OBServers take what the defaults give them."""
    components = tuple((role, _component(book, catalogue, role)) for role in assignment.roles)
    memory = assignment.machine.capacity.get("memory")
    if settings is None and memory is not None:
        limit = memory * book.amounts["memory_limit_percentage"] // 100
        settings = Settings(limit, limit * log_factor(book, catalogue))
    return Host(assignment, components, settings)


def log_factor(book: Obd, catalogue: Catalogue) -> int:
    """Return how many times memory_limit a log disk is, by the version in force or else as obd does."""
    return catalogue.disk.log_factor if catalogue.disk else book.amounts["log_factor"]


def _component(book: Obd, catalogue: Catalogue, role: str) -> Component | None:
    """Return what runs for a role; a version that says its ports knows better."""
    component, stated = book.roles.get(kind_of(role)), catalogue.roles.get(role) or catalogue.roles.get(kind_of(role))
    if component is None or stated is None or not stated.ports:
        return component
    return replace(component, ports={port: component.ports.get(port, stated.title) for port in stated.ports})


def gib(amount: int) -> str:
    """Write bytes for people, rounded: '12.8 GiB'."""
    return f"{amount / GIB:,.1f}".removesuffix(".0") + " GiB"


def setting(amount: int) -> str:
    """Write bytes as a configuration takes them, rounded down: '204G'."""
    return f"{amount // GIB}G"


def amounts(book: Obd) -> dict[str, str]:
    """Return what the templates may name of the book itself."""
    return {name: gib(each) if book.kinds[name] == "memory" else str(each) for name, each in book.amounts.items()}


def checklists(book: Obd, hosts: Iterable[Host]) -> tuple[Checklist, ...]:
    """Return what is to be checked on the hosts; those of which it is the same stand together."""
    alike: dict[tuple[tuple[str, ...], tuple[Point, ...]], list[str]] = {}
    for each in hosts:
        points = (*_points(book, each), *_ports(each), *_directories(each))
        alike.setdefault((each.assignment.roles, points), []).append(each.name)
    return tuple(Checklist(tuple(names), roles, points) for (roles, points), names in alike.items())


def _points(book: Obd, each: Host) -> Iterator[Point]:
    facts = _facts(book, each)
    architecture = each.arch or UNKNOWN
    known = {name for item in book.items for name in item.architectures}
    architecture = architecture if architecture in known else UNKNOWN
    for item in book.items:
        if not set(item.roles) & set(each.kinds):
            continue
        if not item.architectures or architecture in item.architectures:
            yield Point(item.topic, item.text.format(**facts), item.code, item.source)


def _facts(book: Obd, each: Host) -> Mapping[str, str]:
    number = each.observers
    facts = amounts(book)
    facts |= {f"all_{name}": str(book.amounts[name] * number) for name in ("open_files", "aio")}
    facts |= dict.fromkeys(("limits", "system_most", "log_need"), "an amount that is not known here")
    if each.settings is not None:
        limit, log = each.settings.memory_limit, each.settings.log_disk
        facts["limits"] = gib(limit * number)
        facts["system_most"] = gib(limit * book.amounts["system_memory_percent"] // 100)
        facts["log_need"] = gib((log + book.amounts["slog"]) * number)
    return facts


def _ports(each: Host) -> Iterator[Point]:
    ports = {number: use for _, component in each.components if component for number, use in component.ports.items()}
    if ports:
        text = ", ".join(f"{number} ({use})" for number, use in sorted(ports.items()))
        sources = dict.fromkeys(component.source for _, component in each.components if component and component.ports)
        yield Point("ports", f"free: {text}", "OBD-1001", "; ".join(sources))


def _directories(each: Host) -> Iterator[Point]:
    found = {path.path: (path, part.source) for _, part in each.components if part for path in part.directories}
    for path, source in found.values():
        ready = "empty and writable" if path.own else "there"
        yield Point(path.path, f"{ready}: {path.holds}", "OBD-1002" if path.own else None, source)
