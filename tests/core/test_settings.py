"""Settings from the environment and an env file, and the list of them in `.env.example`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import UserError
from core.settings import LogLevel, Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
SECRET = "sk-a-secret-value"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in Settings.variables():
        monkeypatch.delenv(variable, raising=False)


def env_file(folder: Path, text: str) -> Path:
    path = folder / "some.env"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite:///.atlas/atlas.sqlite3"
    assert settings.embedder == "packaged"
    assert settings.openai_api_key is None
    assert not Path(".atlas").exists()


def test_the_database_follows_the_home(tmp_path: Path) -> None:
    settings = load_settings(env_file(tmp_path, f"ATLAS_HOME={tmp_path}/house"))
    assert settings.database_url == f"sqlite:///{tmp_path}/house/atlas.sqlite3"


def test_a_home_in_the_users_folder_is_expanded(tmp_path: Path) -> None:
    assert load_settings(env_file(tmp_path, "ATLAS_HOME=~/atlas")).home == Path.home() / "atlas"


def test_a_dot_env_in_the_working_folder_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("ATLAS_LOG_LEVEL=debug\nATLAS_MAX_RETRIES=7\n", encoding="utf-8")
    monkeypatch.setenv("ATLAS_MAX_RETRIES", "2")
    settings = load_settings()
    assert (settings.log_level, settings.max_retries) == (LogLevel.DEBUG, 2)
    assert load_settings(False).log_level is LogLevel.WARNING


def test_an_empty_variable_counts_as_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    settings = load_settings(env_file(tmp_path, "ATLAS_DATABASE_URL=\nOPENAI_BASE_URL=\n"))
    assert settings.openai_api_key is None
    assert settings.openai_base_url is None
    assert settings.database_url.startswith("sqlite:///")


def test_secrets_do_not_show(tmp_path: Path) -> None:
    lines = [f"OPENAI_API_KEY={SECRET}", f"ATLAS_DATABASE_URL=postgresql://me:{SECRET}@db/atlas"]
    settings = load_settings(env_file(tmp_path, "\n".join(lines)))
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.database_url == f"postgresql://me:{SECRET}@db/atlas"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ATLAS_MAX_RETRIES", "many"),
        ("ATLAS_MAX_RETRIES", "-1"),
        ("ATLAS_REQUEST_TIMEOUT_SECONDS", "0"),
        ("ATLAS_REQUEST_TIMEOUT_SECONDS", "inf"),
        ("ATLAS_LOCAL_CONTEXT_TOKENS", "1"),
        ("ATLAS_LOG_LEVEL", "loud"),
        ("ATLAS_EMBEDDER", "openai"),
        ("ATLAS_EMBEDDER", "openai/"),
        ("OPENAI_BASE_URL", SECRET),
        ("VLLM_BASE_URL", "127.0.0.1:8000"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(variable: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(env_file(tmp_path, f"{variable}={value}"))
    message = str(caught.value)
    assert message.startswith(f"{variable}: ")
    assert "\n" not in message
    assert SECRET not in message


def test_all_bad_values_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ATLAS_MAX_RETRIES.*ATLAS_LOG_LEVEL"):
        load_settings(env_file(tmp_path, "ATLAS_MAX_RETRIES=x\nATLAS_LOG_LEVEL=x"))


def test_an_env_file_that_is_not_text_is_a_users_error(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.write_bytes(b"ATLAS_HOME=\xff\xfe\n")
    with pytest.raises(UserError, match=r"some\.env cannot be read"):
        load_settings(path)


def test_variables_of_others_in_the_env_file_are_left_alone(tmp_path: Path) -> None:
    assert load_settings(env_file(tmp_path, "SOMEBODY_ELSES=1\n")).home == Path(".atlas")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings(False).max_retries = 9  # type: ignore[misc]


def test_the_example_lists_exactly_the_settings_each_with_a_comment() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    named = {
        index: match[1] for index, line in enumerate(lines) if (match := re.match(r"#?([A-Z_]+)=", line))
    }
    assert sorted(named.values()) == sorted(Settings.variables())
    for index in named:
        assert lines[index - 1].startswith("# "), f"{named[index]} has no comment above it"


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    uncommented = re.sub(r"(?m)^#(?=[A-Z_]+=)", "", EXAMPLE.read_text(encoding="utf-8"))
    assert load_settings(env_file(tmp_path, uncommented)) == load_settings(False)
