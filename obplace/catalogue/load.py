"""Read a catalogue: one that ships by its name, or a user's own TOML file of the same form."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Any

from obplace.catalogue.model import (
    Advice,
    Catalogue,
    Combine,
    Disk,
    Grade,
    Layout,
    Minimum,
    Part,
    Preset,
    Resource,
    Role,
    Sharing,
)
from obplace.errors import DataError, UsageError
from obplace.quantity import Kind, parse, percent

DEFAULT = "oceanbase-4.1"
TOPOLOGIES = "topologies"  # the one file beside the catalogues that is none


def shipped() -> tuple[str, ...]:
    """Return the names of the catalogues that ship with obplace, in order."""
    files = resources.files("obplace.catalogue").iterdir()
    names = {file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")}
    return tuple(sorted(names - {TOPOLOGIES}))


def load(name: str | PathLike[str] = DEFAULT) -> Catalogue:
    """Return the catalogue of that name, or the one in that file.

    Raises
    ------
    UsageError
        Neither a shipped catalogue nor a file has this name.
    DataError
        The file is not a catalogue; every fault is listed.
    """
    if str(name) in shipped():
        text = resources.files("obplace.catalogue").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        return build(tomllib.loads(text))
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"no catalogue '{name}': name a file, or one of {', '.join(shipped())}")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path.name}: not a catalogue in TOML: {error}") from error
    # Imported here: the form is checked for files from outside only, and pydantic is not free to import.
    from obplace.catalogue.form import check

    check(raw, path.name)
    return build(raw)


def build(raw: Mapping[str, Any]) -> Catalogue:
    """Return the catalogue that a document of the right form describes."""
    kinds = {name: Kind(each["kind"]) for name, each in raw["resources"].items()}
    return Catalogue(
        name=raw["name"],
        title=raw["title"],
        source=raw["source"],
        levels=tuple(raw["levels"]),
        resources={
            name: Resource(name, kinds[name], Combine(each["combine"])) for name, each in raw["resources"].items()
        },
        roles={each["name"]: _role(each, raw["levels"], kinds) for each in raw["roles"]},
        sharing=tuple(
            Sharing(each["guest"], each["host"], each["how"] == "included", each.get("source", ""))
            for each in raw.get("sharing", ())
        ),
        free=raw.get("colocation", "listed") == "free",
        advice=tuple(
            Advice(each["role"], each["copies"], each["text"], each.get("source", ""), each.get("level"))
            for each in raw.get("advice", ())
        ),
        presets={
            name: Preset(name, each["title"], _without(each, "title", "source"), each["source"])
            for name, each in raw.get("presets", {}).items()
        },
        rules=_without(raw.get("rules", {}), "source"),
        rules_source=raw.get("rules", {}).get("source", ""),
        sizing=tuple(_part(each, kinds) for each in raw.get("sizing", ())),
        disk=_disk(raw["disk"]) if "disk" in raw else None,
        cluster=raw.get("cluster"),
    )


def _without(raw: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in keys}


def _needs(raw: Mapping[str, str], kinds: Mapping[str, Kind]) -> dict[str, int]:
    return {name: parse(text, kinds[name], round_up=True) for name, text in raw.items()}


def _part(raw: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Part:
    return Part(
        role=raw["role"],
        title=raw["part"],
        by=raw.get("by"),
        unit=raw.get("unit", raw.get("by", "")),
        of=raw.get("of"),
        base=_needs(raw.get("base", {}), kinds),
        per=_needs(raw.get("per", {}), kinds),
        grades=tuple(
            Grade(each["upto"], _needs(each["needs"], kinds), _needs(each.get("per", {}), kinds))
            for each in raw.get("steps", ())
        ),
        beyond=raw.get("beyond", ""),
        copies_per=raw.get("copies_per"),
        source=raw.get("source", ""),
    )


def _disk(raw: Mapping[str, Any]) -> Disk:
    def storage(key: str) -> int:
        return parse(raw[key], Kind.STORAGE, round_up=True)

    def layout(key: str) -> Layout:
        return Layout(percent(raw[key]["data"]), percent(raw[key]["log"]))

    return Disk(
        role=raw["role"],
        home=storage("home"),
        slog=storage("slog"),
        log_factor=raw["log_factor"],
        least_log=storage("least_log"),
        least_data=storage("least_data"),
        memory_share=percent(raw["memory_limit"]),
        same=layout("same"),
        separate=layout("separate"),
        sources=dict(raw["sources"]),
    )


def _role(raw: Mapping[str, Any], levels: list[str], kinds: Mapping[str, Kind]) -> Role:
    minimums: dict[str, Minimum] = {}
    minimum = Minimum({}, "")
    for level in levels:
        stated = raw["minimum"].get(level)
        if stated is not None:
            minimum = Minimum(_needs(stated["needs"], kinds), stated.get("source", ""))
        minimums[level] = minimum
    return Role(
        name=raw["name"],
        title=raw.get("title", raw["name"]),
        copies=raw.get("copies", 1),
        optional=raw.get("optional", False),
        quorum=raw.get("quorum", False),
        max_per_machine=raw.get("max_per_machine", 1),
        minimums=minimums,
        source=raw.get("source", ""),
        ports=tuple(raw.get("ports", ())),
        ports_source=raw.get("ports_source", ""),
        arbitrates=raw.get("arbitrates"),
    )
