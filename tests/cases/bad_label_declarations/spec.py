"""Mistakes inside one declaration are all shown at once, and the rest of the spec is still read."""

from promspec import Counter, Label, Spec

neither = Label("provider", "The engine.")
both = Label("provider", "The engine.", values=["a"], max_values=3)
twice = Label("provider", "The engine.", values=["a", "a"])
empty = Label("provider", "The engine.", values=[])
blank = Label("provider", "The engine.", values=["a", ""])
hidden = Label("__provider", "The engine.", values=["a"])
odd = Label("pro-vider", "The engine.", values=["a"])
huge = Label("provider", "The engine.", max_values=10_000_000)
numbers = Label("provider", "The engine.", values=[1, 2])

spec = Spec("shop", owner="web", metrics=[Counter("a_total", "A.", labels=[neither, both, twice])])
