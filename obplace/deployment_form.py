"""A deployment as a file in TOML: its form, where each word stands in it, and how it is written."""

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError, WithJsonSchema

from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError

SCHEMA = "obplace.deployment/1"
_KEY = r'[\w.-]+|"[^"]*"'


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("expected a whole number, or a range such as 3..5")
    return value


Number = Annotated[
    int | str,
    PlainValidator(_number),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
]


class ClusterForm(BaseModel):
    """Words of one OceanBase cluster: those of the deployment, without its role in their keys."""

    model_config = ConfigDict(extra="forbid", strict=True)

    count: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="So many clusters of these words: NAME_1, NAME_2 and on."
    )
    copies: Number | None = Field(default=None, description="OBServers: a number, or a range such as 3..5.")
    topology: str | None = Field(default=None, description="NAME, NAME:N or such as 2-2-2.")
    zones: Number | None = Field(default=None, description="R or RxN: zones, and copies in each.")
    layout: dict[str, str] = Field(default={}, description="By LEVEL: zones in each domain, such as 2-2-1.")
    survive: str | None = Field(default=None, description="A level any domain of which may be lost.")
    spread: str | None = Field(default=None, description="LEVEL or LEVEL:D.")
    limit: dict[str, int] = Field(default={}, description="By LEVEL: the most copies in a domain.")
    across: dict[str, int] = Field(default={}, description="By LEVEL: the least domains.")
    where: dict[str, str] = Field(default={}, description="By COLUMN: VALUE|VALUE or !VALUE.")
    same: dict[str, str] = Field(default={}, description="By COLUMN: all, a level or any.")
    alike: dict[str, str] = Field(default={}, description="By RESOURCE: quantity, share or any.")
    minimum: dict[str, str] = Field(default={}, description="By RESOURCE: a quantity with its unit.")
    spare: int | None = Field(default=None, description="Machines that may fail.")
    pin: list[str] = Field(default=[], description="Machines on which it runs.")


class DeploymentForm(BaseModel):
    """What is asked, in the words of the flags; what is not said is the catalogue's."""

    model_config = ConfigDict(extra="forbid", strict=True)

    level: str | None = Field(default=None, description="One of the catalogue's levels.")
    preset: str | None = Field(default=None, description="A preset of the catalogue.")
    topology: list[str] = Field(default=[], description="NAME, NAME:N (servers per zone) or such as 2-2-2.")
    roles: dict[str, Number] = Field(default={}, description="Copies by role: 3, 3..5, 3.. or ..5; 0 leaves it out.")
    extra: list[str] = Field(default=[], description="Optional roles to add.")
    total: dict[str, Number] = Field(default={}, description="By ROLE+ROLE: copies together, a number or a range.")
    ratio: dict[str, str] = Field(default={}, description="By ROLE:OTHER: A/B, at least A ROLE for every B OTHER.")
    either: list[str] = Field(default=[], description="ROLE:ROLE, exactly one of them runs.")
    minimize: list[str] = Field(default=[], description="servers, cost and alike, in the order that matters.")
    zones: dict[str, Number] = Field(default={}, description="By role: R or RxN, zones and copies in each.")
    layout: dict[str, str] = Field(default={}, description="By ROLE.LEVEL: zones in each domain, such as 2-2-1.")
    survive: dict[str, str] = Field(default={}, description="By role: a level any domain of which may be lost.")
    spread: dict[str, str] = Field(default={}, description="By role: LEVEL or LEVEL:D.")
    limit: dict[str, int] = Field(default={}, description="By ROLE.LEVEL: the most copies in a domain.")
    across: dict[str, int] = Field(default={}, description="By ROLE.LEVEL: the least domains.")
    apart: list[str] = Field(default=[], description="ROLE:ROLE on no machine both; ROLE:ROLE:LEVEL in no domain.")
    together: list[str] = Field(default=[], description="ROLE:OTHER, each server with ROLE runs OTHER too.")
    every: list[str] = Field(default=[], description="AGENT:ROLE or AGENT:any, an agent on every such server.")
    share: list[str] = Field(default=[], description="GUEST:HOST may share a server, their needs add up.")
    included: list[str] = Field(default=[], description="GUEST:HOST, the host's minimum holds the guest's.")
    where: dict[str, str] = Field(default={}, description="By ROLE.COLUMN (arch, os, tags): VALUE|VALUE or !VALUE.")
    same: dict[str, str] = Field(default={}, description="By ROLE.COLUMN (arch, os): all, a level or any.")
    alike: dict[str, str] = Field(default={}, description="By ROLE.RESOURCE: quantity, share or any.")
    minimum: dict[str, str] = Field(default={}, description="By ROLE.RESOURCE: a quantity with its unit.")
    size: dict[str, int] = Field(default={}, description="Amounts to size by: hosts, links, users, connections.")
    observers_for: str | None = Field(default=None, description="Volume of data that each zone has to hold: 8TB.")
    growth: str | None = Field(default=None, description="Share by which the data grows: 30%.")
    disks: Literal["same", "separate"] | None = Field(
        default=None, description="Keep a disk budget for OBServers, data and log on one disk or two."
    )
    budget: str | None = Field(default=None, description="The most that all servers may cost.")
    horizon: int | None = Field(default=None, description="Months over which running costs count, with offers.")
    pin: dict[str, list[str]] = Field(default={}, description="By role: machines on which it runs.")
    ban: list[str] = Field(default=[], description="Machines on which nothing runs.")
    spare: dict[str, int] = Field(default={}, description="By role: machines that may fail.")
    headroom: str | None = Field(default=None, description="Share of each capacity that stays free: 20%.")
    tolerance: dict[str, str] = Field(default={}, description="By resource: how far to fall short: 2%.")
    grant: dict[str, str] = Field(default={}, description="By MACHINE.RESOURCE: it counts as having that much.")
    waive: list[str] = Field(default=[], description="Resources that are not checked, or ports.")
    reuse: bool = Field(default=False, description="Machines that run something now count as free.")
    repairs: dict[str, int] = Field(default={}, description="By kind (near, spread, level, counts): what a step costs.")
    clusters: dict[str, ClusterForm] = Field(default={}, description="Several OceanBase clusters, by name.")


class FileForm(DeploymentForm):
    """A deployment file of obplace."""

    schema_: Literal["obplace.deployment/1"] = Field(alias="schema")
    catalogue: str | None = Field(default=None, description="One that ships, or a file beside this one.")


def deployment_of(form: DeploymentForm) -> Deployment:
    """Return the deployment of a form."""
    said = DeploymentForm.model_validate(form.model_dump(include=set(DeploymentForm.model_fields)))
    words = said.model_dump()
    words["clusters"] = {name: each.model_dump(exclude_defaults=True) for name, each in said.clusters.items()}
    return TypeAdapter(Deployment).validate_python(words)


def read(path: str) -> tuple[str | None, Deployment]:
    """Return the catalogue that a file names, if it does, and its deployment, which remembers its lines.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is not a deployment; every fault is listed with its line.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    try:
        form = FileForm.model_validate(tomllib.loads(text))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{file.name} is not TOML: {error}") from None
    except ValidationError as error:
        raise DataError([_fault(file.name, text, each) for each in error.errors(include_url=False)]) from None
    catalogue = form.catalogue
    if catalogue is not None and (file.parent / catalogue).is_file():
        catalogue = str(file.parent / catalogue)
    places = {key: f"{file.name} line {line}" for key, line in _lines(text).items()}
    return catalogue, replace(deployment_of(form), places=places)


def write(catalogue: str, deployment: Deployment) -> str:
    """Return the text of a file that asks the same."""
    import tomli_w

    return tomli_w.dumps({"schema": SCHEMA, "catalogue": catalogue, **deployment.said()})


def schema() -> str:
    """Return the published JSON Schema, as the file in the package holds it."""
    made = FileForm.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **made}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _fault(name: str, text: str, error: Any) -> str:
    steps = [str(step) for step in error["loc"]]
    lines = _lines(text)
    known = [".".join(steps[:depth]) for depth in range(len(steps), 0, -1)]
    line = next((lines[key] for key in known if key in lines), 1)
    return f"{name} line {line}: {'.'.join(steps)}: {error['msg']}"


def _lines(text: str) -> dict[str, int]:
    """Return the line of each key by its dotted path; the keys of an inline table are on its line."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = header[1].replace('"', "") + "."
            lines.setdefault(table[:-1], number)
        elif pair := re.match(rf"\s*({_KEY})\s*=\s*(.*)", line):
            key = table + pair[1].replace('"', "")
            lines.setdefault(key, number)
            if pair[2].startswith("{"):
                for inner in re.findall(rf"[{{,]\s*({_KEY})\s*=", pair[2]):
                    lines.setdefault(f"{key}.{inner.replace(chr(34), '')}", number)
    return lines
