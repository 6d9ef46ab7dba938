"""The error tree: what can go wrong in the world, in sentences for people.

Every error that a person may meet derives from `KinoraError` and carries `text` (what happened), `hint` (what to do)
and `retry` (what the queue may do about it). Everything else is a bug: it goes to the log with its traceback.
"""

from enum import StrEnum

from engine.language import mark, tr


class Retry(StrEnum):
    """What the queue does with a job that failed in this way."""

    NEVER = "never"  # deterministic: the same bytes fail again
    LATER = "later"  # transient: back off and try again
    SMALLER = "smaller"  # resource: alone, then on another host
    WAIT = "wait"  # hold until something outside changes (a pack, a drive, space on the disk)


class KinoraError(Exception):
    """A failure that is explained to a person."""

    code = "error"
    retry = Retry.NEVER
    default_hint = ""

    def __init__(self, text: str, *, hint: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.hint = tr(self.default_hint) if hint is None else hint


# --- media -----------------------------------------------------------------------------------------------------------


class MediaError(KinoraError):
    """A file that cannot be read as what it claims to be."""

    code = "media"


class EmptyFile(MediaError):
    code = "empty"
    default_hint = mark("Copy the file again from where it came: nothing of it arrived here.")


class UnsupportedFormat(MediaError):
    code = "unsupported"
    default_hint = mark("Kinora reads photos, video, audio and documents; this file stays listed, untouched.")


class DamagedFile(MediaError):
    code = "damaged"
    default_hint = mark("If you have another copy of this file, add that one.")


class TooLarge(MediaError):
    """Decoding would cost more memory or time than is allowed (a bomb, or a picture beyond the limit)."""

    code = "too-large"
    default_hint = mark("The limits are in the settings under Reading.")


class FileChanged(MediaError):
    """The bytes changed between hashing and reading."""

    code = "changed"
    retry = Retry.LATER
    default_hint = mark("Kinora reads it again when it has come to rest.")


class FileMissing(MediaError):
    code = "missing"
    retry = Retry.WAIT
    default_hint = mark("Connect the drive, or add the folder where the file is now.")


class FileUnreadable(MediaError):
    code = "unreadable"
    retry = Retry.WAIT
    default_hint = mark("Give yourself the right to read it, then add the folder again.")


# --- library ---------------------------------------------------------------------------------------------------------


class StoreError(KinoraError):
    """The library on the disk cannot do what was asked."""

    code = "store"


class LibraryBusy(StoreError):
    code = "busy"
    default_hint = mark("Close that one first: its window, `kinora serve` or another command.")


class LibraryMissing(StoreError):
    code = "no-library"
    default_hint = mark("Check the path after --library, or add a folder to make a new library there.")


class LibraryNewer(StoreError):
    code = "newer"
    default_hint = mark("Install the newer Kinora; nothing was changed.")


class LibraryReadOnly(StoreError):
    code = "read-only"
    default_hint = mark("Choose a folder that you may write to, or change the rights of this one.")


class LibraryDamaged(StoreError):
    code = "library-damaged"
    default_hint = mark("Run `kinora check`; restore the last backup with `kinora restore`.")


class StorageFull(StoreError):
    code = "full"
    retry = Retry.WAIT
    default_hint = mark("Free some space; Kinora goes on by itself and has lost nothing.")


def not_written(error: OSError, doing: str) -> StoreError:
    """What the system said when a file of Kinora's own could not be written, as an error for people."""
    import errno

    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return StorageFull(tr("The disk is full: Kinora could not {doing}.", doing=doing))
    why = error.strerror or error
    if isinstance(error.filename, str):
        text = tr("Kinora could not {doing} in {place}: {why}.", doing=doing, place=error.filename, why=why)
    else:
        text = tr("Kinora could not {doing}: {why}.", doing=doing, why=why)
    return StoreError(text, hint=tr("Check the folder and your rights in it."))


class BackupInvalid(StoreError):
    code = "backup"
    default_hint = mark("Keep the library as it is and try another backup.")


# --- jobs ------------------------------------------------------------------------------------------------------------


class JobError(KinoraError):
    """A job could not be finished."""

    code = "job"


class WorkerCrashed(JobError):
    code = "crash"
    retry = Retry.SMALLER


class DeadlineExceeded(JobError):
    code = "deadline"
    retry = Retry.SMALLER


class OutOfMemory(JobError):
    code = "memory"
    retry = Retry.SMALLER


class AnalyzerFailed(JobError):
    """A bug in an analyzer: the traceback is in the log."""

    code = "bug"
    retry = Retry.LATER
    default_hint = mark("Retry it; if it fails again, the report in Health helps us to mend it.")


class NeedsPack(JobError):
    """The analyzer has no model yet."""

    code = "needs-pack"
    retry = Retry.WAIT


class ServerAway(JobError):
    """A server that a job asks (a language model) does not answer now: however long it is away, the job waits."""

    code = "server-away"
    retry = Retry.LATER


class Cancelled(JobError):
    code = "cancelled"

    def __init__(self, text: str = "Cancelled.") -> None:
        super().__init__(text)


class PackInvalid(KinoraError):
    """A pack whose description or files are not what they should be."""

    code = "pack"
    default_hint = mark("Get the pack again from its source; docs/packs.md says what a description needs.")


class ConsentNeeded(KinoraError):
    """The licence of a pack must be agreed to first."""

    code = "consent"
    default_hint = mark("If you agree to these terms, install it again with --accept-licence.")


class DownloadFailed(KinoraError):
    """A file could not be fetched; what arrived is kept, and the next try goes on from there."""

    code = "download"
    retry = Retry.LATER
    default_hint = mark(
        "Try again: it goes on where it stopped. Or import the pack from a folder (`kinora packs import`)."
    )


class PacksBusy(KinoraError):
    code = "packs-busy"
    retry = Retry.LATER
    default_hint = mark("Wait until it is done, then try again.")


# --- hosts -----------------------------------------------------------------------------------------------------------


class HostError(KinoraError):
    """Another machine cannot do what was asked of it; the job goes on elsewhere or waits."""

    code = "host"
    retry = Retry.LATER
    default_hint = mark("Jobs go on here; `kinora hosts test` says more.")


class HostLost(HostError):
    """It does not answer, or went away."""

    code = "host-lost"
    default_hint = mark("Is it switched on and in the network? Kinora tries again by itself; jobs go on here.")


class HostKeyUnknown(HostError):
    """It shows a key that nobody has confirmed; `fingerprint` is for the eye, `key` is what would be pinned."""

    code = "host-key-unknown"
    default_hint = mark("Compare the fingerprint with the one of the machine, then confirm it.")

    def __init__(self, text: str, *, key: str, fingerprint: str, hint: str | None = None) -> None:
        super().__init__(text, hint=hint)
        self.key = key
        self.fingerprint = fingerprint


class HostKeyChanged(HostError):
    """It shows another key than the one that was pinned: a new machine, or somebody in between."""

    code = "host-key-changed"
    default_hint = mark(
        "Nothing was sent. If the machine was set up anew, remove the host and add it again; otherwise somebody "
        "stands in between."
    )


class HostRefused(HostError):
    """It does not let us in: a wrong, expired or revoked token, a user or key that it does not take."""

    code = "host-refused"
    default_hint = mark("Remove the host and add it anew with a new token (`kinora token new --role operator` there).")


class HostPassword(HostRefused):
    """It wants a password, and none is kept for it, or one that it does not take."""

    code = "host-password"
    default_hint = mark("Type it in the hosts view, or at `kinora hosts test`.")


class HostPassphrase(HostPassword):
    """It would take a key whose file is locked, and no passphrase is kept, or one that does not open it."""

    code = "host-passphrase"


class HostSkew(HostError):
    """It runs a Kinora that does not fit this one."""

    code = "host-skew"
    default_hint = mark("Install the same version of Kinora on both machines.")


class HostFull(HostError):
    """Its disk is full."""

    code = "host-full"
    default_hint = mark("Free space on that machine; its jobs go on here meanwhile.")


class HostLied(HostError):
    """It sent what cannot be true: other keys, other hashes, too much."""

    code = "host-lied"
    default_hint = mark("Nothing of it was stored. Do not trust this machine before you know why.")


class HostLimited(HostError):
    """It asks us to wait, or a quota is used up. `after` is how many seconds to wait, 0 when it does not say."""

    code = "host-limited"
    default_hint = mark("Kinora waits and tries again by itself.")

    def __init__(self, text: str, *, after: float = 0.0, hint: str | None = None) -> None:
        super().__init__(text, hint=hint)
        self.after = after


class RentalError(HostError):
    """A provider of rented machines cannot or may not do what was asked."""

    code = "rental"
    default_hint = mark("Nothing was rented and nothing is charged.")


class OfferGone(RentalError):
    """Somebody else took the offer, or its price rose."""

    code = "offer-gone"
    default_hint = mark("Nothing was rented. Look for offers again.")


class OverBudget(RentalError):
    """It would cost more than is allowed."""

    code = "over-budget"
    default_hint = mark("Nothing was rented. The caps are in the hosts view and in `kinora rent budget`.")


class SecretsLocked(KinoraError):
    """There is no keyring and no passphrase for the encrypted file of keys."""

    code = "secrets"
    default_hint = mark("Set KINORA_SECRETS_PASSPHRASE, or start a keyring.")


# --- asking ----------------------------------------------------------------------------------------------------------


class QueryError(KinoraError):
    """A search that does not parse; `start` and `end` are character offsets into the query."""

    code = "query"

    def __init__(self, text: str, *, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(text, hint=hint)
        self.start = start
        self.end = end


class NameTaken(KinoraError):
    """A name that cannot be given: another one has it, or it is empty."""

    code = "name"
    default_hint = mark("Choose another name.")


class SearchUnanswered(KinoraError):
    """The model that a search by meaning or likeness asks gave no answer."""

    code = "unanswered"
    retry = Retry.LATER
    default_hint = mark("Try again.")


class TookTooLong(KinoraError):
    """A question to the library that was given up after its time."""

    code = "took-too-long"
    retry = Retry.LATER
    default_hint = mark("Ask for less, or again when the computer has less to do.")


class SettingInvalid(KinoraError):
    code = "setting"


class NotFound(KinoraError):
    code = "not-found"


def error_classes() -> dict[str, type[KinoraError]]:
    """Every error class by its code (what a worker's message names)."""
    found: dict[str, type[KinoraError]] = {}
    todo: list[type[KinoraError]] = [KinoraError]
    while todo:
        cls = todo.pop()
        found[cls.code] = cls
        todo.extend(cls.__subclasses__())
    return found
