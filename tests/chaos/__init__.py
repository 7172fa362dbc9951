"""The stage, what is done to it, and the checkers of what is left.

A package, unlike the folders beside it: its modules have names that other tests' helpers have as well.
"""
