"""Write a picture to a file: the same picture is the same bytes."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obplace.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS: Final = 200  # per inch, of a PNG
# A date would make each file another one; a salt that is said keeps the names inside an SVG the same.
_PLAIN: Final[dict[str, dict[str, None]]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def write(draw: Callable[[], "Axes"], path: Path) -> None:
    """Draw without a screen, and write the picture in the form that the name of the file says.

    Parameters
    ----------
    path
        Ends in .png, .svg or .pdf.
    """
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    form = path.suffix.lower()
    with mpl.rc_context({"backend": "agg", "svg.hashsalt": "obplace"}):
        drawn = draw().get_figure(root=True)
        if drawn is None:
            raise AssertionError("axes without a figure")
        buffer = io.BytesIO()
        drawn.savefig(buffer, format=form[1:], dpi=DOTS, metadata=_PLAIN[form])
        plt.close(drawn)
    try:
        path.write_bytes(buffer.getvalue())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
