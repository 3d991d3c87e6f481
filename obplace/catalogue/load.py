"""Read a catalogue: one that ships by its name, or a user's own TOML file of the same form."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Any

from obplace.catalogue.model import Advice, Catalogue, Combine, Minimum, Preset, Resource, Role, Sharing
from obplace.errors import DataError, UsageError
from obplace.quantity import Kind, parse

DEFAULT = "oceanbase-4.1"


def shipped() -> tuple[str, ...]:
    """Return the names of the catalogues that ship with obplace, in order."""
    files = resources.files("obplace.catalogue").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


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
            Advice(each["role"], each["copies"], each["text"], each.get("source", "")) for each in raw.get("advice", ())
        ),
        presets={
            name: Preset(name, each["title"], dict(each["roles"]), each.get("source", ""))
            for name, each in raw.get("presets", {}).items()
        },
    )


def _role(raw: Mapping[str, Any], levels: list[str], kinds: Mapping[str, Kind]) -> Role:
    minimums: dict[str, Minimum] = {}
    minimum = Minimum({}, "")
    for level in levels:
        stated = raw["minimum"].get(level)
        if stated is not None:
            needs = {name: parse(text, kinds[name], round_up=True) for name, text in stated["needs"].items()}
            minimum = Minimum(needs, stated.get("source", ""))
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
    )
