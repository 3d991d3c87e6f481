"""How pictures look: colours and hatches that any eye and any printer tells apart, fonts for any name."""

from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

from obplace.plan import Plan
from obplace.words import plain, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

# Okabe and Ito's colours can be told apart with any kind of colour vision, and the hatch alone tells roles apart
# in print. One list is longer than the other, so that the pair repeats only after 42 roles.
COLOURS: Final = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2")
HATCHES: Final = ("", "////", "....", "xxxx", "----", "||||")
INK: Final = "#222222"  # on the colours above
GREY: Final = "0.5"  # on white and on black
LETTER: Final = 0.6  # how wide a letter is, of its size; names in capitals and digits are no wider

# Families with Chinese, Japanese and Korean characters; matplotlib's own has none.
_CJK: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Arial Unicode MS",
)


def styles(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return colour and hatch of each role; the catalogue's order keeps them the same from plan to plan."""
    looks = zip(cycle(COLOURS), cycle(HATCHES), strict=False)
    return {
        role: {"facecolor": colour, "hatch": hatch, "edgecolor": INK, "linewidth": 0.4}
        for role, (colour, hatch) in zip(plan.catalogue.roles, looks, strict=False)
    }


def short(name: str, most: int) -> str:
    """Leave out the middle of a name wider than so many letters: what tells names apart is often at its ends."""
    if width(name) <= most:
        return name
    first, last = "", ""
    half = most // 2
    for letter in name:
        if width(first + letter) > half:
            break
        first += letter
    for letter in reversed(name):
        if width(letter + last) > most - half - 1:
            break
        last = letter + last
    return f"{first}…{last}"


class Letters:
    """The fonts for some texts, and what to write where none of them has a character."""

    def __init__(self, texts: Iterable[str]) -> None:
        import matplotlib as mpl
        from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

        self.families: list[str] = list(mpl.rcParams["font.family"])
        self._missing: set[str] = set()
        others = {letter for text in (*texts, "…×−·") for letter in text if not letter.isascii()}
        if others - {"…", "×", "−", "·"}:
            installed = {font.name for font in fontManager.ttflist}
            self.families += [family for family in _CJK if family in installed]
            fonts = [get_font(findfont(FontProperties(family=[family]))) for family in self.families]
            self._missing = {letter for letter in others if not any(font.get_char_index(ord(letter)) for font in fonts)}

    def known(self, text: str) -> str:
        """Return a text in which what no font can draw is written as its code, so that names stay apart."""
        return "".join(
            letter.encode("unicode_escape").decode() if letter in self._missing else letter for letter in text
        )

    def short(self, name: str, most: int) -> str:
        """Return a name as it is written, no wider than so many letters."""
        return short(self.known(plain(name)), most)

    def write(self, ax: "Axes", x: float, y: float, words: str, points: float, **look: Any) -> "Text":
        """Write a text as it stands: no mathematics, no character that nobody can see."""
        drawn = ax.text(x, y, self.known(plain(words)), fontsize=points, parse_math=False, **{"va": "center", **look})
        drawn.set_fontfamily(self.families)
        return drawn

    def measure(self, axis: Any, words: str, points: float) -> None:
        """Say what an axis measures."""
        axis.set_label_text("", fontsize=points, parse_math=False)
        axis.label.set_text(self.known(plain(words)))
        axis.label.set_fontfamily(self.families)

    def entitle(self, ax: "Axes", words: str, points: float) -> None:
        """Write the title of a picture."""
        lines = "\n".join(self.known(plain(line)) for line in words.splitlines())
        title = ax.set_title(lines, loc="left", parse_math=False, fontsize=points)
        title.set_fontfamily(self.families)

    def legend(self, ax: "Axes", handles: Iterable[Any], points: float, *, lines: float, ncols: int) -> None:
        """Put what the marks mean below a picture, so many lines below its frame."""
        from matplotlib.transforms import offset_copy

        below = offset_copy(ax.transAxes, ax.get_figure(root=True), y=-1.35 * points * lines, units="points")
        # Below a scale, which is centred, to the right; below what has none to the left.
        drawn = ax.legend(
            handles=list(handles),
            frameon=False,
            fontsize=points,
            borderaxespad=0,
            borderpad=0,
            columnspacing=1.2,
            ncols=ncols,
            bbox_transform=below,
            loc="upper right" if lines else "upper left",
            bbox_to_anchor=(1, 0) if lines else (0, 0),
        )
        for text in drawn.get_texts():
            text.set_text(self.known(plain(text.get_text())))
            text.set_parse_math(False)
            text.set_fontfamily(self.families)


def figure(wide: float, high: float) -> "Axes":
    """Return the axes of a new figure of so many inches."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(wide, min(high, TALLEST)), layout="constrained")
    return ax


TALLEST: Final = 100.0  # inches; a picture that is higher cannot be written as PNG


def inches(ax: "Axes") -> tuple[float, float]:
    """Return how wide and high the axes are."""
    box = ax.get_window_extent()
    return float(box.width / ax.figure.dpi), float(box.height / ax.figure.dpi)


def points_for(ax: "Axes", letter: float, line: float, most: float = 9.0) -> float:
    """Return the size of letters for which a letter and a line have so much room, in units of the axes."""
    wide, high = inches(ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    by_width = wide / abs(right - left) * letter * 72 / LETTER
    by_height = high / abs(top - bottom) * line * 72 / 1.35
    return min(most, by_width, by_height)


def patches(roles: Iterable[str], looks: dict[str, dict[str, Any]]) -> Iterator[Any]:
    """Yield what the legend shows of some roles."""
    from matplotlib.patches import Patch

    yield from (Patch(label=role, **looks[role]) for role in roles)
