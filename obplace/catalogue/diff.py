"""Say what changed from one catalogue to another, fact by fact, with what each side rests on."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TypeVar

from obplace.catalogue.model import Advice, Catalogue, Role
from obplace.quantity import show

SCHEMA = "obplace.catalogue-diff/1"
T = TypeVar("T")
WHOLE = ""  # the subject of what belongs to no role


@dataclass(frozen=True)
class Fact:
    """What a catalogue says of one item, for people, and the sentence it comes from.

    ``value`` is None where the sentence is there and asks for nothing of the kind.
    """

    value: str | None
    source: str


@dataclass(frozen=True)
class Change:
    """One item on which two catalogues differ; None on a side that has nothing on it.

    ``subject`` is a role, or empty for the catalogue as a whole; ``item`` is such as 'copies', 'functional cpu'
    or 'shares with ocp'.
    """

    subject: str
    item: str
    before: Fact | None
    after: Fact | None


def changes(before: Catalogue, after: Catalogue) -> tuple[Change, ...]:
    """Return what differs: the whole first, then role by role in the order of the catalogues.

    Only what a plan depends on, or says, is compared: the same number from another sentence is no change.
    """
    old, new = facts(before), facts(after)
    subjects = [WHOLE, *_merged(before.roles, after.roles)]
    keys = sorted(_merged(old, new), key=lambda key: subjects.index(key[0]))
    return tuple(Change(*key, old.get(key), new.get(key)) for key in keys if _value(old, key) != _value(new, key))


def to_json(before: Catalogue, after: Catalogue) -> str:
    """Return what differs as one JSON document."""
    document = {
        "schema": SCHEMA,
        "before": {"name": before.name, "title": before.title, "source": before.source},
        "after": {"name": after.name, "title": after.title, "source": after.source},
        "changes": [asdict(change) for change in changes(before, after)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def facts(catalogue: Catalogue) -> dict[tuple[str, str], Fact]:
    """Return all that a catalogue says that plans depend on, by subject and item."""
    answer = {(WHOLE, item): fact for item, fact in _whole(catalogue)}
    for role in catalogue.roles.values():
        answer |= {(role.name, item): fact for item, fact in _role(catalogue, role)}
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
        counts = ", ".join(f"{role}={copies}" for role, copies in preset.roles.items())
        yield f"preset {preset.name}", Fact(counts, preset.source)


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
    return f"advice from {advice.copies} {'copy' if advice.copies == 1 else 'copies'} on"


def _merged(old: Iterable[T], new: Iterable[T]) -> list[T]:
    """Return all of both, each new one after what it follows in ``new``."""
    order = list(old)
    place = 0
    for each in new:
        if each in order:
            place = order.index(each) + 1
        else:
            order.insert(place, each)
            place += 1
    return order


def _value(known: dict[tuple[str, str], Fact], key: tuple[str, str]) -> str | None:
    fact = known.get(key)
    return None if fact is None else fact.value
