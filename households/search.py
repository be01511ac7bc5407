"""Finding people by name with an index: the module with each database's own SQL.

`Resident.search_terms` holds every one and two neighbouring characters of a name and of
its pinyin initials as words of their own. PostgreSQL indexes the words with GIN, SQLite
with an FTS5 table that triggers keep in step. A longer text is looked up by its pairs and
then compared with the whole. Every answer equals that of `scan`.
"""

from typing import Any

from django.db import connections
from django.db.models import Lookup, Q, QuerySet
from django.db.models.expressions import RawSQL

from communities.names import grams, plain_name
from households.models import Resident

TABLE = "households_resident"
INDEX = "households_resident_search"
WORD_LENGTH = 2

SQLITE_MATCH = f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s"  # noqa: S608 - constants of this module

# Blanks alone separate words: beyond letters and digits these belong to words as well.
WORD_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
TOKENIZER = "ascii tokenchars '" + WORD_SIGNS.replace("'", "''") + "'"
SQLITE_TABLE = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5(search_terms, content='{TABLE}', "
    "content_rowid='id', detail='none', columnsize=0, tokenize=\""
    + TOKENIZER.replace('"', '""')
    + '")'
)
SQLITE_REMOVE = (
    f"INSERT INTO {INDEX} ({INDEX}, rowid, search_terms) "  # noqa: S608 - constants of this module
    "VALUES ('delete', OLD.id, OLD.search_terms);"
)
SQLITE_ADD = f"INSERT INTO {INDEX} (rowid, search_terms) VALUES (NEW.id, NEW.search_terms);"  # noqa: S608 - constants of this module
SQLITE_TRIGGERS = {
    f"{INDEX}_insert": f"AFTER INSERT ON {TABLE} BEGIN {SQLITE_ADD} END",
    f"{INDEX}_delete": f"AFTER DELETE ON {TABLE} BEGIN {SQLITE_REMOVE} END",
    # Saving a person writes every column; her terms seldom change.
    f"{INDEX}_update": (
        f"AFTER UPDATE OF id, search_terms ON {TABLE} "
        "WHEN OLD.id IS NOT NEW.id OR OLD.search_terms IS NOT NEW.search_terms "
        f"BEGIN {SQLITE_REMOVE} {SQLITE_ADD} END"
    ),
}


def named(text: str, *, using: str = "default") -> Q:
    """Match residents with this text as part of the name or of its pinyin initials.

    Blanks, dots and capitals make no difference; nothing matches an empty text.
    """
    plain = plain_name(text)
    if not plain:
        return Q(pk__in=[])
    whole = Q(search_terms__contains=plain) if len(plain) > WORD_LENGTH else Q()
    return with_words(words_of(plain), using) & whole


def scan(residents: QuerySet[Resident], text: str) -> QuerySet[Resident]:
    """Answer as `named` does by reading every row: what the index is measured against."""
    plain = plain_name(text)
    return residents.filter(search_terms__contains=plain) if plain else residents.none()


def words_of(plain: str) -> list[str]:
    """Return the words that a name containing this text has."""
    if len(plain) <= WORD_LENGTH:
        return [plain]
    return sorted(gram for gram in grams(plain) if len(gram) == WORD_LENGTH)


def with_words(words: list[str], using: str) -> Q:
    """Match the residents that have all of these words."""
    if connections[using].vendor == "postgresql":
        return Q(search_terms__has_words=words)
    quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    return Q(pk__in=RawSQL(SQLITE_MATCH, [quoted]))  # noqa: S611 - the words travel as a parameter


@Resident._meta.get_field("search_terms").register_lookup
class HasWords(Lookup[Any]):
    """All of these words stand in the text: in the form that the index of PostgreSQL answers."""

    lookup_name = "has_words"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"string_to_array({column}, ' ') @> %s", [*parameters, self.rhs]


def remove(*, using: str) -> None:
    """Take the index away; `install` makes it again from what the table holds then."""
    database = connections[using]
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")
            return
        for name in SQLITE_TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")


def install(*, using: str, **_signal: Any) -> None:
    """Make the index after `migrate`, as far as it does not stand.

    A migration that alters the table makes SQLite build it anew and drop its triggers;
    whatever was written without them is read in again.
    """
    database = connections[using]
    if TABLE not in database.introspection.table_names():
        return
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TABLE} "
                "USING gin ((string_to_array(search_terms, ' ')))"
            )
            return
        cursor.execute(SQLITE_TABLE)
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s "
            "AND name LIKE %s",
            [TABLE, f"{INDEX}%"],
        )
        if cursor.fetchone()[0] == len(SQLITE_TRIGGERS):
            return
        for name, trigger in SQLITE_TRIGGERS.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"CREATE TRIGGER {name} {trigger}")
        cursor.execute(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')")  # noqa: S608 - constants of this module
