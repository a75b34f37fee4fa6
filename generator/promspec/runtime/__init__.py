"""What a generated instrumentation package carries with it: plain modules, copied unchanged."""
