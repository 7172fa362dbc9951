"""Dashboards, recording rules and alerts as code. ``python -m grafana`` writes the committed files."""
