"""The second kind of work of a watcher: exports, each made by a process of its own."""
