"""Colours: those of Grafana's names as safe literals, the classes of series, and the shades of heatmaps."""

from __future__ import annotations

import re

_HUES = {
    "red": ("#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"),
    "orange": ("#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"),
    "yellow": ("#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"),
    "green": ("#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"),
    "blue": ("#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"),
    "purple": ("#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"),
}
"""Each from super-light to dark. Source: grafana/packages/grafana-data/src/themes/createVisualizationColors.ts"""
_SHADES = ("super-light-", "light-", "", "semi-dark-", "dark-")
_NAMED = {
    **{f"{shade}{hue}": colours[place] for hue, colours in _HUES.items() for place, shade in enumerate(_SHADES)},
    "white": "#ffffff",
    "black": "#000000",
    "transparent": "none",
    "text": "currentColor",
}
_WRITTEN = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_FUNCTION = re.compile(r"(?:rgb|hsl)a?\([0-9.,%/ deg-]{1,60}\)")
_UNKNOWN = _NAMED["blue"]

SERIES = 12
"""How many colours series have, one after the other; then they begin again."""

_SCHEMES = {
    "Oranges": ("#fff5eb", "#fd8d3c", "#7f2704"),
    "Blues": ("#f7fbff", "#6baed6", "#08306b"),
    "Greens": ("#f7fcf5", "#74c476", "#00441b"),
    "Reds": ("#fff5f0", "#fb6a4a", "#67000d"),
    "Purples": ("#fcfbfd", "#9e9ac8", "#3f007d"),
    "Greys": ("#f5f5f5", "#969696", "#111111"),
    "Viridis": ("#440154", "#21918c", "#fde725"),
    "Turbo": ("#30123b", "#a4fc3c", "#7a0403"),
    "Spectral": ("#9e0142", "#ffffbf", "#5e4fa2"),
    "RdYlGn": ("#a50026", "#ffffbf", "#006837"),
}
"""Low, middle and high of each scheme. Source: d3-scale-chromatic, which Grafana uses."""


def safe(colour: str) -> str:
    """A colour of a spec as a literal that can stand in an attribute, whatever was written.

    >>> safe("semi-dark-red"), safe("#abc"), safe('red" onload="x')
    ('#E02F44', '#abc', '#5794F2')
    """
    if colour in _NAMED:
        return _NAMED[colour]
    known = _WRITTEN.fullmatch(colour) or _FUNCTION.fullmatch(colour)
    return colour if known else _UNKNOWN


def shade(scheme: str, part: float) -> str:
    """The colour of a part 0-1 of the way from low to high. Grafana's default exponent of 0.5 is the caller's."""
    low, middle, high = _SCHEMES.get(scheme, _SCHEMES["Oranges"])
    first, second, rest = (low, middle, part * 2) if part < 0.5 else (middle, high, part * 2 - 1)
    mixed = (round(a + (b - a) * rest) for a, b in zip(_rgb(first), _rgb(second), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
