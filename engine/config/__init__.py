"""config.yaml as frozen typed values; every wrong key, type and value is told at once, with its path."""

from engine.config.load import SHIPPED_FILE, load_config, refuse_unsafe
from engine.config.values import (
    CalendarConfig,
    CitizensConfig,
    Config,
    DatabaseConfig,
    DetectionConfig,
    DocumentsConfig,
    InspectionsConfig,
    LettersConfig,
    LimitsPolicy,
    PolicyConfig,
    SchedulerConfig,
    ServerConfig,
    TierConfig,
)

__all__ = [
    "SHIPPED_FILE",
    "CalendarConfig",
    "CitizensConfig",
    "Config",
    "DatabaseConfig",
    "DetectionConfig",
    "DocumentsConfig",
    "InspectionsConfig",
    "LettersConfig",
    "LimitsPolicy",
    "PolicyConfig",
    "SchedulerConfig",
    "ServerConfig",
    "TierConfig",
    "load_config",
    "refuse_unsafe",
]
