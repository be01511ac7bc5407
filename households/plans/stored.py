"""A stored plan as the planner's problem again, and its parts in address order."""

from collections.abc import Sequence

from communities.division import Instance
from communities.division.instance import neighbour_lists
from households.models import GridPlan, PlannedGrid, PlannedPart
from households.plans.instance import Layout, lay_out, nodes_of, usual_inertia


def parts_of(plan: GridPlan) -> list[PlannedPart]:
    return list(plan.parts.select_related("building", "planned_grid").order_by("pk"))


def layout_of(plan: GridPlan, parts: Sequence[PlannedPart]) -> Layout:
    buildings = {part.building_id: part.building for part in parts}
    in_order = sorted(buildings.values(), key=lambda building: (building.walk_order, building.pk))
    return lay_out(plan.community, in_order)


def instance_of(
    plan: GridPlan,
    parts: Sequence[PlannedPart],
    grids: Sequence[PlannedGrid],
    layout: Layout,
) -> Instance:
    """Return the plan as an instance: locked parts are fixed, labels are positions in `grids`."""
    nodes = nodes_of(parts, layout, by_workload=plan.by_workload)
    rows = {part.pk: row for row, part in enumerate(parts)}
    labels = {grid.pk: label for label, grid in enumerate(grids)}
    todays = {grid.grid_id: label for label, grid in enumerate(grids) if grid.grid_id}
    k = max(len(grids), 1)
    return Instance(
        k=k,
        target=plan.target or 1.0,
        tolerance=plan.tolerance_percent / 100,
        j_ref=usual_inertia(nodes, k, layout),
        nodes=nodes,
        neighbours=neighbour_lists(
            len(nodes),
            [
                (rows[one], rows[other])
                for one, other in plan.edges
                if one in rows and other in rows
            ],
        ),
        current=tuple(todays.get(part.today_id or 0, -1) for part in parts)
        if plan.is_recut
        else None,
        fixed=tuple(labels[part.planned_grid_id] if part.is_locked else None for part in parts),
    )
