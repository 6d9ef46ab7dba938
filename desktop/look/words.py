"""Numbers, lengths and sizes as people read them."""


def count(number: int, one: str, many: str = "") -> str:
    """`1 file`, `1,204 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def clock(seconds: float) -> str:
    """A length or a place in time: 0:07, 12:30, 1:02:03."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def left(seconds: float | None) -> str:
    """Time to the end in words, rounded as people say it; empty when it is not known."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a moment left"
    if seconds < 90:
        return f"{max(5, round(seconds / 5) * 5):.0f} s left"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min left"
    hours = seconds / 3600
    return f"{hours:.0f} h left" if hours < 48 else f"{hours / 24:.0f} days left"


def size(amount: int) -> str:
    """Bytes in decimal units: 999 B, 1.2 MB."""
    value = float(amount)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{value:.0f} {unit}" if unit in ("B", "kB") or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def breakable(path: str) -> str:
    """A path with places where a line may break."""
    for sign in ("/", "\\", "_", "-", "."):
        path = path.replace(sign, sign + "\u200b")
    return path


def quick(seconds: float) -> str:
    """A short time: `4 ms`, `1.3 s`."""
    return f"{max(1, round(seconds * 1000))} ms" if seconds < 1 else f"{seconds:.1f} s"
