"""Say what changed from one catalogue to another, fact by fact, with what each side rests on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TypeVar

from obplace.catalogue.facts import WHOLE, Fact, facts
from obplace.catalogue.model import Catalogue

SCHEMA = "obplace.catalogue-diff/1"
T = TypeVar("T")


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
