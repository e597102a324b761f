"""Operate a deployment: the serving region, failover, failback, reconciliation and the journal.

A command collects facts, a pure planner makes a plan of them, and the executor carries out the plan that was shown.
This package imports nothing, because in an outage every tenth of a second of a command's start counts.
"""
