"""MongoDB: the only place that knows the driver, its documents and its errors."""
