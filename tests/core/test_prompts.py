"""Prompts: templates of a package made for the test, and every template of the product."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

import jinja2
import pytest

from core.prompts import Prompt, all_prompts, template_variables

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "memory", "atlas", "ideation", "adaptation", "benchmarks", "app")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package on the path, of a name of its own since templates are kept by package."""
    name = f"prompts_of_{tmp_path.name}"
    (tmp_path / name / "prompts").mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, None)


def write(tmp_path: Path, package: str, **templates: str) -> None:
    for stem, text in templates.items():
        (tmp_path / package / "prompts" / f"{stem}.md").write_text(text, encoding="utf-8")


def make(package_name: str) -> type[Prompt]:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Greeting(Prompt):
        package: ClassVar[str] = package_name
        template: ClassVar[str] = "greeting.md"

        who: str
        reasons: tuple[str, ...] = ()

    return Greeting


def test_fields_fill_the_template_as_plain_text(tmp_path: Path, package: str) -> None:
    template = "Hi {{ who }}:\n{% for reason in reasons %}\n- {{ reason }}\n{% endfor %}\nbye\n"
    write(tmp_path, package, greeting=template)
    prompt = make(package)(who="<b> & {{ who }}", reasons=("one", "two"))  # type: ignore[call-arg]
    assert prompt.render() == "Hi <b> & {{ who }}:\n- one\n- two\nbye"


def test_a_variable_that_is_no_field_is_an_error_and_no_blank(tmp_path: Path, package: str) -> None:
    write(tmp_path, package, greeting="{{ who }} {{ whom }}")
    with pytest.raises(jinja2.UndefinedError, match="whom"):
        make(package)(who="x").render()  # type: ignore[call-arg]
    assert template_variables(make(package)) == {"who", "whom"}


def test_the_digest_is_that_of_the_template_with_its_includes(tmp_path: Path, package: str) -> None:
    write(tmp_path, package, greeting="{% include 'rules.md' %} {{ who }}", rules="{{ reasons | length }}")
    prompt = make(package)
    first = prompt.digest()
    assert len(first) == 64
    assert first == prompt.digest()
    assert template_variables(prompt) == {"who", "reasons"}
    write(tmp_path, package, rules="{{ reasons | length }}!")
    assert prompt.digest() != first


def test_every_template_of_the_product_reads_exactly_its_fields() -> None:
    for package in PACKAGES:
        folder = ROOT / package
        for module in pkgutil.walk_packages([str(folder)], f"{package}."):
            if module.name.rpartition(".")[2] == "prompts":
                importlib.import_module(module.name)
    ours = [cls for cls in all_prompts() if cls.package in PACKAGES or "." in cls.package]
    assert ours
    for cls in ours:
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        assert template_variables(cls) == names, cls
    classes = {(cls.package, cls.template) for cls in ours}
    files = {
        (file.parent.parent.relative_to(ROOT).as_posix().replace("/", "."), file.name)
        for package in PACKAGES
        for file in (ROOT / package).rglob("prompts/*.md")
    }
    assert classes <= files
