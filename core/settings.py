"""What the machine brings: folders, the database, keys and addresses of providers, limits of one call.

The only module that reads the environment. Build `Settings` once, with `load_settings`, and pass it down.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import UserError

ENV_FILE = Path(".env")
DATABASE_FILE = "atlas.sqlite3"


class LogLevel(StrEnum):
    """From which severity on messages go to standard error."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _expand(path: Path) -> Path:
    return path.expanduser()


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("a URL must start with http:// or https://")
    return text.rstrip("/")


def _is_set(value: object) -> bool:
    """Whatever stands in the variable, `0` too: see no-color.org."""
    return value if isinstance(value, bool) else bool(value)


def _embedder_choice(text: str) -> str:
    provider, slash, model = text.partition("/")
    if text in ("packaged", "lexical") or (slash and provider and model):
        return text
    raise ValueError("choose packaged, lexical or PROVIDER/MODEL")


Folder = Annotated[Path, AfterValidator(_expand)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseSettings):
    """One field a variable; `.env.example` lists them all. Keys never show in `repr`.

    A variable that is set but empty counts as not set. Variables in the environment win over the `.env` file.
    """

    model_config = SettingsConfigDict(
        env_prefix="ATLAS_",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    home: Folder = Path(".atlas")
    database: SecretStr | None = Field(None, validation_alias="ATLAS_DATABASE_URL")
    data_folder: Folder | None = None
    chroma_url: WebAddress | None = None
    embedder: Annotated[str, AfterValidator(_embedder_choice)] = "packaged"
    request_timeout_seconds: float = Field(120.0, gt=0, allow_inf_nan=False)
    max_retries: int = Field(4, ge=0, le=20)
    local_context_tokens: int = Field(8192, ge=256)
    log_level: LogLevel = LogLevel.WARNING
    visual: str | None = Field(None, validation_alias="VISUAL")
    editor: str | None = Field(None, validation_alias="EDITOR")
    no_color: Annotated[bool, BeforeValidator(_is_set)] = Field(False, validation_alias="NO_COLOR")

    openai_api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    openai_base_url: WebAddress | None = Field(None, validation_alias="OPENAI_BASE_URL")
    openrouter_api_key: SecretStr | None = Field(None, validation_alias="OPENROUTER_API_KEY")
    openrouter_base_url: WebAddress = Field(
        "https://openrouter.ai/api/v1", validation_alias="OPENROUTER_BASE_URL"
    )
    anthropic_api_key: SecretStr | None = Field(None, validation_alias="ANTHROPIC_API_KEY")
    gemini_api_key: SecretStr | None = Field(None, validation_alias="GEMINI_API_KEY")
    ollama_host: str = Field("http://127.0.0.1:11434", validation_alias="OLLAMA_HOST")
    vllm_base_url: WebAddress = Field("http://127.0.0.1:8000/v1", validation_alias="VLLM_BASE_URL")
    vllm_api_key: SecretStr | None = Field(None, validation_alias="VLLM_API_KEY")
    llamacpp_base_url: WebAddress = Field("http://127.0.0.1:8080/v1", validation_alias="LLAMACPP_BASE_URL")
    llamacpp_api_key: SecretStr | None = Field(None, validation_alias="LLAMACPP_API_KEY")
    openalex_api_key: SecretStr | None = Field(None, validation_alias="OPENALEX_API_KEY")
    semantic_scholar_api_key: SecretStr | None = Field(None, validation_alias="SEMANTIC_SCHOLAR_API_KEY")
    crossref_mailto: str = Field("", validation_alias="CROSSREF_MAILTO")

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL; it may hold a password. By default an SQLite file under `home`."""
        if self.database is not None:
            return self.database.get_secret_value()
        return f"sqlite:///{self.home / DATABASE_FILE}"

    @property
    def text_editor(self) -> str | None:
        """The command that edits a text, with its options: VISUAL, else EDITOR."""
        return self.visual or self.editor

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment variable behind a field, as people write it: `OPENAI_API_KEY`."""
        alias = cls.model_fields[field].validation_alias
        return alias if isinstance(alias, str) else f"ATLAS_{field.upper()}"

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """Every variable that is read, in the order of the fields."""
        return tuple(cls.variable(field) for field in cls.model_fields)


def load_settings(env_file: Path | Literal[False] = ENV_FILE) -> Settings:
    """Read the environment and, where it exists, an env file (`False` for none).

    Raises:
        UserError: a value cannot be used. The message names the variable, and no value that may be secret.
    """
    try:
        return Settings(_env_file=env_file or None)  # type: ignore[call-arg]
    except ValidationError as error:
        raise UserError("; ".join(_complaint(each["loc"], each["msg"]) for each in error.errors())) from None
    except (UnicodeDecodeError, OSError) as error:
        raise UserError(f"{env_file} cannot be read as UTF-8 text: {error}") from None


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]) if location else "settings"
    variable = Settings.variable(name) if name in Settings.model_fields else name
    return f"{variable}: {message.removeprefix('Value error, ')}; correct it or unset it"
