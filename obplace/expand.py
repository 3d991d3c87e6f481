"""Say presets, topologies, clusters and the catalogue's rules in plain words, so that one reader is enough for all."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import cache, reduce
from typing import Any, NamedTuple

from obplace.catalogue import Catalogue, load, shipped
from obplace.clusters import NAME, NAMED_SO, cluster_words, counted, in_order, named, of, renamed, with_clusters
from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError
from obplace.topology import as_they_stand, topology_words, unknown

NONE = (0, "0")  # copies that leave a role out
AGREE = ("arch", "os")  # columns of ``same``


def expand(catalogue: Catalogue, deployment: Deployment) -> tuple[Catalogue, Deployment]:
    """Return a catalogue that has the roles of each cluster, and a deployment all in plain words.

    The catalogue's rules are among these words, and no longer in the catalogue: what is expanded stays as it is.
    The user's words go before the preset's, these before the topologies', these before the catalogue's rules. Words
    of these three on a role of which no copy is asked for are left out; the user's own stay, to be told.

    Raises
    ------
    DataError
        Presets, topologies or clusters are unknown or contradict each other, in a file; every fault is listed.
    UsageError
        The same, where a flag or keyword is among the faults.
    """
    if not (catalogue.rules or deployment.preset or deployment.topology or deployment.clusters):
        return catalogue, deployment
    reading = _Reading(catalogue, deployment)
    user = reading.user()
    preset = reading.preset()
    found = [each for words in (user, preset) for each in reading.topologies(words)]
    rules = reading.rules()
    names = in_order({name for words in (user, preset, *(each.words for each in found)) for name in words.clusters})
    role = reading.cluster_role(names) if names else None
    reading.stop_if_wrong()
    if role is not None:
        # A count of the plain role beside clusters asks for a cluster more, without a name.
        plain = role in user.extra or user.roles.get(role) not in (None, *NONE)
        clones = tuple(of(role, name) for name in names)
        meant = (role,) if plain else clones
        user = replace(user, roles={name: each for name, each in user.roles.items() if plain or name != role})
        user, preset = reading.clustered(user, role, meant), reading.clustered(preset, role, meant)
        rules = reading.clustered(rules, role, (*clones, role) if plain else clones)
        found = [
            each._replace(words=reading.clustered(each.words, role, (each.role,) if each.role else meant))
            for each in found
        ]
        catalogue = with_clusters(catalogue, role, names, plain)
    layers = (user, preset, reading.agreed(found), rules)
    reading.stop_if_wrong()
    asked = _heard(catalogue, reduce(_over, layers), user)
    return replace(catalogue, rules={}), replace(asked, preset=None, topology=(), clusters={})


class _Found(NamedTuple):
    """A topology that is asked for: of the role of one cluster, or of whatever its words name."""

    name: str
    role: str | None
    words: Deployment


class _Reading:
    """The words with a name against the catalogue; faults are collected on the way."""

    def __init__(self, catalogue: Catalogue, said: Deployment) -> None:
        self.catalogue = catalogue
        self.said = said
        self.wrong: list[str] = []
        self.in_file = True  # every fault so far stands in a file

    def fault(self, place: str | None, text: str) -> None:
        self.in_file = self.in_file and bool(place)
        self.wrong.append(f"{place}: {text}" if place else text)

    def stop_if_wrong(self) -> None:
        if self.wrong:
            raise (DataError if self.in_file else UsageError)(list(dict.fromkeys(self.wrong)))

    def user(self) -> Deployment:
        """Return the user's own words, the tables of the clusters checked."""
        if not self.said.clusters:
            return self.said
        from obplace.deployment_form import ClusterForm

        for name, table in self.said.clusters.items():
            own = f"clusters.{name}"
            plain = {word: list(value) if isinstance(value, tuple) else value for word, value in table.items()}
            try:
                ClusterForm.model_validate(plain)
            except ValueError as error:
                for where, text in _misfits(error):
                    self.fault(_place(self.said, f"{own}.{where}", own), f"{own}.{where}: {text}")
        return self.counted(self.said)

    def counted(self, words: Deployment) -> Deployment:
        """Return the words with a table for each cluster that is counted."""
        each, wrong = counted(words)
        for place, text in wrong:
            self.fault(place, text)
        return each

    def preset(self) -> Deployment:
        """Return the words of the preset that is asked for."""
        name, place = self.said.preset, self.said.places.get("preset")
        if name is None:
            return Deployment()
        if name not in self.catalogue.presets:
            self.fault(place, unknown(self.catalogue, "preset", name, self.catalogue.presets))
            return Deployment()
        what = f"catalogue {self.catalogue.name}, preset {name}"
        words = self.checked(self.catalogue.presets[name].words, what)
        if words.preset:
            self.fault(what, "its words name a preset; expected what that one says")
        return _placed(self.counted(words), place)

    def rules(self) -> Deployment:
        """Return the words that hold for every deployment by the catalogue."""
        what = f"catalogue {self.catalogue.name}, rules"
        words = self.checked(self.catalogue.rules, what)
        for field in ("preset", "topology", "clusters"):
            if getattr(words, field):
                self.fault(what, f"they name a {field.removesuffix('s')}, expected plain words; a preset can name it")
        return _placed(words, what)

    def checked(self, raw: Mapping[str, Any], what: str) -> Deployment:
        """Return the deployment in the words of a catalogue; those of one that ships are known to be well."""
        if self.catalogue == _shipped(self.catalogue.name):
            return as_they_stand(raw)
        from obplace.deployment_form import DeploymentForm, deployment_of

        try:
            return deployment_of(DeploymentForm.model_validate(raw))
        except ValueError as error:
            for where, text in _misfits(error):
                self.fault(what, f"{where}: {text}")
            return Deployment()

    def topologies(self, words: Deployment) -> list[_Found]:
        """Return the topologies that the words name, for all and for one cluster."""
        place = words.places.get("topology")
        found = [_Found(text, None, self.topology(text, place)) for text in words.topology]
        for name, table in words.clusters.items():
            text = table.get("topology")
            if not isinstance(text, str):
                continue
            place = _place(words, f"clusters.{name}.topology", f"clusters.{name}", "clusters")
            each = self.topology(text, place)
            if each.clusters:
                self.fault(place, f"cluster {name}: topology '{text}' is of several clusters itself")
            found.append(_Found(text, of(self.catalogue.cluster or "", name), replace(each, clusters={})))
        return found

    def topology(self, text: str, place: str | None) -> Deployment:
        """Return the words of a topology, all at its place; none where it cannot be had."""
        try:
            return _placed(self.counted(topology_words(self.catalogue, text)), place)
        except ValueError as error:
            self.fault(place, str(error))
            return Deployment()

    def cluster_role(self, names: Iterable[str]) -> str | None:
        """Return the role that each cluster has for itself, its name being one that OceanBase accepts."""
        place = _place(self.said, "clusters", *(f"clusters.{name}" for name in names), "topology", "preset")
        for name in names:
            if not NAME.fullmatch(name):
                self.fault(_place(self.said, f"clusters.{name}", "clusters"), f"cluster name '{name}', {NAMED_SO}")
        role = self.catalogue.cluster
        if role is None:
            self.fault(place, f"{self.catalogue.name} does not say which role a cluster is made of, 'cluster = ROLE'")
        return role

    def clustered(self, words: Deployment, role: str, meant: tuple[str, ...]) -> Deployment:
        """Return the words in which clusters are named by their roles, and the plain role is those ``meant``."""
        own = cluster_words(words, role)
        for field in own.said():
            mine, beside = getattr(own, field), getattr(words, field)
            for key in mine:
                if beside.get(key, mine[key]) != mine[key]:
                    text = f"{field} {key} is said twice: {mine[key]} by the table of the cluster, and {beside[key]}"
                    self.fault(_place(own, f"{field}.{key}"), text)
        rest, wrong = renamed(words, role, meant)
        for place, text in wrong:
            self.fault(place, text)
        return _over(own, replace(rest, clusters={}))

    def agreed(self, found: Iterable[_Found]) -> Deployment:
        """Return what the topologies say together; where they differ is noted."""
        together = Deployment()
        by: dict[tuple[str, str], tuple[str, Any]] = {}
        for name, _, words in found:
            for field, value in words.said().items():
                for key, each in value.items() if isinstance(value, dict) else ():
                    other, before = by.setdefault((field, key), (name, each))
                    if before != each:
                        text = f"{field} {key} is {before} by topology '{other}' and {each} by topology '{name}'"
                        self.fault(_place(words, f"{field}.{key}"), f"{text}; ask for one of them")
            together = _over(together, words)
        return together


def _over(upper: Deployment, lower: Deployment) -> Deployment:
    """Return what both ask, words of ``upper`` before those of ``lower``; each keeps its own place."""
    merged = upper.over(lower)
    places = {**merged.places, **upper.places}
    for each in fields(Deployment):
        value = getattr(lower, each.name)
        if isinstance(value, Mapping) and each.compare:
            added = [key for key in value if key not in getattr(upper, each.name)]
            # A word without a place must not be taken for one that stands where its field does.
            if any(f"{each.name}.{key}" not in lower.places for key in added):
                places.pop(each.name, None)
    return replace(merged, places=places)


def _placed(words: Deployment, place: str | None) -> Deployment:
    """Return the words as if all of them stood at one place."""
    if place is None:
        return words
    said = words.said()
    keys = [f"{field}.{key}" for field, value in said.items() if isinstance(value, dict) for key in value]
    return replace(words, places=dict.fromkeys([*said, *keys], place))


def _misfits(error: ValueError) -> list[tuple[str, str]]:
    """Return where the words do not fit their form, and why."""
    found = error.errors(include_url=False)  # type: ignore[attr-defined]  # the forms' own error, known to them alone
    return [(".".join(map(str, each["loc"])), each["msg"]) for each in found]


def _place(words: Deployment, *keys: str) -> str | None:
    return next((words.places[key] for key in keys if key in words.places), None)


def _heard(catalogue: Catalogue, merged: Deployment, user: Deployment) -> Deployment:
    """Return the words without those that ask something of nobody, the user's own excepted, and without 'any'."""
    idle = {role for role in catalogue.roles if not _asked(catalogue, merged, role)}
    agreeable = {f"{role}.{column}" for role in catalogue.roles for column in AGREE}

    def heard(field: str, word: str, value: Any = None) -> bool:
        if field == "same" and value == "any" and word in agreeable:
            return False  # it has switched off what others say
        if word in getattr(user, field) or field in ("share", "included"):
            return True
        if field == "roles":
            return not (value in NONE and word in user.extra)
        roles = named(field, word)
        return not roles or not (set(roles) <= idle if field == "total" else set(roles) & idle)

    changed: dict[str, Any] = {}
    for each in fields(Deployment):
        value = getattr(merged, each.name)
        if each.name == "places":
            continue
        if isinstance(value, Mapping):
            changed[each.name] = {key: said for key, said in value.items() if heard(each.name, key, said)}
        elif isinstance(value, tuple):
            changed[each.name] = tuple(word for word in value if heard(each.name, word))
    return replace(merged, **changed)


def _asked(catalogue: Catalogue, words: Deployment, role: str) -> bool:
    """May any copy of the role run?"""
    if role in words.roles:
        return words.roles[role] not in NONE
    default = catalogue.roles[role]
    sized = any(part.role == role and part.copies_per and part.by in words.size for part in catalogue.sizing)
    mentioned = {*words.extra, *words.zones, *(named("every", word)[0] for word in words.every)}
    mentioned |= {
        name for field in ("total", "either") for word in getattr(words, field) for name in named(field, word)
    }
    return (not default.optional and default.copies > 0) or sized or role in mentioned


@cache
def _shipped(name: str) -> Catalogue | None:
    return load(name) if name in shipped() else None
