"""Topologies: deployments with a name that promise what they survive, as data with sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from obplace.catalogue.load import TOPOLOGIES
from obplace.catalogue.model import Catalogue


@dataclass(frozen=True)
class Topology:
    """A topology.

    Attributes
    ----------
    words
        As a deployment file has them; ``N`` in a word's text stands for the servers of a zone.
    role
        The role that the promise is about: ``observer`` in each cluster, ``observer@primary`` in one of several.
    survives
        The losses after which the majority of ``role`` is left: a level such as ``idc`` for any one domain of it,
        ``2 idc`` for any two.
    not_survives
        The least losses for which nothing is promised.
    needs
        Roles that the catalogue must have.
    """

    name: str
    title: str
    words: Mapping[str, Any]
    role: str
    survives: tuple[str, ...]
    not_survives: tuple[str, ...]
    needs: tuple[str, ...]
    source: str

    def lacking(self, catalogue: Catalogue) -> tuple[str, ...]:
        """Return the roles that it needs and the catalogue does not have."""
        return tuple(role for role in self.needs if role not in catalogue.roles)


def topologies(catalogue: Catalogue) -> dict[str, Topology]:
    """Return the topologies, by name, for which the catalogue has the roles."""
    return {name: each for name, each in all_topologies().items() if not each.lacking(catalogue)}


@cache
def all_topologies() -> Mapping[str, Topology]:
    """Return every topology by name, whatever it needs."""
    text = resources.files("obplace.catalogue").joinpath(f"{TOPOLOGIES}.toml").read_text(encoding="utf-8")
    return {name: _topology(name, raw) for name, raw in tomllib.loads(text)["topologies"].items()}


def _topology(name: str, raw: Mapping[str, Any]) -> Topology:
    return Topology(
        name=name,
        title=raw["title"],
        words=raw["words"],
        role=raw["role"],
        survives=tuple(raw["survives"]),
        not_survives=tuple(raw["not_survives"]),
        needs=tuple(raw["needs"]),
        source=raw["source"],
    )
