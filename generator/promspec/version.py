"""The version of promspec, as it is written into what it generates."""

VERSION = "0.1.0"
