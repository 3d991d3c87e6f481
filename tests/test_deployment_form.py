"""A deployment file says what the flags say, and what is wrong with it is told with its line."""

import json
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from obplace.deployment import Deployment
from obplace.deployment_form import read, schema, write
from obplace.errors import DataError, UsageError

NAMES = st.text("abcdefgh0123_-.ü ", min_size=1, max_size=6)
LISTS = st.lists(NAMES, max_size=3, unique=True).map(tuple)
DEPLOYMENTS = st.builds(
    Deployment,
    level=st.none() | st.just("performance"),
    roles=st.dictionaries(NAMES, st.integers(0, 9), max_size=3),
    extra=LISTS,
    minimize=st.sampled_from([(), ("cost",), ("servers", "cost")]),
    spread=st.dictionaries(NAMES, NAMES, max_size=2),
    minimum=st.dictionaries(NAMES, NAMES, max_size=2),
    pin=st.dictionaries(NAMES, LISTS.filter(bool), max_size=2),
    ban=LISTS,
    spare=st.dictionaries(NAMES, st.integers(0, 3), max_size=2),
    headroom=st.none() | st.just("20%"),
    waive=LISTS,
    reuse=st.booleans(),
)


def put(tmp_path: Path, text: str) -> str:
    """Write a deployment file and return its path."""
    file = tmp_path / "deployment.toml"
    file.write_text('schema = "obplace.deployment/1"\n' + text, encoding="utf-8")
    return str(file)


@given(DEPLOYMENTS)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, deployment: Deployment) -> None:
    """A file made of a deployment asks exactly that, keeps the published schema, and names its catalogue."""
    file = tmp_path_factory.mktemp("deployment") / "d.toml"
    file.write_text(write("oceanbase-4.1", deployment), encoding="utf-8")

    assert read(str(file)) == ("oceanbase-4.1", deployment)
    Draft202012Validator(json.loads(schema())).validate(tomllib.loads(file.read_text(encoding="utf-8")))


def test_published_schema_is_the_one_in_force() -> None:
    """The schema in the package is made from the form that checks the files."""
    kept = resources.files("obplace").joinpath("schemas/deployment.schema.json").read_text(encoding="utf-8")

    assert kept == schema()


def test_each_word_remembers_its_line(tmp_path: Path) -> None:
    """Tables, inline tables and lists are found where they stand."""
    text = 'level = "performance"\nroles = { ocp = 3, odp = 2 }\nban = [\n  "a",\n]\n\n[spread]\nobserver = "zone"\n'
    _, deployment = read(put(tmp_path, text))

    assert deployment.places["level"] == "deployment.toml line 2"
    assert deployment.places["roles.odp"] == "deployment.toml line 3"
    assert deployment.places["ban"] == "deployment.toml line 4"
    assert deployment.places["spread.observer"] == "deployment.toml line 9"


def test_all_faults_of_the_form_are_told_with_their_lines(tmp_path: Path) -> None:
    """A misspelt key, a number for a text and a text for a number are three messages."""
    path = put(tmp_path, 'levle = "performance"\nheadroom = 20\n[spare]\nocp = "3"\n')

    with pytest.raises(DataError) as caught:
        read(path)
    assert sorted(problem.split(": ")[:2] for problem in caught.value.problems) == [
        ["deployment.toml line 2", "levle"],
        ["deployment.toml line 3", "headroom"],
        ["deployment.toml line 5", "spare.ocp"],
    ]


@pytest.mark.parametrize("text", ["roles = {\n", "\x00"])
def test_what_is_no_toml_is_told(tmp_path: Path, text: str) -> None:
    """A file that is not TOML is wrong content, with the place that the parser names."""
    with pytest.raises(DataError, match=r"deployment.toml is not TOML: .*line"):
        read(put(tmp_path, text))


def test_missing_file_is_a_wrong_argument() -> None:
    """A path that leads nowhere is the caller's slip."""
    with pytest.raises(UsageError, match=r"cannot read nowhere.toml: No such file"):
        read("nowhere.toml")


def test_catalogue_beside_the_file_is_found(tmp_path: Path) -> None:
    """A relative catalogue is looked for where the deployment lies."""
    (tmp_path / "mine.toml").touch()

    assert read(put(tmp_path, 'catalogue = "mine.toml"\n'))[0] == str(tmp_path / "mine.toml")


def test_flags_go_before_the_file() -> None:
    """Words of the flags replace those of the file, lists of names add up, and replaced words lose their line."""
    base = Deployment(
        level="performance",
        roles={"ocp": 3, "odp": 2},
        ban=("a",),
        minimize=("cost",),
        places={"roles.ocp": "x line 1"},
    )
    flags = Deployment(roles={"ocp": 1}, ban=("b", "a"), minimize=("servers",))
    both = flags.over(base)
    asked = Deployment(level="performance", roles={"ocp": 1, "odp": 2}, ban=("a", "b"), minimize=("servers",))

    assert both == asked
    assert both.places == {}
