"""render: a plan becomes files. Nothing is decided here; each artefact has its module."""
