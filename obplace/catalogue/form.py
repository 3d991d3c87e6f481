"""The form of a catalogue file, checked for files from outside; the published schema is made from it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from obplace.catalogue.model import Combine
from obplace.errors import DataError
from obplace.quantity import Kind, parse

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Form(BaseModel):
    """Nothing unknown is accepted: a misspelt key is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ResourceForm(Form):
    """A resource: its kind fixes the units, ``combine`` how the needs of roles on one machine come together."""

    kind: Literal[tuple(Kind)]  # type: ignore[valid-type]  # the list lives in Kind
    combine: Literal[tuple(Combine)]  # type: ignore[valid-type]


class MinimumForm(Form):
    """What one copy needs, each quantity as text with its unit, and the sentence it comes from."""

    needs: dict[Name, str]
    source: str = ""


class RoleForm(Form):
    """A component to place."""

    name: Name
    title: str = ""
    copies: Count = 1
    optional: bool = False
    quorum: bool = False
    max_per_machine: Annotated[int, Field(ge=1, le=1000)] = 1
    source: str = ""
    minimum: dict[str, MinimumForm]


class SharingForm(Form):
    """A pair that may share a server."""

    guest: Name
    host: Name
    how: Literal["included", "added"]
    source: str = ""


class AdviceForm(Form):
    """What a plan says from so many copies of a role on."""

    role: Name
    copies: Annotated[int, Field(ge=1)]
    text: str
    source: str = ""


class PresetForm(Form):
    """A deployment with a name."""

    title: str
    roles: dict[Name, Count]
    source: str = ""


class CatalogueForm(Form):
    """A catalogue file."""

    schema_: Literal["obplace.catalogue/1"] = Field(alias="schema")
    name: Annotated[str, Field(min_length=1)]
    title: str
    source: str
    levels: Annotated[list[Name], Field(min_length=1)]
    colocation: Literal["listed", "free"] = "listed"
    resources: dict[Name, ResourceForm]
    roles: Annotated[list[RoleForm], Field(min_length=1)]
    sharing: list[SharingForm] = []
    advice: list[AdviceForm] = []
    presets: dict[Name, PresetForm] = {}


def check(raw: Mapping[str, Any], file: str) -> None:
    """Raise a `DataError` that lists all that is wrong with the document ``raw`` read from ``file``."""
    try:
        form = CatalogueForm.model_validate(raw)
    except ValidationError as error:
        raise DataError([f"{file}: {_where(each['loc'])}: {each['msg']}" for each in error.errors()]) from None
    problems = [f"{file}: {problem}" for problem in _links(form)]
    if problems:
        raise DataError(problems)


def _where(location: tuple[int | str, ...]) -> str:
    """``('roles', 2, 'copies')`` reads ``roles[2].copies``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return text.removeprefix(".")


def _links(form: CatalogueForm) -> list[str]:
    """Return what names something that the file does not have, or has twice, and quantities nobody can read."""
    problems = []
    names = [role.name for role in form.roles]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"role '{name}' stands there {names.count(name)} times, expected once")
    mentioned = [(f"sharing[{i}]", name) for i, pair in enumerate(form.sharing) for name in (pair.guest, pair.host)]
    mentioned += [(f"advice[{i}]", each.role) for i, each in enumerate(form.advice)]
    mentioned += [(f"presets.{key}", name) for key, preset in form.presets.items() for name in preset.roles]
    problems += [
        f"{where} names role '{name}'; the file has {', '.join(names)}"
        for where, name in mentioned
        if name not in names
    ]
    for role in form.roles:
        for level, minimum in role.minimum.items():
            where = f"role {role.name}, minimum {level}"
            if level not in form.levels:
                problems.append(f"{where}: the file has the levels {', '.join(form.levels)}")
            for resource, text in minimum.needs.items():
                if resource not in form.resources:
                    problems.append(f"{where}: resource '{resource}' is not among {', '.join(form.resources)}")
                    continue
                try:
                    parse(text, Kind(form.resources[resource].kind), round_up=True)
                except ValueError as error:
                    problems.append(f"{where}: {resource} is '{text}', {error}")
    return problems
