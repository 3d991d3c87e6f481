"""The roles, what each needs at each level, and who may share a server with whom: data with sources."""

from obplace.catalogue.diff import Change, changes, to_json
from obplace.catalogue.facts import Fact, about, rules, worded
from obplace.catalogue.load import DEFAULT, load, shipped
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
    kind_of,
)
from obplace.catalogue.precheck import Component, Obd, Severity, obd
from obplace.catalogue.topologies import Topology, all_topologies, topologies

__all__ = [
    "DEFAULT",
    "Advice",
    "Catalogue",
    "Change",
    "Combine",
    "Component",
    "Disk",
    "Fact",
    "Grade",
    "Layout",
    "Minimum",
    "Obd",
    "Part",
    "Preset",
    "Resource",
    "Role",
    "Severity",
    "Sharing",
    "Topology",
    "about",
    "all_topologies",
    "changes",
    "kind_of",
    "load",
    "obd",
    "rules",
    "shipped",
    "to_json",
    "topologies",
    "worded",
]
