"""previewing: a spec as static HTML pages: what it declares, how its alerts were proven, and its dashboards drawn."""
