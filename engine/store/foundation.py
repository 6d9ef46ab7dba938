"""The first steps of the schema: places on the disk, findings, jobs, decisions, embeddings, people."""

FOUNDATION: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "s0001_places_on_disk",
        (
            "CREATE TABLE library(id INTEGER PRIMARY KEY CHECK(id = 1), uuid TEXT NOT NULL, created TEXT NOT NULL)",
            """CREATE TABLE root(
                id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, shown TEXT NOT NULL,
                single INTEGER NOT NULL DEFAULT 0, watch INTEGER NOT NULL DEFAULT 1,
                online INTEGER NOT NULL DEFAULT 1, device INTEGER, added REAL NOT NULL)""",
            "CREATE TABLE folder(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, shown TEXT NOT NULL)",
            """CREATE TABLE asset(
                id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
                mime TEXT NOT NULL DEFAULT '', format TEXT NOT NULL DEFAULT '', size INTEGER NOT NULL,
                name TEXT NOT NULL DEFAULT '', taken TEXT, moment_at REAL NOT NULL DEFAULT 0, year INTEGER,
                width INTEGER, height INTEGER, duration REAL, pages INTEGER,
                title TEXT NOT NULL DEFAULT '', camera TEXT NOT NULL DEFAULT '', rating INTEGER,
                rated INTEGER NOT NULL DEFAULT 0,
                latitude REAL, longitude REAL, place TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '',
                language TEXT NOT NULL DEFAULT '', safety TEXT NOT NULL DEFAULT '',
                error_code TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '',
                facts TEXT NOT NULL DEFAULT '{}', added REAL NOT NULL,
                present INTEGER NOT NULL DEFAULT 0, offline INTEGER NOT NULL DEFAULT 0,
                preview INTEGER NOT NULL DEFAULT 0, twins INTEGER NOT NULL DEFAULT 0)""",
            # The condition is the one that searches and grids ask with (where.SEEN):
            # the grid then reads the index alone.
            "CREATE INDEX asset_by_moment ON asset(moment_at DESC, id DESC) WHERE present > 0 OR offline > 0",
            "CREATE INDEX asset_by_kind ON asset(kind, moment_at DESC, id DESC) WHERE present > 0 OR offline > 0",
            "CREATE INDEX asset_by_year ON asset(year)",
            "CREATE INDEX asset_by_added ON asset(added DESC, id DESC) WHERE present > 0 OR offline > 0",
            "CREATE INDEX asset_by_place ON asset(place) WHERE place <> ''",
            "CREATE INDEX asset_by_camera ON asset(camera) WHERE camera <> ''",
            "CREATE INDEX asset_by_language ON asset(language) WHERE language <> ''",
            "CREATE INDEX asset_by_rating ON asset(rating) WHERE rating IS NOT NULL",
            "CREATE INDEX asset_by_twins ON asset(twins) WHERE twins > 0",
            "CREATE INDEX asset_in_error ON asset(id) WHERE error_code <> ''",
            """CREATE TABLE file(
                id INTEGER PRIMARY KEY, asset_id INTEGER REFERENCES asset(id),
                folder_id INTEGER NOT NULL REFERENCES folder(id), root_id INTEGER REFERENCES root(id),
                name BLOB NOT NULL, shown TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
                state TEXT NOT NULL CHECK(state IN ('present', 'missing', 'offline', 'trashed')),
                error_code TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '',
                first_seen REAL NOT NULL, last_seen REAL NOT NULL, UNIQUE(folder_id, name))""",
            "CREATE INDEX file_of_asset ON file(asset_id)",
            "CREATE INDEX file_of_root ON file(root_id, state)",
            "CREATE INDEX file_in_error ON file(id) WHERE error_code <> ''",
        ),
    ),
    (
        "s0002_findings",
        (
            """CREATE TABLE moment(
                id INTEGER PRIMARY KEY, asset_id INTEGER NOT NULL REFERENCES asset(id),
                analyzer TEXT NOT NULL DEFAULT '',
                start REAL, "end" REAL, page INTEGER, x REAL, y REAL, w REAL, h REAL)""",
            """CREATE TABLE finding(
                id INTEGER PRIMARY KEY, moment_id INTEGER NOT NULL REFERENCES moment(id),
                asset_id INTEGER NOT NULL REFERENCES asset(id), analyzer TEXT NOT NULL, version INTEGER NOT NULL,
                kind TEXT NOT NULL, text TEXT NOT NULL DEFAULT '', label TEXT NOT NULL DEFAULT '', score REAL,
                data TEXT NOT NULL DEFAULT '{}')""",
            "CREATE INDEX finding_of_asset ON finding(asset_id, analyzer)",
            "CREATE INDEX finding_of_moment ON finding(moment_id)",
            "CREATE INDEX finding_by_kind ON finding(kind, asset_id) "
            "WHERE kind NOT IN ('text', 'shot', 'keyframe', 'cut')",
            """CREATE TABLE vector(
                finding_id INTEGER PRIMARY KEY REFERENCES finding(id), asset_id INTEGER NOT NULL REFERENCES asset(id),
                space TEXT NOT NULL, dim INTEGER NOT NULL, fp16 BLOB NOT NULL)""",
            "CREATE INDEX vector_of_asset ON vector(asset_id)",
            """CREATE VIRTUAL TABLE words USING fts5(
                body, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2')""",
            "CREATE VIRTUAL TABLE vocabulary USING fts5vocab('words', 'row')",
        ),
    ),
    (
        "s0003_jobs",
        (
            """CREATE TABLE job(
                id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, asset_id INTEGER NOT NULL REFERENCES asset(id),
                analyzer TEXT NOT NULL, version INTEGER NOT NULL, options TEXT NOT NULL DEFAULT '{}',
                state TEXT NOT NULL CHECK(state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
                priority INTEGER NOT NULL DEFAULT 0, hold INTEGER NOT NULL DEFAULT 0,
                not_before REAL NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
                crashes INTEGER NOT NULL DEFAULT 0, batch_max INTEGER NOT NULL DEFAULT 64,
                lease_owner TEXT, lease_epoch INTEGER NOT NULL DEFAULT 0, lease_until REAL,
                cancel_asked INTEGER NOT NULL DEFAULT 0,
                error_code TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '',
                created REAL NOT NULL, updated REAL NOT NULL)""",
            "CREATE INDEX job_ready ON job(priority DESC, id) WHERE state = 'waiting' AND hold = 0",
            "CREATE INDEX job_waiting ON job(analyzer, hold) WHERE state = 'waiting'",
            "CREATE INDEX job_running ON job(lease_until) WHERE state = 'running'",
            "CREATE INDEX job_by_state ON job(state, updated DESC)",
            "CREATE INDEX job_of_asset ON job(asset_id, analyzer)",
            """CREATE TABLE attempt(
                id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL, analyzer TEXT NOT NULL, kind TEXT NOT NULL,
                epoch INTEGER NOT NULL, host TEXT NOT NULL, worker TEXT NOT NULL DEFAULT '', started REAL NOT NULL,
                ended REAL, outcome TEXT NOT NULL DEFAULT '', seconds REAL, cpu REAL, peak INTEGER, bundle INTEGER)""",
            "CREATE INDEX attempt_of_job ON attempt(job_id)",
            "CREATE INDEX attempt_by_end ON attempt(analyzer, ended)",
            "CREATE TABLE tally("
            "analyzer TEXT NOT NULL, state TEXT NOT NULL, held INTEGER NOT NULL, n INTEGER NOT NULL, "
            "PRIMARY KEY(analyzer, state, held)) WITHOUT ROWID",
            """CREATE TRIGGER job_counted AFTER INSERT ON job BEGIN
                INSERT INTO tally VALUES(new.analyzer, new.state, new.hold <> 0, 1)
                ON CONFLICT DO UPDATE SET n = n + 1; END""",
            """CREATE TRIGGER job_recounted AFTER UPDATE OF state, hold, analyzer ON job
                WHEN old.state <> new.state OR (old.hold <> 0) <> (new.hold <> 0) BEGIN
                UPDATE tally SET n = n - 1
                WHERE analyzer = old.analyzer AND state = old.state AND held = (old.hold <> 0);
                INSERT INTO tally VALUES(new.analyzer, new.state, new.hold <> 0, 1)
                ON CONFLICT DO UPDATE SET n = n + 1; END""",
            """CREATE TRIGGER job_uncounted AFTER DELETE ON job BEGIN
                UPDATE tally SET n = n - 1
                WHERE analyzer = old.analyzer AND state = old.state AND held = (old.hold <> 0); END""",
        ),
    ),
    (
        "s0004_decisions",
        (
            """CREATE TABLE decision(
                id INTEGER PRIMARY KEY, at REAL NOT NULL, actor TEXT NOT NULL, verb TEXT NOT NULL,
                said TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
                undoes INTEGER REFERENCES decision(id))""",
            """CREATE TRIGGER decision_stays BEFORE DELETE ON decision BEGIN
                SELECT RAISE(ABORT, 'decisions are never deleted'); END""",
            """CREATE TRIGGER decision_fixed BEFORE UPDATE ON decision BEGIN
                SELECT RAISE(ABORT, 'decisions are never changed'); END""",
            "CREATE INDEX decision_undoes ON decision(undoes)",
            "CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
            "CREATE TABLE tag(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE)",
            """CREATE TABLE asset_tag(
                asset_id INTEGER NOT NULL REFERENCES asset(id), tag_id INTEGER NOT NULL REFERENCES tag(id),
                source TEXT NOT NULL, PRIMARY KEY(asset_id, tag_id, source)) WITHOUT ROWID""",
            "CREATE INDEX asset_of_tag ON asset_tag(tag_id, asset_id)",
            # What was said of a pair of assets: never offered as duplicates again.
            "CREATE TABLE not_twin(low INTEGER NOT NULL, high INTEGER NOT NULL, PRIMARY KEY(low, high)) WITHOUT ROWID",
            """CREATE TABLE twin(
                low INTEGER NOT NULL, high INTEGER NOT NULL, distance INTEGER NOT NULL,
                PRIMARY KEY(low, high)) WITHOUT ROWID""",
            "CREATE INDEX twin_back ON twin(high)",
        ),
    ),
    (
        "s0005_embeddings",
        (
            # Ids are never used twice: an index file on the disk may still name a deleted one.
            """CREATE TABLE space(
                id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dim INTEGER NOT NULL,
                count INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0)""",
            """CREATE TABLE embedding(
                id INTEGER PRIMARY KEY AUTOINCREMENT, space_id INTEGER NOT NULL REFERENCES space(id),
                finding_id INTEGER NOT NULL UNIQUE REFERENCES finding(id), moment_id INTEGER NOT NULL,
                asset_id INTEGER NOT NULL REFERENCES asset(id), fp16 BLOB NOT NULL)""",
            "CREATE INDEX embedding_of_asset ON embedding(asset_id)",
            "CREATE INDEX embedding_in_space ON embedding(space_id, id, asset_id)",
            """CREATE TRIGGER embedding_counted AFTER INSERT ON embedding BEGIN
                UPDATE space SET count = count + 1, epoch = epoch + 1 WHERE id = new.space_id; END""",
            """CREATE TRIGGER embedding_uncounted AFTER DELETE ON embedding BEGIN
                UPDATE space SET count = count - 1, epoch = epoch + 1 WHERE id = old.space_id; END""",
            "INSERT INTO space(name, dim) SELECT space, min(dim) FROM vector GROUP BY space",
            """INSERT INTO embedding(space_id, finding_id, moment_id, asset_id, fp16)
                SELECT s.id, v.finding_id, f.moment_id, v.asset_id, v.fp16 FROM vector v
                JOIN space s ON s.name = v.space AND s.dim = v.dim JOIN finding f ON f.id = v.finding_id""",
            "DROP TABLE vector",
        ),
    ),
    (
        "s0006_people",
        (
            """CREATE TABLE person(
                id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT '',
                hidden INTEGER NOT NULL DEFAULT 0, cover INTEGER, made REAL NOT NULL, used REAL NOT NULL DEFAULT 0)""",
            "CREATE INDEX person_by_name ON person(name COLLATE NOCASE) WHERE name <> ''",
            # Where a person appears. It outlives the finding that showed it: what was decided of it stays true.
            """CREATE TABLE appearance(
                id INTEGER PRIMARY KEY AUTOINCREMENT, sort TEXT NOT NULL CHECK(sort IN ('face', 'voice')),
                asset_id INTEGER NOT NULL REFERENCES asset(id), finding_id INTEGER, moment_id INTEGER,
                start REAL, "end" REAL, page INTEGER, x REAL, y REAL, w REAL, h REAL,
                quality REAL NOT NULL DEFAULT 0, person_id INTEGER REFERENCES person(id),
                how TEXT NOT NULL DEFAULT '' CHECK(how IN ('', 'auto', 'you', 'file')), score REAL,
                spans TEXT NOT NULL DEFAULT '')""",
            "CREATE INDEX appearance_of_asset ON appearance(asset_id, sort)",
            "CREATE INDEX appearance_of_person ON appearance(person_id, asset_id)",
            "CREATE UNIQUE INDEX appearance_of_finding ON appearance(finding_id) WHERE finding_id IS NOT NULL",
            """CREATE TABLE not_person(
                appearance_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
                PRIMARY KEY(appearance_id, person_id)) WITHOUT ROWID""",
            "CREATE TABLE not_same(low INTEGER NOT NULL, high INTEGER NOT NULL, PRIMARY KEY(low, high)) WITHOUT ROWID",
            # Names stand here and not in decisions, which are never changed: so that a person can be erased.
            """CREATE TABLE person_name(
                id INTEGER PRIMARY KEY AUTOINCREMENT, person_id INTEGER NOT NULL, name TEXT NOT NULL)""",
            # Where somebody was erased: geometry alone, so that a new analysis brings nobody back.
            """CREATE TABLE erased_place(
                id INTEGER PRIMARY KEY, asset_id INTEGER NOT NULL, sort TEXT NOT NULL,
                start REAL, "end" REAL, page INTEGER, x REAL, y REAL, w REAL, h REAL,
                spans TEXT NOT NULL DEFAULT '')""",
            "CREATE INDEX erased_place_of_asset ON erased_place(asset_id, sort)",
            # Decisions about somebody who was erased: they stay, and are neither undone nor done again.
            "CREATE TABLE void_decision(decision_id INTEGER PRIMARY KEY)",
        ),
    ),
)
