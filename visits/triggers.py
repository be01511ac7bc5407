"""Database triggers: which grids' figures no longer hold, and what may not be changed.

The figures of the dashboards count households, visits, matters and memberships, which
forms, imports, actions and the admin all write. A trigger sees every one of these writes
and commits or rolls back with it. Each database has its own dialect; both stand here.

A matter changes its status only along the table of `visits.workflow`, one move at a time, and
its history is never changed, nor is that of a roll call: whoever tries gets an IntegrityError.

SQLite rebuilds a table to change it and loses its triggers, so they are removed before
every `migrate` and made again after it, when all stored figures are dropped as well.
"""

from collections.abc import Container
from typing import Any

from django.db import connections

from visits.workflow import status_changes

# Table and its column that names the grid.
COUNTED = {
    "households_household": "grid_id",
    "visits_visittally": "grid_id",
    "visits_matter": "grid_id",
    "communities_membership": "grid_id",
    "communities_grid": "id",
}
EVENTS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}

SQLITE_MARK = """
INSERT INTO visits_stalegrid (grid_id, "transaction") SELECT {grid}, 0 WHERE {grid} IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM visits_stalegrid WHERE grid_id = {grid});
"""
POSTGRES_MARK = """
INSERT INTO visits_stalegrid (grid_id, transaction) SELECT {grid}, txid_current()
WHERE {grid} IS NOT NULL ON CONFLICT DO NOTHING;
"""
# A worker whose account is closed no longer staffs her grids.
WORKER_GRIDS = (
    "SELECT grid_id FROM communities_membership WHERE user_id = NEW.id AND grid_id IS NOT NULL"
)
SQLITE_WORKER = f"""
INSERT INTO visits_stalegrid (grid_id, "transaction") SELECT DISTINCT grid_id, 0 FROM ({WORKER_GRIDS})
WHERE grid_id NOT IN (SELECT grid_id FROM visits_stalegrid);
"""  # noqa: S608 - constants of this module
POSTGRES_WORKER = f"""
INSERT INTO visits_stalegrid (grid_id, transaction)
SELECT DISTINCT grid_id, txid_current() FROM ({WORKER_GRIDS}) AS grids ON CONFLICT DO NOTHING;
"""  # noqa: S608 - constants of this module
# A grid that is gone has no row to mark: its whole community is worked out again.
FORGET = "DELETE FROM visits_communityfigures WHERE community_id = OLD.community_id;"


def triggers(
    mark: str, worker: str, tables: Container[str] = COUNTED
) -> dict[str, tuple[str, str, str]]:
    """Return every trigger of these tables by name: its table, its event, what it does."""
    made = {}
    for table, column in COUNTED.items():
        if table not in tables:
            continue
        for event, rows in EVENTS.items():
            body = "".join(mark.format(grid=f"{row}.{column}") for row in rows)
            if (table, event) == ("communities_grid", "DELETE"):
                body = FORGET
            made[f"stale_{table}_{event.lower()}"] = (table, event, body)
    made["stale_communities_user_update"] = ("communities_user", "UPDATE OF is_active", worker)
    return made


def refusals() -> dict[str, tuple[str, str, str]]:
    """Return every refusing trigger by name: its table, its event, and when it refuses."""
    changes = ", ".join(f"'{source}>{target}'" for source, target in status_changes())
    unknown = f"OLD.status || '>' || NEW.status NOT IN ({changes})"
    return {
        "refuse_matter_status": (
            "visits_matter",
            "UPDATE OF status",
            f"OLD.status <> NEW.status AND (NEW.moves <> OLD.moves + 1 OR {unknown})",
        ),
        "refuse_matterevent_change": ("visits_matterevent", "UPDATE", "1 = 1"),
        "refuse_factentry_change": ("households_factentry", "UPDATE", "1 = 1"),
        "refuse_rollcallentry_change": ("visits_rollcallentry", "UPDATE", "1 = 1"),
    }


def remove(using: str) -> None:
    """Drop the triggers, as far as they exist."""
    database = connections[using]
    with database.cursor() as cursor:
        for name, (table, _event, _body) in (triggers("", "") | refusals()).items():
            if database.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def install(using: str) -> None:
    """Make the triggers and drop all stored figures: they may be older than the triggers."""
    database = connections[using]
    # An older state of the database may lack one of them.
    tables = database.introspection.table_names()
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            made = triggers(POSTGRES_MARK, POSTGRES_WORKER, tables)
            for name, (table, event, body) in made.items():
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
                    f"AS $$ BEGIN {body} RETURN NULL; END $$"
                )
                cursor.execute(
                    f"CREATE TRIGGER {name} AFTER {event} ON {table} "
                    f"FOR EACH ROW EXECUTE FUNCTION {name}()"
                )
        else:
            made = triggers(SQLITE_MARK, SQLITE_WORKER, tables)
            for name, (table, event, body) in made.items():
                cursor.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {body} END")
        for name, (table, event, when) in refusals().items():
            if table in tables:
                cursor.execute(refusal_of(database.vendor, name, table, event, when))
        cursor.execute("DELETE FROM visits_communityfigures")


def refusal_of(vendor: str, name: str, table: str, event: str, when: str) -> str:
    """Return the SQL of one refusing trigger; both databases report an IntegrityError."""
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN ({when})"
    if vendor != "postgresql":
        return f"{head} BEGIN SELECT RAISE(ABORT, '{name}'); END"
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation'; END $$; "
        f"{head} EXECUTE FUNCTION {name}()"
    )


def before_migrating(*, using: str, **_signal: Any) -> None:
    remove(using)


def after_migrating(*, using: str, **_signal: Any) -> None:
    if "visits_communityfigures" in connections[using].introspection.table_names():
        remove(using)
        install(using)
