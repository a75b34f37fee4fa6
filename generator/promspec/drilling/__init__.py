"""Drills: incidents made to happen in a running service, and what must come of them: `Drills`, `Incident`, `steady`."""

from promspec.drilling.model import DrillError, Drills, Incident, Service
from promspec.drilling.traffic import steady

__all__ = ["DrillError", "Drills", "Incident", "Service", "steady"]
