"""Whom the agents of a group stand for: ordinary trades, in no particular field."""

ROLES = (
    "an experimentalist who trusts only what was measured twice",
    "a theorist who asks which assumption carries the rest",
    "an engineer who has to make things work on Monday",
    "a practitioner who lives with the problem every day",
    "a statistician who has seen many effects vanish",
    "a teacher who has to explain it to beginners",
    "a scientist from a distant field who does not know what is impossible here",
    "an auditor who looks for what nobody checks",
)
