"""SVG elements as text: everything that enters is escaped, numbers are short."""

from __future__ import annotations

from html import escape

Value = str | float | int


def element(name: str, *inside: str, **attributes: Value | None) -> str:
    """An element; `inside` is markup already, `class_` stands for class and `_` for a hyphen.

    >>> element("text", text("a < b"), x=1.0, text_anchor="end")
    '<text x="1" text-anchor="end">a &lt; b</text>'
    """
    written = "".join(
        f' {_name(key)}="{escape(_value(value))}"' for key, value in attributes.items() if value is not None
    )
    body = "".join(inside)
    return f"<{name}{written}>{body}</{name}>" if body else f"<{name}{written}/>"


def text(content: str) -> str:
    """Text as markup."""
    return escape(content, quote=False)


def short(value: float) -> str:
    """A coordinate: at most one decimal, no minus zero."""
    rounded = f"{value:.1f}".removesuffix(".0")
    return "0" if rounded == "-0" else rounded


def percent(part: float) -> str:
    """A part 0-1 as a percentage."""
    return f"{format(part * 100, '.2f').rstrip('0').rstrip('.')}%"


def _name(key: str) -> str:
    kept = {"viewBox": "viewBox", "preserveAspectRatio": "preserveAspectRatio"}
    return kept.get(key, key.rstrip("_").replace("_", "-"))


def _value(value: Value) -> str:
    return value if isinstance(value, str) else short(float(value))
