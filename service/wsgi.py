"""The composition root of an API process. gunicorn imports it in each worker, after fork."""

from service.app import create_app
from service.composition import compose
from service.settings import ServiceSettings
from wallet.logs import configure

_settings = ServiceSettings()
configure(_settings.log_format, _settings.log_level)
app = create_app(_settings, compose(_settings))
