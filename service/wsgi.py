"""The composition root of an API process. gunicorn imports it in each worker, after fork."""

import atexit
from contextlib import ExitStack

from service.app import create_app
from service.composition import compose
from service.settings import ServiceSettings
from service.threads import on_threads
from wallet.garbage import collect_seldom
from wallet.logs import configure

_HASHING_THREADS = 1

_settings = ServiceSettings()
configure(_settings.log_format, _settings.log_level)
_stack = ExitStack()
atexit.register(_stack.close)
app = create_app(_settings, compose(_settings, _stack, on_threads(_HASHING_THREADS)))
collect_seldom()
