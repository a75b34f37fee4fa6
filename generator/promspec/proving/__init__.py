"""Run the proofs of a spec through promtool, and prove the proofs by mutating the rules."""
