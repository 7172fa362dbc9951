"""The background server: wakes up, executes pending transfers, observes."""
