"""What a watcher exports. One process, one registry: what is computed at a scrape is computed here."""
