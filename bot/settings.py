"""Where every setting comes from: built-in defaults, config/easel.toml, the home's easel.toml, the environment."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import platformdirs
from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import Misuse

CONFIG = Path(__file__).resolve().parent.parent / "config"
"""The files a user edits, as shipped."""

Network = Literal["x", "linkedin"]

ENVIRONMENT_PREFIX = "EASEL_"


def default_home() -> Path:
    """`EASEL_HOME`, or the user's data folder."""
    return Path(os.environ.get("EASEL_HOME") or platformdirs.user_data_dir("easel")).expanduser().absolute()


class TomlLayers(PydanticBaseSettingsSource):
    """The shipped easel.toml under the one in Easel's home, each value remembering its file."""

    def __init__(self, settings_class: type[BaseSettings], files: list[Path]) -> None:
        super().__init__(settings_class)
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        for file in files:
            values = read_toml(file)
            if unknown := sorted(values.keys() - settings_class.model_fields.keys()):
                raise Misuse(f"{file}: unknown setting {unknown[0]!r}. See {CONFIG / 'easel.toml'} for all of them.")
            self.values |= values
            self.origins |= dict.fromkeys(values, str(file))

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Required by pydantic-settings; `__call__` gives all values at once."""
        return self.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All values of the layers, later files first."""
        return self.values


class Settings(BaseSettings):
    """Easel's settings; see config/easel.toml for what each means."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, extra="ignore", frozen=True)

    home: Path = Field(default_factory=default_home)
    workspace: str = Field(default="local", min_length=1, max_length=64)
    networks: list[Network] = Field(default=["x", "linkedin"], min_length=1)
    timezone: str = ""
    model: str = "doodle"
    weights: Literal["float32", "bfloat16", "int8"] = "float32"
    rival: str = ""
    rival_share: float = Field(default=0.2, gt=0, lt=1)
    images_url: str = ""
    codes_a_step: int = Field(default=1, ge=1, le=64)
    training_workspaces: list[str] = []
    count: int = Field(default=4, ge=1, le=10)
    upscale: Annotated[Literal[1, 2, 4], BeforeValidator(int)] = 4  # the environment gives text
    database_url: str = Field(default="", repr=False)
    work_database_url: str = Field(default="", repr=False)
    x_client_id: str = ""
    x_client_secret: str = Field(default="", repr=False)
    linkedin_client_id: str = ""
    linkedin_client_secret: str = Field(default="", repr=False)
    missed_after_minutes: int = Field(default=120, ge=0)
    settle_seconds: float = Field(default=90.0, ge=0)
    posts_per_quarter_hour: int = Field(default=100, ge=1)
    review_reminder_hours: int = Field(default=24, ge=0)
    review_expiry_hours: int = Field(default=168, ge=0)
    retention_days: int = Field(default=0, ge=0)
    daily_quota: int = Field(default=0, ge=0)
    health_port: int = Field(default=0, ge=0, le=65_535)
    public_url: str = ""
    slack_mode: Literal["socket", "http"] = "socket"
    slack_bot_token: str = Field(default="", repr=False)
    slack_app_token: str = Field(default="", repr=False)
    slack_signing_secret: str = Field(default="", repr=False)
    slack_client_id: str = ""
    slack_client_secret: str = Field(default="", repr=False)
    slack_port: int = Field(default=3000, ge=0, le=65_535)
    slack_api_url: str = "https://slack.com/api/"
    writer: Literal["rules", "llm"] = "rules"
    llm_url: str = ""
    llm_model: str = ""
    llm_seconds: float = Field(default=30.0, gt=0)
    llm_at_once: int = Field(default=4, ge=1)
    llm_masking: bool = True
    llm_tokens_a_day: int = Field(default=0, ge=0)
    llm_cost_a_day: float = Field(default=0.0, ge=0)
    llm_prompt_price: float = Field(default=0.0, ge=0)
    llm_answer_price: float = Field(default=0.0, ge=0)
    credentials_certificate: str = ""
    credentials_key: str = ""
    credentials_prompt: bool = False
    credentials_approver: Literal["fact", "hash"] = "fact"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the home's file, which wins over the shipped one."""
        return init_settings, env_settings, toml_layers()

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, name: str) -> str:
        """Refuse a zone that the machine does not know."""
        if name and name not in available_timezones():
            raise ValueError(f"unknown time zone {name!r}; use an IANA name such as Europe/Madrid")
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times without one are meant."""
        return ZoneInfo(self.timezone) if self.timezone else local_zone()

    @property
    def slack_by_http(self) -> bool:
        """Whether Slack comes to us; with a client id, for every workspace that installs the app."""
        return self.slack_mode == "http" or bool(self.slack_client_id)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the application's database."""
        return self.database_url or f"sqlite:///{self.home / 'easel.db'}"

    @property
    def has_database(self) -> bool:
        """Whether the application's database may be there; a file's is not before the first post or setting."""
        return bool(self.database_url) or (self.home / "easel.db").exists()

    @property
    def work_database(self) -> str:
        """The URL of DBOS's own database: beside ours, a file or a database with `_work` behind the name."""
        if self.work_database_url:
            return self.work_database_url
        if not self.database_url or self.database_url.startswith("sqlite"):
            return f"sqlite:///{self.home / 'work.db'}"
        address, mark, options = self.database_url.partition("?")
        return f"{address}_work{mark}{options}"

    @property
    def outbox(self) -> Path:
        """Where posts stand that no network account takes, and the sheets to look at."""
        return self.home / "outbox"

    @property
    def pictures(self) -> Path:
        """The content-addressed pictures."""
        return self.home / "pictures"

    @property
    def moderation_policy(self) -> Path:
        """The moderation policy in use: the home's, or the shipped one."""
        own = self.home / "moderation.toml"
        return own if own.exists() else CONFIG / "moderation.toml"

    @property
    def models_dir(self) -> Path:
        """Model bundles that the user added."""
        return self.home / "models"

    @property
    def cache(self) -> Path:
        """What can be made again: compiled programs, downloads."""
        return Path(platformdirs.user_cache_dir("easel"))

    def origin(self, name: str) -> str:
        """Where the value of `name` came from, for `easel config show`."""
        if f"{ENVIRONMENT_PREFIX}{name}".upper() in os.environ:
            return f"environment {ENVIRONMENT_PREFIX}{name.upper()}"
        return toml_layers().origins.get(name, "built-in default")


def read_toml(file: Path) -> dict[str, Any]:
    """The table in `file`; empty if there is no such file."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"{file} is not valid TOML: {error}") from error


def toml_layers() -> TomlLayers:
    """The two files that hold settings."""
    return TomlLayers(Settings, [CONFIG / "easel.toml", default_home() / "easel.toml"])


def local_zone() -> ZoneInfo:
    """This machine's zone, by TZ or /etc/localtime; UTC where neither names one."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named in available_timezones():
        return ZoneInfo(named)
    target = os.path.realpath("/etc/localtime")
    _, found, name = target.partition("zoneinfo/")
    return ZoneInfo(name) if found and name in available_timezones() else ZoneInfo("UTC")


@cache
def load_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        Misuse: naming the setting, its source and what is allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        source = Settings.model_construct().origin(name)
        raise Misuse(f"Setting {name!r} (from {source}): {first['msg']}.") from error
