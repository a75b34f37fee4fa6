"""lint: anyone's rule files, manifests, dashboards and Alertmanager configurations, judged against known metrics."""
