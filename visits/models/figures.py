"""Figures worked out beforehand for the dashboards, and which of them no longer hold."""

from django.db import models

from communities.models import Community, Grid


class CommunityFigures(models.Model):
    """The figures of one community on one day, by grid and in total.

    Derived: `gridmgmt.overview.store` writes them from the households, visits and matters,
    and `manage.py refresh_overview` compares. Nothing is entered or corrected here.
    """

    community = models.OneToOneField(Community, models.CASCADE, related_name="+")
    on = models.DateField(null=True)
    grids = models.JSONField(default=dict)
    total = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.community_id} {self.on}"


class GridOpenings(models.Model):
    """How often the doors of each building of a grid opened, up to the day before `on`.

    Derived: `visits.openings` writes it from the visits at the first look of a day. A visit
    corrected since then shows in it the day after. Nothing is entered or corrected here.
    """

    grid = models.OneToOneField(Grid, models.CASCADE, related_name="+")
    on = models.DateField()
    # Building, part of the day, opened and tried: {"12": {"evening": [3, 5]}}.
    buildings = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.grid_id} {self.on}"


class StaleGrid(models.Model):
    """A grid that something counted has changed in since its figures were worked out.

    Database triggers write these rows in the transaction of the change (visits.triggers),
    so no way of changing data can forget to. `transaction` keeps one transaction to one
    row, and two transactions to their own: neither waits for the other.
    """

    # Without a constraint, so that the trigger costs one insert and grids can go.
    grid = models.ForeignKey(Grid, models.DO_NOTHING, related_name="+", db_constraint=False)
    transaction = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grid", "transaction"], name="stale_grid_once")
        ]

    def __str__(self) -> str:
        return str(self.grid_id)
