"""config.yaml as frozen typed values; every wrong key, type and value is told at once, with its path."""

from engine.config.channels import CivicAppConfig, MailboxConfig, Open311Config
from engine.config.inbound import (
    InboundConfig,
    MessageConfig,
    PartyRuleConfig,
    PlaceRuleConfig,
    RuleConfig,
    SignatureConfig,
    SourceConfig,
    TimeRuleConfig,
    VersionRuleConfig,
)
from engine.config.load import SHIPPED_FILE, load_config, refuse_unsafe
from engine.config.notify import NotifyConfig, SmtpConfig
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
    "CivicAppConfig",
    "Config",
    "DatabaseConfig",
    "DetectionConfig",
    "DocumentsConfig",
    "InboundConfig",
    "InspectionsConfig",
    "LettersConfig",
    "LimitsPolicy",
    "MailboxConfig",
    "MessageConfig",
    "NotifyConfig",
    "Open311Config",
    "PartyRuleConfig",
    "PlaceRuleConfig",
    "PolicyConfig",
    "RuleConfig",
    "SchedulerConfig",
    "ServerConfig",
    "SignatureConfig",
    "SmtpConfig",
    "SourceConfig",
    "TierConfig",
    "TimeRuleConfig",
    "VersionRuleConfig",
    "load_config",
    "refuse_unsafe",
]
