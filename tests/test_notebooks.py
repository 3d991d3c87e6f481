"""Every notebook is committed without outputs, runs from its own directory, and says what its cells show."""

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Register the interpreter that runs the tests as a kernel, away from the user's own Jupyter files."""
    name = "under-test"
    spec = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": name}
    home = tmp_path / "jupyter" / "kernels" / name
    home.mkdir(parents=True)
    (home / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    return name


def test_notebook_has_no_outputs(path: Path):
    """Outputs are made by whoever runs it; in the repository they would only grow old."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]

    assert [cell.source for cell in cells if cell.outputs or cell.execution_count is not None] == []


def test_notebook_runs_and_tells_the_truth(path: Path, kernel: str):
    """It runs without an error or a warning, and amounts in its prose are amounts that its cells computed."""
    notebook = nbformat.read(path, as_version=4)

    NotebookClient(
        notebook, kernel_name=kernel, timeout=120, resources={"metadata": {"path": str(path.parent)}}
    ).execute()

    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [each.text for each in outputs if each.get("name") == "stderr" and "Warning" in each.text] == []
    shown = json.dumps(outputs).replace(",", "")
    prose = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    amounts = re.findall(r"\d[\d,]*\.\d+", prose)
    assert [amount for amount in amounts if amount.replace(",", "") not in shown] == []
