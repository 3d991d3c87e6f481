"""What OceanBase Deployer checks before it starts: codes, thresholds, ports and directories, each with its source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from obplace.quantity import Kind, parse


class Severity(StrEnum):
    """What a finding means: refused, let through, or open until somebody looks at the host."""

    ERROR = "error"
    WARNING = "warning"
    CHECK = "check"


@dataclass(frozen=True)
class Check:
    """Something that a plan shows; the texts are templates, ``code`` is None where obd has no word for it."""

    name: str
    severity: Severity
    code: str | None
    found: str
    expected: str
    todo: str
    source: str


@dataclass(frozen=True)
class Directory:
    """A path that a role uses; ``own`` says that no second process may use it."""

    path: str
    holds: str
    own: bool


@dataclass(frozen=True)
class Component:
    """What runs for a role.

    Attributes
    ----------
    component
        obd's name for it, None where obd cannot deploy it; then ``instead`` says what can.
    database
        Whether it is an OBServer, which takes memory_limit, a log disk and a data disk.
    memory
        Bytes that one copy takes where it is not; None unknown.
    memory_check
        The check by which obd refuses it on a machine with less.
    arch_check
        The check that its copies fail on machines of several architectures.
    ports
        By number, what it is for.
    """

    role: str
    title: str
    component: str | None
    instead: str
    database: bool
    memory: int | None
    memory_check: str | None
    arch_check: str | None
    ports: Mapping[int, str]
    directories: tuple[Directory, ...]
    source: str


@dataclass(frozen=True)
class Item:
    """Something to check on each host that runs one of the roles.

    ``architectures`` names those that it is for, as a pool has them or ``unknown``; all when it is empty.
    """

    roles: tuple[str, ...]
    architectures: tuple[str, ...]
    topic: str
    text: str
    code: str | None
    source: str


@dataclass(frozen=True)
class Front:
    """What ``copies`` or more of a role need in front of them."""

    role: str
    copies: int
    text: str
    source: str


@dataclass(frozen=True)
class Obd:
    """All of it. ``amounts`` are bytes, or counts as they stand, as ``kinds`` says; ``sources`` are theirs."""

    title: str
    source: str
    amounts: Mapping[str, int]
    kinds: Mapping[str, Kind]
    sources: Mapping[str, str]
    roles: Mapping[str, Component]
    checks: Mapping[str, Check]
    items: tuple[Item, ...]
    fronts: tuple[Front, ...]


@cache
def obd() -> Obd:
    """Return what ships with obplace."""
    text = resources.files("obplace.catalogue").joinpath("tools", "obd.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    kinds = {name: Kind(each["kind"]) for name, each in raw["amounts"].items()}
    return Obd(
        title=raw["title"],
        source=raw["source"],
        amounts={name: parse(each["amount"], kinds[name]) for name, each in raw["amounts"].items()},
        kinds=kinds,
        sources={name: each["source"] for name, each in raw["amounts"].items()},
        roles={name: _component(name, each) for name, each in raw["roles"].items()},
        checks={name: _check(name, each) for name, each in raw["checks"].items()},
        items=tuple(_item(each) for each in raw["items"]),
        fronts=tuple(Front(**each) for each in raw["fronts"]),
    )


def _component(role: str, raw: Mapping[str, Any]) -> Component:
    memory = raw.get("memory")
    return Component(
        role=role,
        title=raw["title"],
        component=raw.get("component"),
        instead=raw.get("instead", ""),
        database=raw.get("database", False),
        memory=None if memory is None else parse(memory, Kind.MEMORY),
        memory_check=raw.get("memory_check"),
        arch_check=raw.get("arch_check"),
        ports={int(number): use for number, use in raw["ports"].items()},
        directories=tuple(Directory(**each) for each in raw.get("directories", ())),
        source=raw["source"],
    )


def _check(name: str, raw: Mapping[str, Any]) -> Check:
    return Check(
        name=name,
        severity=Severity(raw["severity"]),
        code=raw.get("code"),
        found=raw["found"],
        expected=raw["expected"],
        todo=raw["todo"],
        source=raw.get("source", ""),
    )


def _item(raw: Mapping[str, Any]) -> Item:
    return Item(
        roles=tuple(raw["roles"]),
        architectures=tuple(raw.get("architectures", ())),
        topic=raw["topic"],
        text=raw["text"],
        code=raw.get("code"),
        source=raw["source"],
    )
