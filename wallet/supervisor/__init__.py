"""Child processes: started in order, started again when they die, stopped in order.

What Kubernetes does for the pods, on one machine and in the foreground.
"""
