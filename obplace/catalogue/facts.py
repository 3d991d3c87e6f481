"""All that a catalogue says that plans depend on, one fact at a time, with the sentence it comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from obplace.catalogue.model import Advice, Catalogue, Disk, Part, Role
from obplace.quantity import Kind, show

WHOLE = ""  # the subject of what belongs to no role


@dataclass(frozen=True)
class Fact:
    """What a catalogue says of one item, for people, and the sentence it comes from.

    ``value`` is None where the sentence is there and asks for nothing of the kind.
    """

    value: str | None
    source: str


def facts(catalogue: Catalogue) -> dict[tuple[str, str], Fact]:
    """Return all that a catalogue says that plans depend on, by subject and item."""
    answer = {(WHOLE, item): fact for item, fact in _whole(catalogue)}
    for role in catalogue.roles.values():
        answer |= {(role.name, item): fact for item, fact in _role(catalogue, role)}
        answer |= {(role.name, item): fact for item, fact in about(catalogue, role)}
    for pair in catalogue.sharing:
        answer[pair.guest, f"shares with {pair.host}"] = Fact("included" if pair.included else "added", pair.source)
    for each in catalogue.advice:
        key = (each.role, _advised(each))
        said = answer.get(key)
        # Several sentences for the same number of copies read as one text.
        answer[key] = Fact(
            each.text if said is None else f"{said.value} {each.text}",
            each.source if said is None else f"{said.source} [...] {each.source}",
        )
    return answer


def _whole(catalogue: Catalogue) -> Iterator[tuple[str, Fact]]:
    # The frame of the file rests on the source of the whole, which need not stand beside every line.
    yield "levels", Fact(", ".join(catalogue.levels), "")
    yield "sharing a server", Fact("any roles" if catalogue.free else "listed pairs", "")
    for resource in catalogue.resources.values():
        yield f"resource {resource.name}", Fact(f"{resource.kind}, {resource.combine}", "")
    for preset in catalogue.presets.values():
        yield f"preset {preset.name}", Fact(worded(preset.words), preset.source)
    yield from rules(catalogue)


def _role(catalogue: Catalogue, role: Role) -> Iterator[tuple[str, Fact]]:
    yield "copies", Fact(f"{role.copies}, optional" if role.optional else str(role.copies), role.source)
    if role.max_per_machine > 1:
        yield "copies on one machine", Fact(f"up to {role.max_per_machine}", role.source)
    if role.quorum:
        yield "majority of copies", Fact("must survive", role.source)
    for level in catalogue.levels:
        minimum = role.minimums[level]
        for name, resource in catalogue.resources.items():
            amount = minimum.needs.get(name)
            yield f"{level} {name}", Fact(None if amount is None else show(amount, resource.kind), minimum.source)


def _advised(advice: Advice) -> str:
    level = f" at level {advice.level}" if advice.level else ""
    return f"advice from {advice.copies} {'copy' if advice.copies == 1 else 'copies'} on{level}"


def about(catalogue: Catalogue, role: Role) -> Iterator[tuple[str, Fact]]:
    """Return what is said of a role besides its minimums: votes, ports, sizing, the disk budget."""
    if role.arbitrates:
        yield "arbitration", Fact(f"adds a vote to an even number of those of {role.arbitrates}", role.source)
    if role.ports:
        yield "ports", Fact(", ".join(map(str, role.ports)), role.ports_source)
    for part in catalogue.sizing:
        if part.role == role.name:
            by = f" by {part.by}" if part.by else ""
            yield f"size of {part.title}{by}", Fact("; ".join(_part(catalogue, part)), part.source)
    if catalogue.disk is not None and catalogue.disk.role == role.name:
        yield from _disk(catalogue.disk)


def rules(catalogue: Catalogue) -> Iterator[tuple[str, Fact]]:
    """Return the words that hold for every deployment."""
    for key, value in catalogue.rules.items():
        yield f"rule {key}", Fact(worded(value), catalogue.rules_source)


def worded(value: Any) -> str:
    """Return words of a deployment in a line: a table as ``key=value``, nested ones in brackets."""
    match value:
        case Mapping():
            return ", ".join(f"{key}={_nested(each)}" for key, each in value.items())
        case list() | tuple():
            return " ".join(map(worded, value))
        case _:
            return str(value)


def _nested(value: Any) -> str:
    return f"({worded(value)})" if isinstance(value, Mapping) else worded(value)


def _part(catalogue: Catalogue, part: Part) -> Iterator[str]:
    """Say what a part needs, from what it always needs to its last grade."""
    if part.base:
        yield _amounts(catalogue, part.base)
    if part.per:
        yield f"{_amounts(catalogue, part.per)} for each of the {part.unit}"
    for grade in part.grades:
        each = f", {_amounts(catalogue, grade.per)} for each" if grade.per else ""
        yield f"up to {grade.upto}: {_amounts(catalogue, grade.needs)}{each}"
    if part.beyond:
        yield part.beyond
    if part.copies_per is not None:
        yield f"a copy for every {part.copies_per} {part.unit}"


def _amounts(catalogue: Catalogue, needs: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {show(amount, catalogue.resources[name].kind)}" for name, amount in needs.items())


def _disk(disk: Disk) -> Iterator[tuple[str, Fact]]:
    amounts = {
        "memory_limit": f"{_percent(disk.memory_share)} of the memory",
        "log_factor": f"{disk.log_factor} times memory_limit",
        "home": show(disk.home, Kind.STORAGE),
        "slog": show(disk.slog, Kind.STORAGE),
        "least_log": show(disk.least_log, Kind.STORAGE),
        "least_data": show(disk.least_data, Kind.STORAGE),
        "same": f"data {_percent(disk.same.data)}, log {_percent(disk.same.log)}",
        "separate": f"data {_percent(disk.separate.data)}, log {_percent(disk.separate.log)}",
    }
    titles = {
        "memory_limit": "memory_limit at most",
        "log_factor": "log disk",
        "home": "disk for programs and their logs",
        "slog": "disk for the server's own log",
        "least_log": "log disk at least",
        "least_data": "data disk at least",
        "same": "one disk for data and log",
        "separate": "a disk each for data and log",
    }
    for key, value in amounts.items():
        yield titles[key], Fact(value, disk.sources.get(key, ""))


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g} %"
