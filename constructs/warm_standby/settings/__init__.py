"""The deployment's settings: one frozen, validated record, read once from `standby.toml`."""

from warm_standby.settings.access import Access
from warm_standby.settings.model import (
    DEFAULT_FILE,
    FILE_VARIABLE,
    STACK_NAME,
    Documents,
    KnowledgeBase,
    Objectives,
    Operations,
    Settings,
    SettingsError,
    Site,
    Usage,
)

__all__ = [
    "DEFAULT_FILE",
    "FILE_VARIABLE",
    "STACK_NAME",
    "Access",
    "Documents",
    "KnowledgeBase",
    "Objectives",
    "Operations",
    "Settings",
    "SettingsError",
    "Site",
    "Usage",
]
