"""The roles, what each needs at each level, and who may share a server with whom: data with sources."""

from obplace.catalogue.load import load, shipped
from obplace.catalogue.model import Advice, Catalogue, Combine, Minimum, Preset, Resource, Role, Sharing

__all__ = ["Advice", "Catalogue", "Combine", "Minimum", "Preset", "Resource", "Role", "Sharing", "load", "shipped"]
