"""The ledger of rentals as a table for other programs (CSV)."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from engine.model import LedgerRow

COLUMNS = ("time", "rental", "provider", "what", "usd", "estimated")
RISKY = "=+-@\t\r"  # what a spreadsheet would take for a formula


def table(rows: Iterable[LedgerRow]) -> bytes:
    """Lines with time (UTC), rental, provider, words, US dollars, and whether the amount is an estimate."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        at = datetime.fromtimestamp(row.at, UTC).isoformat(timespec="seconds")
        words = f"'{row.what}" if row.what[:1] in RISKY and row.what else row.what
        writer.writerow((at, row.rental, row.provider, words, f"{row.amount:.6f}", "yes" if row.estimated else "no"))
    return out.getvalue().encode()
