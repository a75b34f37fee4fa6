"""Judgements on one expression that a spec's check and the linter share: pure functions of a syntax tree."""
