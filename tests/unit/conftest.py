"""Properties are about results, never about time: a busy machine must not fail them."""

from hypothesis import settings

settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")
