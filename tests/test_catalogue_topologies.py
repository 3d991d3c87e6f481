"""Topologies are words that a deployment understands, and what they promise follows from their layouts."""

from dataclasses import fields

import pytest

from obplace.catalogue import all_topologies, load, shipped, topologies
from obplace.deployment import Deployment
from obplace.deployment_form import ClusterForm, DeploymentForm
from obplace.terminal import show_catalogue

ALL = all_topologies()
WITH_ZONES = [name for name, each in ALL.items() if "zones" in each.words]


def numbers(layout: str) -> list[int]:
    """Return how many zones lie in each domain of a layout."""
    return sorted((int(number) for number in layout.split("-")), reverse=True)


def test_names() -> None:
    """Every documented topology has a name, each with a title, a source and what it does not survive."""
    assert list(ALL) == [
        "standalone",
        "n-n-n",
        "three-idcs",
        "two-regions-three-idcs",
        "three-regions-three-idcs",
        "three-regions-five-idcs",
        "primary-standby",
        "2f1a",
        "4f1a-two-regions",
        "4f1a-three-regions",
        "ocp-single",
        "ocp-three",
        "ocp-three-idcs",
    ]
    assert [each.name for each in ALL.values() if not (each.title and each.source and each.not_survives)] == []


@pytest.mark.parametrize("name", ALL)
def test_words_are_those_of_a_deployment(name: str) -> None:
    """A deployment file could say the same, clusters included."""
    words = dict(ALL[name].words)

    DeploymentForm.model_validate(words)
    assert set(words) <= {field.name for field in fields(Deployment)}
    for cluster in words.get("clusters", {}).values():
        ClusterForm.model_validate(cluster)


@pytest.mark.parametrize("name", shipped())
def test_arbitration_only_where_the_catalogue_has_it(name: str) -> None:
    """Without the role the topology is not there, and says what is lacking."""
    book = load(name)
    missing = {each.name for each in ALL.values()} - set(topologies(book))

    assert missing == (set() if "arbitration" in book.roles else {"2f1a", "4f1a-two-regions", "4f1a-three-regions"})
    assert ALL["2f1a"].lacking(book) == (("arbitration",) if missing else ())


@pytest.mark.parametrize("name", shipped())
def test_presets_do_not_repeat_topologies(name: str) -> None:
    """A preset that has the name of a topology says something else."""
    book = load(name)

    assert [key for key, each in book.presets.items() if key in ALL and each.words == ALL[key].words] == []


@pytest.mark.parametrize("name", WITH_ZONES)
def test_layouts_place_every_zone(name: str) -> None:
    """The numbers of a layout add up to the zones."""
    words = ALL[name].words
    zones = int(words["zones"]["observer"].partition("x")[0])

    assert {sum(numbers(layout)) for layout in words.get("layout", {}).values()} <= {zones}


@pytest.mark.parametrize("name", WITH_ZONES)
@pytest.mark.parametrize("level", ["idc", "region"])
def test_promises_follow_from_the_layout(name: str, level: str) -> None:
    """The fullest domains hold less than the majority of the votes exactly where their loss is said to be survived.

    The arbitration service, where there is one, lies in a domain of its own and adds a vote to an even number.
    """
    topology = ALL[name]
    words = topology.words
    layout = words.get("layout", {}).get(f"observer.{level}")
    if layout is None:
        assert level not in topology.survives
        return
    held = numbers(layout)
    votes = sum(held)
    if "arbitration" in words.get("roles", {}):
        assert [each.startswith("arbitration:observer:") for each in words["apart"]] == [True]
        held = sorted([*held, 1], reverse=True)  # of its own: apart at this level or above it
        votes += 1
    for lost in (1, 2, 3):
        name_of_loss = level if lost == 1 else f"{lost} {level}"
        survived = 2 * (votes - sum(held[:lost])) > votes
        assert name_of_loss not in (topology.not_survives if survived else topology.survives)


@pytest.mark.parametrize("name", shipped())
def test_catalogue_shows_its_topologies(name: str) -> None:
    """``roles`` names each with what it survives and where that is from."""
    text = "".join(show_catalogue(load(name)).split())

    for topology in topologies(load(name)).values():
        assert f"Topology{topology.name}:" in text
        assert "".join(topology.source.split()) in text
