"""Questions over HTTP that always end: bounded in time, in memory and in what a message may show."""

LARGEST = 67_108_864
"""Bytes of the largest answer that is read."""
