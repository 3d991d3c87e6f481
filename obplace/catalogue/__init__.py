"""The roles, what each needs at each level, and who may share a server with whom: data with sources."""

from obplace.catalogue.diff import Change, Fact, changes, to_json
from obplace.catalogue.load import DEFAULT, load, shipped
from obplace.catalogue.model import Advice, Catalogue, Combine, Minimum, Preset, Resource, Role, Sharing

__all__ = [
    "DEFAULT",
    "Advice",
    "Catalogue",
    "Change",
    "Combine",
    "Fact",
    "Minimum",
    "Preset",
    "Resource",
    "Role",
    "Sharing",
    "changes",
    "load",
    "shipped",
    "to_json",
]
