"""Design tokens: colours of both themes, spacing, radii and the type scale."""

from dataclasses import dataclass, fields

# Spacing, in logical pixels.
XS, S, M, L, XL = 4, 8, 12, 16, 24

RADIUS_SMALL, RADIUS, RADIUS_LARGE = 4, 8, 12

# Type scale, in logical pixels at the system's usual size; `scaled` follows a larger system font.
CAPTION, SMALL, BODY, SUBTITLE, TITLE, DISPLAY = 11, 12, 13, 15, 19, 26

# What lies on pictures, not on the window: the same in both themes. Words on labels are `ON_INK`, 4.5:1 on each.
INK = {
    "text": "#1f6fbf",
    "hit": "#ffab1a",
    "chosen": "#2456f0",
    "safety": "#c2255c",
    "face": "#7048e8",
    "body": "#0b7285",
    "thing": "#2b7a3d",
    "role": "#a14a00",
}
ON_INK = "#ffffff"
BACKDROP = "#000000"  # around a film
VEIL = "#6e000000"  # over what a small map does not show
STAR_ON_PICTURE = "#ffd166"

RAIL = 84  # width of the navigation
PANEL = 300  # width of the details panel
CONTROL = 32  # height of buttons and fields


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one theme, as #rrggbb or #aarrggbb; text pairs hold WCAG AA (a test computes it)."""

    dark: bool
    window: str  # behind everything
    surface: str  # panels, bars
    raised: str  # menus, popups, fields
    sunken: str  # placeholders, tracks
    hover: str
    pressed: str
    line: str
    line_strong: str  # borders of controls
    text: str
    muted: str  # secondary text
    faint: str  # disabled text, hints that may be missed
    accent: str  # fills and links
    accent_hover: str
    on_accent: str  # text on the accent
    accent_soft: str  # selected rows
    danger: str
    danger_soft: str
    warning: str
    warning_soft: str
    success: str
    star: str
    mark: str  # behind words that matched
    on_mark: str
    shade: str  # over pictures, behind badges
    on_shade: str


LIGHT = Colours(
    dark=False,
    window="#f4f4f6",
    surface="#fbfbfc",
    raised="#ffffff",
    sunken="#e7e7eb",
    hover="#ececf0",
    pressed="#dfdfe5",
    line="#dededf",
    line_strong="#8d8d97",
    text="#1c1c21",
    muted="#5b5b66",
    faint="#6a6a75",
    accent="#3a55c9",
    accent_hover="#2f47ae",
    on_accent="#ffffff",
    accent_soft="#e2e7fb",
    danger="#b3261e",
    danger_soft="#fbe5e3",
    warning="#8a5300",
    warning_soft="#fdf0d9",
    success="#1e6b3a",
    star="#b87400",
    mark="#ffe58a",
    on_mark="#1c1c21",
    shade="#b8141418",
    on_shade="#ffffff",
)

DARK = Colours(
    dark=True,
    window="#151518",
    surface="#1c1c20",
    raised="#26262b",
    sunken="#2b2b31",
    hover="#2a2a30",
    pressed="#34343b",
    line="#313138",
    line_strong="#777783",
    text="#ededf0",
    muted="#a9a9b4",
    faint="#92929d",
    accent="#9db0ff",
    accent_hover="#b7c5ff",
    on_accent="#12162b",
    accent_soft="#2a3050",
    danger="#ff9a91",
    danger_soft="#42211f",
    warning="#f3bd62",
    warning_soft="#3b2d14",
    success="#7fd19a",
    star="#f3bd62",
    mark="#6b5600",
    on_mark="#fff6d6",
    shade="#c8101014",
    on_shade="#ffffff",
)


def names() -> tuple[str, ...]:
    """The names of the colour tokens."""
    return tuple(field.name for field in fields(Colours) if field.name != "dark")


def contrast(one: str, two: str) -> float:
    """The contrast ratio of two opaque colours, 1..21 (WCAG 2.2, relative luminance)."""
    first, second = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[-6:][i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
