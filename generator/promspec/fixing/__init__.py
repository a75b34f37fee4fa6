"""Mechanical fixes: what a problem's remedy makes of the text at its place, as edits and as a unified diff."""
