"""Random words of a deployment that the kinds of rules are said with, aimed at what a small problem has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from obplace.catalogue import Catalogue, Combine
from obplace.deployment import Deployment

Words = dict[str, Any]  # fields of a Deployment, to be laid over what is said already

LEVELS = ("idc", "idc", "zone", "rack")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "arch": ("x86_64", "aarch64"),
    "os": ("anolis", "kylin"),
    "tags": ("ssd", "new"),
}
KINDS: dict[str, Callable[["Scene"], Words | None]] = {}


def kind(function: Callable[["Scene"], Words | None]) -> Callable[["Scene"], Words | None]:
    """Register a kind of rule by the name of its function."""
    KINDS[function.__name__] = function
    return function


@dataclass(frozen=True)
class Scene:
    """What words can speak of.

    Attributes
    ----------
    counts
        The copies of the roles that are asked for.
    cost
        What the best plan so far costs, in the pool's currency; None where there are no prices.
    """

    rng: Random
    catalogue: Catalogue
    said: Deployment
    counts: Mapping[str, int]
    cost: float | None

    def role(self) -> str:
        """Draw a role, one that runs more than once rather than another."""
        roles = list(self.counts)
        return self.rng.choices(roles, [copies**2 for copies in self.counts.values()])[0]

    def pair(self) -> tuple[str, str] | None:
        """Draw two different roles; None where there is but one."""
        first, second, *_ = (*self.rng.sample(list(self.counts), min(2, len(self.counts))), "")
        return (first, second) if second else None

    def sharing(self) -> tuple[str, str] | None:
        """Draw two roles of which the first may run on the server of the second."""
        roles = list(self.counts)
        known = {(pair.guest, pair.host) for pair in self.catalogue.sharing}
        known |= {(a, b) for a in roles for b in roles if self.catalogue.free and a != b}
        pairs = sorted(pair for pair in known if set(pair) <= set(roles))
        return self.rng.choice(pairs) if pairs else None


@kind
def ranges(scene: Scene) -> Words:
    """At least, at most or about as many copies."""
    role = scene.role()
    copies = scene.counts[role]
    least = max(1, copies - 1)
    text = scene.rng.choice(
        (f"{least}..{copies + 1}", f"{copies}..{copies + 1}", f"{copies + 1}..", f"..{copies}", f"{least}..")
    )
    return {"roles": {role: text}}


@kind
def total(scene: Scene) -> Words | None:
    """Two roles together have so many copies, each as many as is best."""
    pair = scene.pair()
    if pair is None:
        return None
    copies = sum(scene.counts[role] for role in pair) + scene.rng.choice((-1, 0, 0, 1))
    said = scene.rng.choice((copies, f"{copies}..", f"{copies}..{copies + 1}", f"..{copies - 1}"))
    ends = {role: scene.counts[role] + scene.rng.randint(0, 1) for role in pair}
    least = {role: scene.rng.choice((0, 0, 1, scene.counts[role])) for role in pair}
    ranges = {role: f"{least[role]}..{ends[role]}" for role in pair}
    return {"roles": ranges, "total": {"+".join(pair): said}}


@kind
def ratio(scene: Scene) -> Words | None:
    """So many copies of a role for so many of another."""
    pair = scene.pair()
    if pair is None:
        return None
    role, other = pair
    words: Words = {"roles": {role: scene.rng.choice((f"{scene.counts[role]}..", "1.."))}}
    if scene.rng.random() < 0.3:
        words["roles"][other] = f"{scene.counts[other]}..{scene.counts[other] + 1}"
    return words | {"ratio": {f"{role}:{other}": scene.rng.choice(("1/1", "2/1", "3/2", "1/2", "2/3"))}}


@kind
def either(scene: Scene) -> Words | None:
    """One of two or three roles runs."""
    roles = scene.rng.sample(list(scene.counts), min(len(scene.counts), scene.rng.choice((2, 2, 2, 3))))
    return {"either": (":".join(roles),)} if len(roles) > 1 else None


@kind
def zones(scene: Scene) -> Words:
    """So many zones, perhaps with so many copies in each."""
    role, number = scene.role(), scene.rng.choice((2, 3, 3))
    if scene.rng.random() < 0.5:
        each = scene.rng.choice((1, 1, 2))
        return {"roles": {role: number * each}, "zones": {role: f"{number}x{each}"}}
    return {"roles": {role: max(number, scene.counts[role])}, "zones": {role: number}}


@kind
def layout(scene: Scene) -> Words | None:
    """The zones of a role lie in domains in a pattern."""
    if not scene.said.zones:
        return None
    role = scene.rng.choice(sorted(scene.said.zones))
    number = int(str(scene.said.zones[role]).partition("x")[0])
    layouts = {1: ("1",), 2: ("2", "1-1"), 3: ("3", "2-1", "2-1", "1-1-1")}
    level = scene.rng.choice(("idc", "idc", "rack"))
    return {"layout": {f"{role}.{level}": scene.rng.choice(layouts[number])}}


@kind
def survive(scene: Scene) -> Words:
    """The majority is left whichever domain is lost, of copies or of zones."""
    role = scene.rng.choice(sorted(scene.said.zones)) if scene.said.zones else scene.role()
    words: Words = {"survive": {role: scene.rng.choice(("idc", "rack", "zone"))}}
    if scene.counts[role] < 3 and role not in scene.said.zones:
        words["roles"] = {role: 3}
    return words


@kind
def limit(scene: Scene) -> Words:
    """At most so many copies in a domain."""
    role = scene.role()
    return {"limit": {f"{role}.{scene.rng.choice(LEVELS)}": scene.rng.randint(1, max(1, scene.counts[role] - 1))}}


@kind
def across(scene: Scene) -> Words:
    """At least so many domains."""
    role = scene.role()
    return {"across": {f"{role}.{scene.rng.choice(LEVELS)}": scene.rng.randint(1, min(3, scene.counts[role]))}}


@kind
def apart(scene: Scene) -> Words | None:
    """Two roles share no machine, or no domain."""
    pair = scene.pair()
    level = scene.rng.choice(("", "", ":idc", ":rack", ":zone"))
    return {"apart": (":".join(pair) + level,)} if pair else None


@kind
def together(scene: Scene) -> Words | None:
    """Where one role runs another runs too."""
    pair = scene.sharing()
    return {"together": (":".join(scene.rng.sample(pair, 2)),)} if pair else None


@kind
def every(scene: Scene) -> Words | None:
    """An agent runs on each server, or on those of one role, and may share with all of them."""
    pair = scene.pair()
    if pair is None:
        return None
    agent, role = pair
    where = scene.rng.choice((role, role, "any"))
    hosts = [role] if where == role else [other for other in scene.counts if other != agent]
    words: Words = {"every": (f"{agent}:{where}",)}
    if scene.rng.random() < 0.6:
        words["roles"] = {agent: "0.."}
    return words if scene.catalogue.free else words | {"share": tuple(f"{agent}:{host}" for host in hosts)}


@kind
def share(scene: Scene) -> Words | None:
    """Two roles may share a server that otherwise may not."""
    pair = scene.pair()
    return {"share": (":".join(pair),)} if pair and not scene.catalogue.free else None


@kind
def where(scene: Scene) -> Words:
    """A role runs on some machines only, by architecture, system or tag."""
    column = scene.rng.choice(sorted(COLUMNS))
    values = scene.rng.sample(COLUMNS[column], scene.rng.choice((1, 1, 1, 2)))
    return {"where": {f"{scene.role()}.{column}": scene.rng.choice(("", "", "!")) + "|".join(values)}}


@kind
def same(scene: Scene) -> Words:
    """The machines of a role agree, all of them or in each domain."""
    how = scene.rng.choice(("all", "all", "all", "idc", "rack"))
    return {"same": {f"{scene.role()}.{scene.rng.choice(('arch', 'os'))}": how}}


@kind
def alike(scene: Scene) -> Words:
    """The machines of a role differ little in a resource, or as little as can be."""
    rng = scene.rng
    summed = [name for name, each in scene.catalogue.resources.items() if each.combine is Combine.SUM]
    key, how = f"{scene.role()}.{rng.choice(summed)}", rng.choice(("0%", "5%", "20%", "any", "any"))
    orders = [("alike",), ("servers", "alike"), ("alike", "servers")]
    orders += [("cost", "alike"), ("alike", "cost")] if scene.cost is not None else []
    order = {"minimize": rng.choice(orders)} if how == "any" or rng.random() < 0.3 else {}
    return {"alike": {key: how}, **order}


@kind
def budget(scene: Scene) -> Words | None:
    """The servers cost no more than so much, somewhat less than the best plan so far does."""
    if scene.cost is None:
        return None
    return {"budget": f"{scene.cost - scene.rng.choice((-1, 0.5, 1, 1, 2, 3, 4)):.2f}"}


@kind
def size(scene: Scene) -> Words | None:
    """Roles serve so much; what they need may go by the number of another role."""
    parts = [part for part in scene.catalogue.sizing if part.role in scene.counts]
    measured = sorted({part.by for part in parts if part.by and part.of is None})
    counted = sorted({(part.by, part.of) for part in parts if part.by and part.of in scene.counts})
    if not measured and not counted:
        return None
    rng = scene.rng
    name = rng.choice([*measured, *(by for by, _ in counted)])
    words: Words = {"size": {name: rng.choice((1, 2, 5, 12, 30))}}
    others = [of for by, of in counted if by != name]
    if others and rng.random() < 0.7:
        of = rng.choice(others)
        words["roles"] = {of: rng.choice((f"{scene.counts[of]}..{scene.counts[of] + 2}", f"1..{scene.counts[of] + 1}"))}
    return words


@kind
def observers_for(scene: Scene) -> Words | None:
    """The OBServers of each zone hold a volume of data together, in as many as it takes."""
    disk = scene.catalogue.disk
    if disk is None or disk.role not in scene.counts:
        return None
    zones = scene.rng.choice((1, 2, 3))
    words: Words = {"roles": {disk.role: f"{zones}..{scene.rng.choice((2, 3)) * zones}"}, "zones": {disk.role: zones}}
    return words | {"observers_for": scene.rng.choice(("200GB", "400GB", "600GB", "800GB", "1TB", "1.5TB"))}


@kind
def disks(scene: Scene) -> Words | None:
    """The OBServers keep a disk budget."""
    disk = scene.catalogue.disk
    return {"disks": scene.rng.choice(("same", "separate"))} if disk and disk.role in scene.counts else None
