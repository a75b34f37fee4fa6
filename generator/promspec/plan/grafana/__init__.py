"""plan.grafana: what a dashboard's plan is made of: the grid, the queries, the variables, the panels."""
