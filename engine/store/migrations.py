"""The schema of a library as append-only steps.

A released step is never edited; a change is a new step. Each step runs in one transaction together with its own record,
so an interrupted upgrade leaves the library as it was. `user_version` counts the steps, which makes the common start
(nothing to do) one cheap read without loading sqlite-utils.
"""

import sqlite3

from engine.errors import LibraryDamaged, LibraryNewer
from engine.store.foundation import FOUNDATION
from engine.store.rental_steps import RENTALS

APPLICATION_ID = 0x4B494E4F  # "KINO" in the file's header

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    *FOUNDATION,
    (
        "s0007_searches",
        (
            """CREATE TABLE saved_search(
                id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE,
                query TEXT NOT NULL, sort TEXT NOT NULL DEFAULT '', made REAL NOT NULL)""",
            """CREATE TABLE logo(
                id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, space_id INTEGER NOT NULL,
                fp16 BLOB NOT NULL, asset_id INTEGER, x REAL, y REAL, w REAL, h REAL, time REAL, page INTEGER,
                made REAL NOT NULL)""",
            "CREATE INDEX asset_by_latitude ON asset(latitude) WHERE latitude IS NOT NULL",
            # What is said, of which there may be little among much text: searches ask whether a moment is speech.
            "CREATE INDEX finding_said ON finding(moment_id) WHERE kind = 'text' AND label IN ('speech', 'subtitle')",
        ),
    ),
    (
        "s0008_sidecars",
        (
            # The name that a file gave this face (a row of person_name), whoever it is taken for since then.
            "ALTER TABLE appearance ADD COLUMN named INTEGER",
            # Whether that stood in a file beside it, which may say otherwise tomorrow.
            "ALTER TABLE appearance ADD COLUMN beside INTEGER NOT NULL DEFAULT 0",
            "CREATE INDEX appearance_beside ON appearance(asset_id) WHERE beside",
        ),
    ),
    (
        "s0009_keeping",
        (
            """CREATE TABLE album(
                id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, made REAL NOT NULL)""",
            # Orders by `place`: what is put between two gets a number between theirs, and nobody else moves.
            """CREATE TABLE album_member(
                album_id INTEGER NOT NULL REFERENCES album(id), asset_id INTEGER NOT NULL REFERENCES asset(id),
                place REAL NOT NULL, added REAL NOT NULL, PRIMARY KEY(album_id, asset_id)) WITHOUT ROWID""",
            "CREATE INDEX album_of_asset ON album_member(asset_id)",
            # Beside the assets, not on them: the indexes that a grid of a million reads stay as they are.
            "CREATE TABLE favourite(asset_id INTEGER PRIMARY KEY REFERENCES asset(id), at REAL NOT NULL)",
            """CREATE TABLE note(
                asset_id INTEGER PRIMARY KEY REFERENCES asset(id), text TEXT NOT NULL, at REAL NOT NULL)""",
            # An asset stands in one stack at most; place 0 is the one on top.
            """CREATE TABLE stacked(
                asset_id INTEGER PRIMARY KEY REFERENCES asset(id),
                stack_id INTEGER NOT NULL, place INTEGER NOT NULL)""",
            "CREATE INDEX stacked_together ON stacked(stack_id, place)",
            # When a tag was given; decisions know it of those that the user gave before.
            "ALTER TABLE asset_tag ADD COLUMN at REAL",
            """UPDATE asset_tag SET at = g.at FROM (
                SELECT t.id AS tag_id, e.value AS asset_id, max(d.at) AS at FROM decision d
                JOIN json_each(d.after, '$.on') e JOIN tag t ON t.name = json_extract(d.after, '$.tag')
                WHERE d.verb IN ('tag', 'untag') GROUP BY t.id, e.value) g
                WHERE asset_tag.source = 'you' AND asset_tag.tag_id = g.tag_id AND asset_tag.asset_id = g.asset_id""",
        ),
    ),
    (
        "s0010_corrections",
        (
            # What a person wrote in place of what was read: `places` and `lines` are the decision, `read` is what
            # the newest analysis has there, which comes back when the correction is taken back.
            """CREATE TABLE correction(
                id INTEGER PRIMARY KEY AUTOINCREMENT, asset_id INTEGER NOT NULL REFERENCES asset(id),
                analyzer TEXT NOT NULL, places TEXT NOT NULL, lines TEXT NOT NULL, read TEXT NOT NULL DEFAULT '[]')""",
            "CREATE INDEX correction_of_asset ON correction(asset_id, analyzer)",
            # A clip has an end; without one it is a mark.
            """CREATE TABLE clip(
                id INTEGER PRIMARY KEY AUTOINCREMENT, asset_id INTEGER NOT NULL REFERENCES asset(id),
                start REAL NOT NULL, "end" REAL, name TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
                place REAL NOT NULL, made REAL NOT NULL)""",
            "CREATE INDEX clip_in_order ON clip(place, id)",
            "CREATE INDEX clip_of_asset ON clip(asset_id, start)",
        ),
    ),
    (
        "s0011_history",
        (
            # What was searched for: on this machine alone, some hundreds at most (engine.store.history).
            """CREATE TABLE asked(
                id INTEGER PRIMARY KEY AUTOINCREMENT, query TEXT NOT NULL UNIQUE, at REAL NOT NULL,
                times INTEGER NOT NULL DEFAULT 1, opened INTEGER NOT NULL DEFAULT 0)""",
            # The map asks for what lies in a rectangle, and how new it is; with the condition that grids ask with.
            "CREATE INDEX asset_on_map ON asset(latitude, longitude, moment_at) "
            "WHERE latitude IS NOT NULL AND (present > 0 OR offline > 0)",
        ),
    ),
    (
        "s0012_pets",
        (
            # What the user says of somebody: 1 a pet, 0 none; nothing said = what most of the faces are.
            "ALTER TABLE person ADD COLUMN pet INTEGER",
            # Whether a face is that of an animal, as things around it say (or a file); NULL = not looked yet.
            "ALTER TABLE appearance ADD COLUMN animal INTEGER",
            # A stranger's face that the user does not want to be asked about.
            "ALTER TABLE appearance ADD COLUMN ignored INTEGER NOT NULL DEFAULT 0",
            "CREATE INDEX appearance_unseen ON appearance(asset_id) WHERE sort = 'face' AND animal IS NULL",
            "CREATE INDEX appearance_stranger ON appearance(quality DESC, id) "
            "WHERE sort = 'face' AND person_id IS NULL AND ignored = 0",
        ),
    ),
    (
        "s0013_hosts",
        (
            # Places where jobs may run beside this machine; tokens are in the keyring, never here.
            "CREATE TABLE host(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL UNIQUE, "
            "address TEXT NOT NULL, pinned TEXT NOT NULL DEFAULT '', enabled INTEGER NOT NULL DEFAULT 1, "
            "options TEXT NOT NULL DEFAULT '{}', added REAL NOT NULL, "
            # It failed too many jobs and is asked again after this time.
            "aside_until REAL NOT NULL DEFAULT 0, aside_why TEXT NOT NULL DEFAULT '') STRICT",
            # A host that failed a job is not asked for it again.
            "CREATE TABLE strike(job_id INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE, host TEXT NOT NULL, "
            "at REAL NOT NULL, code TEXT NOT NULL DEFAULT '', PRIMARY KEY(job_id, host)) STRICT, WITHOUT ROWID",
            "CREATE INDEX strike_host ON strike(host, at)",
            # What never leaves this computer: a folder (its path as bytes), an album (its number), an analyzer (name).
            "CREATE TABLE stay(scope TEXT NOT NULL CHECK(scope IN ('folder', 'album', 'analyzer')), "
            "target BLOB NOT NULL, added REAL NOT NULL, PRIMARY KEY(scope, target)) STRICT, WITHOUT ROWID",
            # Faces stay without anybody having said so.
            "INSERT INTO stay VALUES('analyzer', CAST('faces' AS BLOB), 0)",
            # A job that was found to stay here, remembered until marks, albums or files change.
            "ALTER TABLE job ADD COLUMN stays INTEGER NOT NULL DEFAULT 0",
            "CREATE INDEX job_away ON job(analyzer, priority DESC, id) "
            "WHERE state = 'waiting' AND hold = 0 AND stays = 0",
        ),
    ),
    (
        "s0014_spool",
        (
            # A node's orders that are not finished; `tries` counts how often one was begun.
            "CREATE TABLE spool_order(principal TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, "
            "accepted INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(principal, id)) STRICT",
            # What is still to be answered of them: one key is one work, for each client apart.
            "CREATE TABLE spool_task(principal TEXT NOT NULL, key TEXT NOT NULL, order_id TEXT NOT NULL, "
            "PRIMARY KEY(principal, key)) STRICT, WITHOUT ROWID",
            "CREATE INDEX spool_task_order ON spool_task(principal, order_id)",
            # Answers until they are acknowledged. A number is never given twice: clients count on from what they have.
            "CREATE TABLE spool_answer(number INTEGER PRIMARY KEY AUTOINCREMENT, principal TEXT NOT NULL, "
            "key TEXT NOT NULL, order_id TEXT NOT NULL, body TEXT NOT NULL, "
            # Seconds that it has waited while the node ran: a clock that jumps lets nothing expire.
            "waited REAL NOT NULL DEFAULT 0, UNIQUE(principal, key)) STRICT",
            "CREATE INDEX spool_answer_next ON spool_answer(principal, number)",
            # Which spool this is: a client that meets another one sends its orders again.
            "CREATE TABLE spool(id TEXT NOT NULL) STRICT",
            "INSERT INTO spool VALUES(lower(hex(randomblob(16))))",
        ),
    ),
    (
        "s0015_access",
        (
            "CREATE TABLE token(id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, role TEXT NOT NULL, "
            "extra TEXT NOT NULL DEFAULT '[]', label TEXT NOT NULL DEFAULT '', created REAL NOT NULL, expires REAL, "
            "revoked REAL, used REAL, address TEXT NOT NULL DEFAULT '', quota TEXT NOT NULL DEFAULT '{}') STRICT",
            "CREATE TABLE token_use(token TEXT NOT NULL, day TEXT NOT NULL, jobs INTEGER NOT NULL, "
            "bytes INTEGER NOT NULL, seconds REAL NOT NULL, requests INTEGER NOT NULL, PRIMARY KEY(token, day)) "
            "STRICT, WITHOUT ROWID",
            "CREATE TABLE rate(subject TEXT NOT NULL, start INTEGER NOT NULL, hits INTEGER NOT NULL, "
            "PRIMARY KEY(subject, start)) STRICT, WITHOUT ROWID",
            "CREATE INDEX rate_by_start ON rate(start)",
            # A chain: each line has the hash of the one before, and the head says which one is the last.
            "CREATE TABLE audit(number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, scope TEXT NOT NULL, "
            "action TEXT NOT NULL, object TEXT NOT NULL, address TEXT NOT NULL, result TEXT NOT NULL, "
            "hash TEXT NOT NULL) STRICT",
            "CREATE TABLE audit_head(length INTEGER NOT NULL, hash TEXT NOT NULL) STRICT",
            "INSERT INTO audit_head VALUES(0, '" + "0" * 64 + "')",
            "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the log stays'); END",
            "CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the log stays'); END",
        ),
    ),
    ("s0016_rentals", RENTALS),
    (
        "s0017_shares",
        (
            # What everybody may read stands in `words`; here once more what is known of an asset as a whole, with the
            # names of people. The index is made anew when the library is opened: no name is left in the other one.
            """CREATE VIRTUAL TABLE named USING fts5(
                body, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2')""",
            "CREATE VIRTUAL TABLE named_vocabulary USING fts5vocab('named', 'row')",
            # Tags that are the name of somebody in this asset (engine.store.namesakes).
            "CREATE TABLE named_tag(asset_id INTEGER NOT NULL, tag_id INTEGER NOT NULL, "
            "PRIMARY KEY(asset_id, tag_id)) STRICT, WITHOUT ROWID",
            "INSERT INTO words(words) VALUES('delete-all')",
        ),
    ),
)


def version(connection: sqlite3.Connection) -> int:
    """How many steps the open file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_strangers(connection: sqlite3.Connection) -> None:
    """Check that the file is a library that this program can read.

    Raises:
        LibraryDamaged: it is no library.
        LibraryNewer: a newer Kinora wrote it.
    """
    found = version(connection)
    mark = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if found and mark != APPLICATION_ID:
        raise LibraryDamaged(
            "The file kinora.db in this folder is not a Kinora library.", hint="Choose another folder."
        )
    if found > len(STEPS):
        raise LibraryNewer(f"This library was written by a newer Kinora (schema {found}, this one knows {len(STEPS)}).")


def migrate(connection: sqlite3.Connection, *, stop_before: str | None = None) -> list[str]:
    """Apply the steps that are missing; return their names.

    Raises:
        LibraryDamaged, LibraryNewer: see `refuse_strangers`.
    """
    refuse_strangers(connection)
    before = version(connection)
    if before == len(STEPS):
        return []
    from sqlite_utils import Database as Steps
    from sqlite_utils import Migrations

    migrations = Migrations("kinora")
    for number, (name, statements) in enumerate(STEPS, start=1):
        migrations(name=name)(_step(number, statements))
    migrations.apply(Steps(connection), stop_before=stop_before)
    return [name for name, _ in STEPS[before : version(connection)]]


def _step(number: int, statements: tuple[str, ...]):  # type: ignore[no-untyped-def]  # the library's type is private
    def run(steps) -> None:  # type: ignore[no-untyped-def]
        for statement in statements:
            steps.conn.execute(statement)
        steps.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        steps.conn.execute(f"PRAGMA user_version = {number}")

    return run
