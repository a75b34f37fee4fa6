"""plan: a checked spec becomes decisions, as frozen plain values. Each artefact has its module."""
