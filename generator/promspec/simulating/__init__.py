"""simulating: how soon an SLO's alerts tell of a fault, by arithmetic and as promtool sees it."""
