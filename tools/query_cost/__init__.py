"""query_cost: what a spec's dashboards cost a Prometheus: a fleet of samples, raw queries beside generated ones."""
