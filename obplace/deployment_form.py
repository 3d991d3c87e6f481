"""A deployment as a file in TOML: its form, where each word stands in it, and how it is written."""

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError

SCHEMA = "obplace.deployment/1"
_KEY = r'[\w.-]+|"[^"]*"'


class DeploymentForm(BaseModel):
    """What is asked, in the words of the flags; what is not said is the catalogue's."""

    model_config = ConfigDict(extra="forbid", strict=True)

    level: str | None = Field(default=None, description="One of the catalogue's levels.")
    preset: str | None = Field(default=None, description="A preset of the catalogue.")
    roles: dict[str, int] = Field(default={}, description="Copies by role; 0 leaves a role out.")
    extra: list[str] = Field(default=[], description="Optional roles to add.")
    minimize: list[str] = Field(default=[], description="servers and cost, in the order that matters.")
    spread: dict[str, str] = Field(default={}, description="By role: LEVEL or LEVEL:D.")
    included: list[str] = Field(default=[], description="GUEST:HOST, the host's minimum holds the guest's.")
    minimum: dict[str, str] = Field(default={}, description="By ROLE.RESOURCE: a quantity with its unit.")
    pin: dict[str, list[str]] = Field(default={}, description="By role: machines on which it runs.")
    ban: list[str] = Field(default=[], description="Machines on which nothing runs.")
    spare: dict[str, int] = Field(default={}, description="By role: machines that may fail.")
    headroom: str | None = Field(default=None, description="Share of each capacity that stays free: 20%.")
    tolerance: dict[str, str] = Field(default={}, description="By resource: how far to fall short: 2%.")
    waive: list[str] = Field(default=[], description="Resources that are not checked.")
    reuse: bool = Field(default=False, description="Machines that run something now count as free.")


class FileForm(DeploymentForm):
    """A deployment file of obplace."""

    schema_: Literal["obplace.deployment/1"] = Field(alias="schema")
    catalogue: str | None = Field(default=None, description="One that ships, or a file beside this one.")


def deployment_of(form: DeploymentForm) -> Deployment:
    """Return the deployment of a form."""
    said = DeploymentForm.model_validate(form.model_dump(include=set(DeploymentForm.model_fields)))
    return TypeAdapter(Deployment).validate_python(said.model_dump())


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
