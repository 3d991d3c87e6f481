"""The form of a catalogue file, checked for files from outside; the published schema is made from it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from obplace.catalogue.model import Combine, kind_of
from obplace.errors import DataError
from obplace.quantity import Kind, parse, percent

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
    ports: list[Annotated[int, Field(ge=1, le=65_535)]] = []
    ports_source: str = ""
    arbitrates: Name | None = None
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
    level: Name | None = None


class PresetForm(BaseModel):
    """A deployment with a name; its words are read where deployments are."""

    model_config = ConfigDict(extra="allow", strict=True)

    title: str
    source: str
    roles: dict[str, Count] = {}


class RulesForm(BaseModel):
    """Words that hold for every deployment; they are read where deployments are."""

    model_config = ConfigDict(extra="allow", strict=True)

    source: str


class GradeForm(Form):
    """What a part needs up to an amount."""

    upto: Annotated[int, Field(ge=1)]
    needs: dict[Name, str]
    per: dict[Name, str] = {}


class PartForm(Form):
    """A part of what a copy of a role needs, by a measure."""

    role: Name
    part: str
    by: Name | None = None
    unit: str = ""
    of: Name | None = None
    base: dict[Name, str] = {}
    per: dict[Name, str] = {}
    steps: list[GradeForm] = []
    beyond: str = ""
    copies_per: Annotated[int, Field(ge=1)] | None = None
    source: str = ""


class LayoutForm(Form):
    """Shares of a disk."""

    data: str
    log: str


class DiskForm(Form):
    """How storage comes out of memory."""

    role: Name
    home: str
    slog: str
    log_factor: Annotated[int, Field(ge=1)]
    least_log: str
    least_data: str
    memory_limit: str
    same: LayoutForm
    separate: LayoutForm
    sources: dict[Name, str]


class CatalogueForm(Form):
    """A catalogue file."""

    schema_: Literal["obplace.catalogue/1"] = Field(alias="schema")
    name: Annotated[str, Field(min_length=1)]
    title: str
    source: str
    levels: Annotated[list[Name], Field(min_length=1)]
    cluster: Name | None = None
    colocation: Literal["listed", "free"] = "listed"
    resources: dict[Name, ResourceForm]
    roles: Annotated[list[RoleForm], Field(min_length=1)]
    sharing: list[SharingForm] = []
    advice: list[AdviceForm] = []
    presets: dict[Name, PresetForm] = {}
    rules: RulesForm | None = None
    sizing: list[PartForm] = []
    disk: DiskForm | None = None


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
    mentioned += [(f"presets.{key}", kind_of(name)) for key, preset in form.presets.items() for name in preset.roles]
    mentioned += [(f"role {role.name}, arbitrates", role.arbitrates) for role in form.roles if role.arbitrates]
    mentioned += [(f"sizing[{i}]", part.role) for i, part in enumerate(form.sizing)]
    mentioned += [(f"sizing[{i}], of", part.of) for i, part in enumerate(form.sizing) if part.of]
    mentioned += [("disk", form.disk.role)] if form.disk else []
    mentioned += [("cluster", form.cluster)] if form.cluster else []
    problems += [
        f"{where} names role '{name}'; the file has {', '.join(names)}"
        for where, name in mentioned
        if name not in names
    ]
    for role in form.roles:
        for level, minimum in role.minimum.items():
            where = f"role {role.name}, minimum {level}"
            problems += _level(form, where, level)
            problems += _needs(form, where, minimum.needs)
    for i, each in enumerate(form.advice):
        problems += _level(form, f"advice[{i}]", each.level) if each.level is not None else []
    for i, part in enumerate(form.sizing):
        problems += _part(form, f"sizing[{i}]", part)
    return [*problems, *_disk(form)]


def _level(form: CatalogueForm, where: str, level: str) -> list[str]:
    return [] if level in form.levels else [f"{where}: the file has the levels {', '.join(form.levels)}"]


def _needs(form: CatalogueForm, where: str, needs: Mapping[str, str]) -> list[str]:
    problems = []
    for resource, text in needs.items():
        if resource not in form.resources:
            problems.append(f"{where}: resource '{resource}' is not among {', '.join(form.resources)}")
            continue
        try:
            parse(text, Kind(form.resources[resource].kind), round_up=True)
        except ValueError as error:
            problems.append(f"{where}: {resource} is '{text}', {error}")
    return problems


def _part(form: CatalogueForm, where: str, part: PartForm) -> list[str]:
    """Return what is wrong with a part besides the role that it names."""
    problems = []
    if part.by is None and (part.per or part.steps or part.copies_per or part.of):
        problems.append(f"{where}: per, steps, copies_per and of need 'by', the measure that they go by")
    ends = [grade.upto for grade in part.steps]
    if ends != sorted(set(ends)):
        problems.append(f"{where}: the steps end at {', '.join(map(str, ends))}, expected numbers that rise")
    graded = [needs for grade in part.steps for needs in (grade.needs, grade.per)]
    for needs in (part.base, part.per, *graded):
        problems += _needs(form, where, needs)
    return problems


def _disk(form: CatalogueForm) -> list[str]:
    """Return what of the disk table nobody can read."""
    if form.disk is None:
        return []
    problems = []
    raw = form.disk.model_dump()
    shares = {"memory_limit": raw["memory_limit"]}
    shares |= {f"{key}.{name}": raw[key][name] for key in ("same", "separate") for name in ("data", "log")}
    for key, text in shares.items():
        try:
            percent(text)
        except ValueError as error:
            problems.append(f"disk: {key} is '{text}', {error}")
    for key in ("home", "slog", "least_log", "least_data"):
        try:
            parse(raw[key], Kind.STORAGE, round_up=True)
        except ValueError as error:
            problems.append(f"disk: {key} is '{raw[key]}', {error}")
    problems += [
        f"disk: resource '{name}' is not among {', '.join(form.resources)}"
        for name in ("memory", "storage")
        if name not in form.resources
    ]
    return problems
