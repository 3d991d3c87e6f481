"""Work that ends its process, for the tests of sweeps; nothing heavy is loaded with it."""

import os
import signal
from pathlib import Path

ALWAYS, ONCE = 3, 5


def dies(shared: Path, item: int) -> int:
    """Return the square, and count how often an item was begun; two of them end their process."""
    with (shared / str(item)).open("a", encoding="utf-8") as stream:
        stream.write("x")
    if item == ALWAYS or (item == ONCE and begun(shared, item) == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return item * item


def begun(shared: Path, item: int) -> int:
    """Return how often an item was begun."""
    return len((shared / str(item)).read_text(encoding="utf-8"))
