"""The rules that need nothing but their arguments: no I/O, no clock, no settings."""
