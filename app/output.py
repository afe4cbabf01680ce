"""Results go to standard output, as text or as one JSON document; everything else to standard error."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence

PACKAGES = ("core", "memory", "atlas", "ideation", "adaptation", "benchmarks", "app")


def print_json(document: Mapping[str, object] | Sequence[object]) -> None:
    """One JSON document on standard output. What nobody sees is escaped: it could steer the terminal."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    for unseen in {character for character in set(text) if not character.isprintable()} - {"\n"}:
        text = text.replace(unseen, json.dumps(unseen)[1:-1])
    sys.stdout.write(f"{text}\n")


def print_text(text: str) -> None:
    sys.stdout.write(text.rstrip("\n") + "\n")


def say(text: str) -> None:
    """A line for the person at the terminal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def log_from(severity: str) -> None:
    """Write what the packages log from a severity on (`info`) to standard error; libraries only warn."""
    logging.basicConfig(format="atlas: %(levelname)s: %(message)s")
    for package in PACKAGES:
        logging.getLogger(package).setLevel(severity.upper())
