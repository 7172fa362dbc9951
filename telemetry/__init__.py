"""The metrics that pods and watchers have in common. Each front door adds its own."""
