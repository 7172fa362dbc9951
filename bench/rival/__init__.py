"""What one would pick instead of a watcher: Celery and Redis, one transaction a task."""
