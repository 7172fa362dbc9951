"""The recording rules and alerts of Prometheus."""
