"""Small real services that are instrumented only through the generated packages in `output/`."""
