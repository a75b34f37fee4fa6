"""A running stack of what was generated: the service, Prometheus, Alertmanager, and a pager that takes every page."""
