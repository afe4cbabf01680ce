"""What the tests of the store put, where, and in whose name."""

from __future__ import annotations

USER = ("users", "user:42")
SOC = ("synthetic", "soc")
AGENT, EVA = "agent:support", "person:eva"
DARK = {"memory": "Likes a dark theme in every editor."}
LIGHT = {"memory": "Likes a light theme in every editor."}
TABLES = {"memory": "Wants figures as short tables."}
LESSONS = (
    "Sort the rows by their time before you read them.",
    "Count the failed sign-ins of an account first.",
    "Compare sender and reply address of a mail.",
)
