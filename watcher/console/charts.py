"""Line charts as plain numbers for a template to draw: no library, no script. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor, log10

WIDTH, HEIGHT = 360, 132
"""Of the drawing, in its own units."""

LEFT, TOP, RIGHT, BOTTOM = 44, 8, 350, 110
"""Where the lines are drawn."""

_STEPS = (1, 2, 2.5, 5, 10)
_X_TICKS = {5: 5, 15: 3, 60: 4}
"""Marks by the minutes of the span."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How numbers are said, and the least that the axis reaches: noise must not look like a mountain."""

    show: Callable[[float], str]
    least: float


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, which of the colours it has, and a number or nothing for each step of time."""

    name: str
    colour: str
    points: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A series as it is drawn: ``paths`` has one piece for each stretch without a gap."""

    name: str
    colour: str
    paths: Sequence[str]
    last: str
    peak: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that a template needs."""

    key: str
    title: str
    note: str
    lines: Sequence[Line]
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]

    @property
    def summary(self) -> str:
        """The chart for those who cannot see it."""
        said = (f"{line.name}: now {line.last}, at most {line.peak}" for line in self.lines)
        return f"{self.title}. {'; '.join(said)}."


def draw(key: str, title: str, note: str, series: Sequence[Series], span: timedelta, scale: Scale) -> Chart:  # noqa: PLR0913, PLR0917
    """Lay out ``series``, which all have the same number of points, over the last ``span``."""
    known = (value for one in series for value in one.points if value is not None)
    top = ceiling(max(known, default=0.0), scale.least)
    return Chart(
        key=key,
        title=title,
        note=note,
        lines=[_line(one, top, scale) for one in series],
        y_ticks=[Tick(_y(top * share, top), scale.show(top * share)) for share in (0.0, 0.5, 1.0)],
        x_ticks=_x_ticks(span),
    )


def ceiling(highest: float, least: float) -> float:
    """Return a round number that is not below ``highest``; ``least`` at least."""
    if highest <= least:
        return least
    magnitude = 10.0 ** floor(log10(highest))
    return float(next(step for step in _STEPS if step * magnitude >= highest) * magnitude)


def _line(series: Series, top: float, scale: Scale) -> Line:
    known = [value for value in series.points if value is not None]
    return Line(
        name=series.name,
        colour=series.colour,
        paths=[_path(stretch) for stretch in _stretches(series.points, top)],
        last=_said(series.points[-1] if series.points else None, scale),
        peak=_said(max(known, default=None), scale),
    )


def _said(value: float | None, scale: Scale) -> str:
    return "not known" if value is None else scale.show(value)


def _stretches(points: Sequence[float | None], top: float) -> list[list[tuple[float, float]]]:
    """Return the places of the points, cut where nothing is known."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(points):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((_x(index, len(points)), _y(value, top)))
    return [one for one in stretches if one]


def _path(stretch: Sequence[tuple[float, float]]) -> str:
    places = [f"{x:.1f} {y:.1f}" for x, y in stretch]
    # A single point would be invisible: the round end of a line makes it a dot.
    return f"M{' L'.join(places if len(places) > 1 else places * 2)}"


def _x(index: int, count: int) -> float:
    return LEFT + (RIGHT - LEFT) * (index + 1) / count


def _y(value: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * min(value, top) / top


def _x_ticks(span: timedelta) -> list[Tick]:
    minutes = span // timedelta(minutes=1)
    count = _X_TICKS[minutes]
    places = (LEFT + (RIGHT - LEFT) * index / count for index in range(count + 1))
    labels = (f"-{minutes - minutes // count * index} min" for index in range(count))
    return [Tick(place, label) for place, label in zip(places, (*labels, "now"), strict=True)]
