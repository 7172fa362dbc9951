"""One file a resource, each with its blueprint ``bp``."""
