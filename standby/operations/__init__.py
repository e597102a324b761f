"""Operate a deployment: who serves, fail over, fail back, reconcile, the journal.

A command gathers facts, a pure planner makes a plan of them, and the executor carries out the plan that was shown.
Nothing is imported here: at night every tenth of a second of a command's start counts.
"""
