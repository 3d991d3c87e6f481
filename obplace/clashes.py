"""What the servers of a plan have against each other: addresses, ports, directories, architectures, zones."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeVar

from obplace.catalogue import Component, Obd
from obplace.checklist import Host
from obplace.words import listed

Key = TypeVar("Key", bound=Hashable)
Copy = tuple[str, str, Component]  # role, server, what obd knows of it


@dataclass(frozen=True)
class Seen:
    """A check that failed on some servers, with what its templates name."""

    check: str
    hosts: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


def clashes(book: Obd, hosts: Sequence[Host]) -> Iterator[Seen]:
    """Return all that concerns several servers or several roles of one."""
    yield from _addresses(hosts)
    for group in _places(hosts):
        copies = [(role, each.name, part) for each in group for role, part in each.components if part is not None]
        yield from _ports(copies)
        yield from _directories(copies)
    for role, part, group in _roles(hosts):
        yield from _architectures(role, part, group)
        blank = tuple(each.name for each in group if not each.zone)
        if part.database and len(group) > 1 and blank:
            yield Seen("zone_unknown", blank)
    yield from _strange(book, hosts)


def _addresses(hosts: Sequence[Host]) -> Iterator[Seen]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for each in hosts:
        groups[each.ip].append(each.name)
    for address, names in groups.items():
        if not address:
            yield Seen("no_address", tuple(names))
        elif not _is_address(address):
            yield Seen("bad_address", tuple(names), {"ip": address})
        if address and len(names) > 1:
            yield Seen("one_address", tuple(names), {"ip": address})


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _places(hosts: Iterable[Host]) -> Iterable[list[Host]]:
    """Return the servers that obd takes for one host: those of one address."""
    places: defaultdict[tuple[str, str], list[Host]] = defaultdict(list)
    for each in hosts:
        places[each.ip, "" if each.ip else each.name].append(each)
    return places.values()


def _ports(copies: Sequence[Copy]) -> Iterator[Seen]:
    for users, ports in _shared(copies, lambda part: part.ports):
        parts = [part for _, _, part in users]
        uses = [f"{port} ({'; '.join(dict.fromkeys(part.ports[port] for part in parts))})" for port in ports]
        name = "port_taken"
        if len({role for role, _, _ in users}) == 1:
            name = "port_twice"
        elif all(part.component is None for part in parts):
            name = "port_clash"
        what = f"port{'s' if len(ports) > 1 else ''} {listed(uses)}"
        yield Seen(name, _servers(users), {"users": _who(users), "ports": what})


def _directories(copies: Sequence[Copy]) -> Iterator[Seen]:
    for users, paths in _shared(copies, lambda part: [each.path for each in part.directories if each.own]):
        name = "directory_twice" if len({role for role, _, _ in users}) == 1 else "directory_taken"
        yield Seen(name, _servers(users), {"users": _who(users), "directories": listed(paths)})


def _shared(
    copies: Sequence[Copy], keys: Callable[[Component], Iterable[Key]]
) -> Iterator[tuple[tuple[Copy, ...], list[Key]]]:
    """Return what several copies want, together where the same copies want it."""
    wanted: defaultdict[Key, list[int]] = defaultdict(list)
    for index, (_, _, part) in enumerate(copies):
        for key in keys(part):
            wanted[key].append(index)
    together: defaultdict[tuple[int, ...], list[Key]] = defaultdict(list)
    for key, users in wanted.items():
        if len(users) > 1:
            together[tuple(users)].append(key)
    for indices, shared in together.items():
        yield tuple(copies[index] for index in indices), shared


def _servers(users: Iterable[Copy]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(server for _, server, _ in users))


def _who(users: Iterable[Copy]) -> str:
    counts = Counter(role for role, _, _ in users)
    return listed([role if number == 1 else f"{number} {role}" for role, number in counts.items()])


def _roles(hosts: Iterable[Host]) -> Iterator[tuple[str, Component, list[Host]]]:
    """Return the servers of each role, once each."""
    groups: dict[str, tuple[Component, list[Host]]] = {}
    for each in hosts:
        for role, part in dict(each.components).items():
            if part is not None:
                groups.setdefault(role, (part, []))[1].append(each)
    for role, (part, group) in groups.items():
        yield role, part, group


def _architectures(role: str, part: Component, group: Sequence[Host]) -> Iterator[Seen]:
    """Yield a mixture as a whole, and for OBServers also each zone that is mixed in itself."""
    found = _mixture(group)
    if part.arch_check is None or found is None:
        return
    yield Seen(part.arch_check, tuple(each.name for each in group), {"role": role, "archs": found})
    for zone in sorted({each.zone for each in group if each.zone}) if part.database else ():
        inside = [each for each in group if each.zone == zone]
        found = _mixture(inside)
        if found is not None:
            facts = {"role": role, "zone": zone, "archs": found}
            yield Seen("arch_zone", tuple(each.name for each in inside), facts)


def _mixture(group: Iterable[Host]) -> str | None:
    """Return how many servers each architecture has, None where those that are known are alike."""
    counts = Counter(each.arch for each in group if each.arch)
    if len(counts) < 2:
        return None
    return listed([f"{number} × {name}" for name, number in sorted(counts.items())])


def _strange(book: Obd, hosts: Iterable[Host]) -> Iterator[Seen]:
    """Yield the roles that obd cannot deploy, and those of which nothing is known."""
    for each in hosts:
        for role, part in dict(each.components).items():
            if part is None:
                yield Seen("unknown_role", (each.name,), {"role": role, "known": ", ".join(book.roles)})
            elif part.component is None:
                facts = {"title": part.title, "instead": part.instead}
                yield Seen("no_component", (each.name,), facts, part.source)
