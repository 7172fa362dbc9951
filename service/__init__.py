"""The HTTP front door: parse, call one use case, shape the reply."""
