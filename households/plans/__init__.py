"""Drafts of the grids of a community: what the planner is given, and what is made of its answer."""
