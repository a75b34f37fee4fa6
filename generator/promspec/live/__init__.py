"""What runs is held to what was promised: expositions against the contract of a spec."""
