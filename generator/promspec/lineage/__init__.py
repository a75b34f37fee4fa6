"""Lineage: what each name of a spec is made from, and everything that depends on it."""
