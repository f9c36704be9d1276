"""Prose held against the provisions that it cites: made harmless, checked, its faults flagged.

What the reports of the agent and the drafts of the writer have in common.
"""
