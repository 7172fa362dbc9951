"""The console: a small page about the queue, on the watcher's own port."""
