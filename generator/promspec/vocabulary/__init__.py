"""The words of a spec: frozen pydantic models, each with the validation that needs nothing but itself."""
