"""Where lint learns which metrics there are: specs, expositions, endpoints, a Prometheus."""
