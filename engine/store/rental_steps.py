"""The step of the schema that keeps rentals, what they cost, and what they may cost."""

RENTALS: tuple[str, ...] = (
    # Amounts are whole micro-dollars. A row is here before anything is asked of a provider.
    """CREATE TABLE rental(
        id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, label TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL CHECK(state IN ('requesting', 'starting', 'running', 'ending', 'ended', 'failed')),
        gpu TEXT NOT NULL DEFAULT '', offer TEXT NOT NULL DEFAULT '', instance TEXT NOT NULL DEFAULT '',
        address TEXT NOT NULL DEFAULT '', pinned TEXT NOT NULL DEFAULT '', price INTEGER NOT NULL,
        traffic INTEGER NOT NULL DEFAULT 0, reserved INTEGER NOT NULL, cost INTEGER NOT NULL DEFAULT 0,
        booked INTEGER NOT NULL DEFAULT 0, billed INTEGER,
        -- Seconds from asking to the hard stop, seconds since asking, and seconds that it certainly ran.
        seconds REAL NOT NULL, elapsed REAL NOT NULL DEFAULT 0, ran REAL NOT NULL DEFAULT 0,
        asked REAL NOT NULL, started REAL NOT NULL DEFAULT 0, ended REAL NOT NULL DEFAULT 0, stops REAL NOT NULL,
        missed INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, text TEXT NOT NULL DEFAULT '',
        alarm INTEGER NOT NULL DEFAULT 0,
        -- What a GB to or from it costs, and bytes that went there and came back.
        per_gb INTEGER NOT NULL DEFAULT 0, moved INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX rental_open ON rental(id) WHERE state IN ('requesting', 'starting', 'running', 'ending')",
    "CREATE INDEX rental_alarm ON rental(id) WHERE alarm = 1",
    # What was spent; a mistake is put right by a further line.
    """CREATE TABLE spend(
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, day TEXT NOT NULL,
        rental_id INTEGER NOT NULL REFERENCES rental(id), provider TEXT NOT NULL, what TEXT NOT NULL,
        amount INTEGER NOT NULL, estimated INTEGER NOT NULL) STRICT""",
    "CREATE INDEX spend_by_day ON spend(day)",
    "CREATE TRIGGER spend_stays BEFORE DELETE ON spend BEGIN SELECT RAISE(ABORT, 'the ledger stays'); END",
    "CREATE TRIGGER spend_fixed BEFORE UPDATE ON spend BEGIN SELECT RAISE(ABORT, 'the ledger stays'); END",
    "CREATE TRIGGER rental_stays BEFORE DELETE ON rental BEGIN SELECT RAISE(ABORT, 'rentals are not forgotten'); END",
    "CREATE TABLE cap(scope TEXT PRIMARY KEY CHECK(scope IN ('job', 'day', 'month', 'total')), "
    "amount INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    # The last look at the clocks: which boot, the clock that nobody sets, and what time it is believed to be.
    "CREATE TABLE pulse(id INTEGER PRIMARY KEY CHECK(id = 1), boot TEXT NOT NULL, steady REAL NOT NULL, "
    "believed REAL NOT NULL, caught INTEGER NOT NULL) STRICT",
    # Seconds that a job takes on a kind of GPU, as measured there.
    "CREATE TABLE pace(analyzer TEXT NOT NULL, gpu TEXT NOT NULL, seconds REAL NOT NULL, jobs INTEGER NOT NULL, "
    "PRIMARY KEY(analyzer, gpu)) STRICT, WITHOUT ROWID",
)
