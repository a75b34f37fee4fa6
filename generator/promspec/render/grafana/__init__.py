"""render.grafana: grafanalib made current: panels of our own, and one pass that brings all JSON to the v1 model."""
