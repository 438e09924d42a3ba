"""The themes by the names of the settings. High contrast is pure: every text has at least 7:1 against its ground (WCAG AAA)."""

from __future__ import annotations

from textual.theme import Theme

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#00407f",
    secondary="#ffff00",
    warning="#ffff00",
    error="#ff9090",
    success="#60ff60",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    dark=True,
    text_alpha=1.0,
    variables={
        "text-muted": "#ffffff",
        "text-disabled": "#b0b0b0",
        "text-primary": "#80d0ff",
        "text-accent": "#ffff00",
        "text-success": "#60ff60",
        "text-warning": "#ffff00",
        "text-error": "#ff9090",
        "surface-lighten-1": "#003050",
        "surface-lighten-2": "#ffffff",
        "footer-background": "#000000",
        "footer-key-foreground": "#ffff00",
        "footer-description-foreground": "#ffffff",
        "block-cursor-foreground": "#000000",
        "block-cursor-background": "#ffff00",
        "block-cursor-blurred-foreground": "#ffffff",
        "block-cursor-blurred-background": "#000000",
        "border": "#ffffff",
        "border-blurred": "#ffffff",
        "input-cursor-background": "#ffff00",
        "input-cursor-foreground": "#000000",
    },
)
THEMES = {"dark": "textual-dark", "light": "textual-light", "contrast": HIGH_CONTRAST.name}


def following(theme: str) -> str:
    """Return the theme that comes after this one when they are gone through by a key."""
    names = list(THEMES.values())
    return names[(names.index(theme) + 1) % len(names)] if theme in names else names[0]
