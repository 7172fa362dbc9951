"""Parts of the dashboards' queries. Each selects by the variables that stand at the top of a dashboard."""

_NAMESPACE = 'namespace=~"$namespace"'
_TARGET = (_NAMESPACE, 'job=~"$job"', 'instance=~"$instance"')


def select(name: str, *matchers: str) -> str:
    """Return the series of ``name`` that the reader chose; ``matchers`` are further ones, as in PromQL."""
    return f"{name}{{{','.join((*_TARGET, *matchers))}}}"


def equal(label: str, value: str) -> str:
    return f'{label}="{value}"'


def recorded(name: str, *matchers: str) -> str:
    """Return the series of a recording rule: it has a namespace, and no job or instance any more."""
    return f"{name}{{{','.join((_NAMESPACE, *matchers))}}}"


def total(series: str, by: str = "") -> str:
    """Return the sum of ``series``, all in all or by some labels."""
    return f"sum by ({by}) ({series})" if by else f"sum({series})"


def rate(name: str, *matchers: str, by: str = "") -> str:
    """Return events a second of a counter."""
    return total(f"rate({select(name, *matchers)}[$__rate_interval])", by)


def in_range(name: str, *matchers: str, by: str = "") -> str:
    """Return how much a counter grew in the time that the dashboard shows."""
    return total(f"increase({select(name, *matchers)}[$__range])", by)


def quantile(part: float, name: str, *matchers: str, by: str = "") -> str:
    """Return a quantile of a histogram."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({part:g}, {rate(name + '_bucket', *matchers, by=labels)})"


def mean(name: str, *matchers: str, by: str = "") -> str:
    """Return the mean of what a histogram observed."""
    return f"{rate(name + '_sum', *matchers, by=by)} / {rate(name + '_count', *matchers, by=by)}"


def shared(name: str) -> str:
    """Return a gauge that every watcher exports with the same value."""
    return f"max({select(name)})"
