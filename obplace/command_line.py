"""A deployment as the flags that ask for it, to be copied into a shell."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from obplace.deployment import Deployment

_NAMES = {"roles": "role", "extra": "with"}


@dataclass(frozen=True)
class Files:
    """What a question is put to, as the user names it: a pool, offers and a catalogue, each of which may be missing."""

    pool: str | None
    offers: str | None = None
    catalogue: str | None = None


def command(files: Files, deployment: Deployment) -> str | None:
    """Return the command that solves a deployment; None where flags cannot say it: several clusters."""
    if deployment.clusters:
        return None
    parts = ["obplace", "solve", *([] if files.pool is None else [files.pool])]
    for flag, name in (("--offers", files.offers), ("--catalogue", files.catalogue)):
        parts += [] if name is None else [flag, name]
    for field, value in deployment.said().items():
        parts += _flags(field, value)
    return shlex.join(parts)


def flags(field: str, key: str | None, value: Any) -> str:
    """Return one word as its flag."""
    said = [] if key is None and value is None else _flags(field, _one(field, key, value))
    return shlex.join(said)


def _one(field: str, key: str | None, value: Any) -> Any:
    before = getattr(Deployment(), field)
    if isinstance(before, Mapping):
        return {key: value}
    return [key] if isinstance(before, tuple) and not isinstance(value, tuple) else value


def _flags(field: str, value: Any) -> Iterator[str]:
    if field == "repairs":
        return
    flag = f"--{_NAMES.get(field, field).replace('_', '-')}"
    match value:
        case True:
            yield flag
        case Mapping():
            for key, each in value.items():
                for one in each if isinstance(each, list | tuple) else [each]:
                    yield from (flag, f"{key}={one}")
        case list() | tuple() if field == "minimize":
            yield from (flag, ",".join(value))
        case list() | tuple():
            for word in value:
                yield from (flag, word)
        case _:
            yield from (flag, str(value))
