"""What a pod exports, over all its workers, on the metrics port.

The workers write into files and gunicorn's master adds them up, so every gauge says how, and nothing can be
computed at a scrape.
"""
