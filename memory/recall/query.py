"""What of a query asks: agents paste system prompts, tools and whole chats in front of their question.

An embedder reads the first few hundred tokens, so that what is pasted in front hides the question entirely.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

PLAIN_CHARACTERS = 300
"""Up to here a query without markers is left as it is."""
LONG_CODE = 300
"""Characters from which fenced code is dropped."""
MOST_CHARACTERS = 20_000
"""Of what is longer, only the end is read."""


def clean_query(text: str, limit_characters: int = 1200) -> str:
    """The part of `text` that asks, for search; cleaning twice changes nothing.

    Chat templates and roles give way to the last turn of the user; paragraphs that tell an agent how to
    behave, schemas of tools and long code are dropped. What is still longer than the limit keeps the
    sentences that ask and the last ones. A short plain query comes back as it is, and only "" gives "".
    """
    while len(text) > PLAIN_CHARACTERS or _is_marked(text):
        cleaned = _cut(_paragraphs_that_ask(_last_turn(text), limit_characters), limit_characters)
        if not cleaned or len(cleaned) >= len(text):
            break
        text = cleaned
    return text


# Roles: whose words are whose.

_USER = frozenset(("user", "human", "question", "q", "task", "query", "input"))
_QUESTION = frozenset(("question", "q", "task", "query"))
_CHAT = _QUESTION | frozenset(
    ("system", "developer", "assistant", "ai", "bot", "model", "answer", "a", "response")
)
_LABELS = (
    "system|developer|user|human|assistant|ai|bot|model|tool|function|observation|thought|action|q|question"
    "|a|answer|response|instructions?|example|task|query|input"
)
_ROLES = "system|developer|user|human|assistant|tool"
_MARKER = re.compile(
    r"<\|(?:im_start|start_header_id)\|>[ \t]*(?P<chatml>\w+)(?:[ \t]*<\|end_header_id\|>)?"
    rf"|<\|(?P<token>{_ROLES})\|>|<start_of_turn>[ \t]*(?P<turn>\w+)|<(?P<tag>{_ROLES})>"
    rf"|^\[(?P<bracket>{_ROLES})\]:?|(?P<asks>\[INST\]|<</SYS>>)|(?P<tells><<SYS>>|\[/INST\])"
    rf"|(?P<ends><\|\w+\|>|<end_of_turn>|</(?:{_ROLES}|s)>|<(?:s|bos|eos)>)"
    rf"|^[ \t]*[#*>]*[ \t]*(?P<label>{_LABELS})(?: (?:prompt|message|question|\d+))?[ \t]*\**:\**",
    re.IGNORECASE | re.MULTILINE,
)


_TAGGED = re.compile(
    r"<(question|query|task|request|user_\w+)>\s*(\S.{0,4000}?)\s*</\1>", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Who speaks (empty where nobody is named) and what; `is_label` for a plain `User:` at a line's start."""

    role: str
    text: str
    is_label: bool = False

    @property
    def asks(self) -> bool:
        return self.role in _USER and bool(self.text)


def _is_marked(text: str) -> bool:
    return bool(_markers(text) or _TAGGED.search(text)) or _messages(text) is not None


def _markers(text: str) -> list[re.Match[str]]:
    """Markers of roles. Plain labels count where they are those of a chat: `User:` may stand in any log."""
    found = list(_MARKER.finditer(text))
    labels = [match["label"].casefold() for match in found if match["label"]]
    enough = len(labels) > 1 or len(text) > PLAIN_CHARACTERS
    if enough and not (_CHAT if len(labels) > 1 else _QUESTION).isdisjoint(labels):
        return found
    return [match for match in found if not match["label"]]


def _turns(text: str) -> list[_Turn]:
    turns, role, start, is_label = [], "", 0, False
    for match in _markers(text):
        turns.append(_Turn(role, text[start : match.start()].strip(), is_label))
        kind = match.lastgroup or ""
        role = {"asks": "user", "tells": "assistant", "ends": ""}.get(kind, match[kind].casefold())
        start, is_label = match.end(), kind == "label"
    turns.append(_Turn(role, text[start:].strip(), is_label))
    return turns


def _last_turn(text: str) -> str:
    """The last turn of the user, or the question pasted behind all turns; all text where no user speaks."""
    if (said := _messages(text)) is not None:
        return said
    text = text[-MOST_CHARACTERS:]
    if tagged := _TAGGED.findall(text):
        return str(tagged[-1][1])
    turns = _turns(text)
    if len(turns) == 1:
        return text
    last = turns[-1]
    if last.text and not last.role:
        return last.text
    if last.is_label and not last.asks and len(parts := _paragraphs(last.text)) > 1 and _asks(parts[-1]):
        return parts[-1]
    asking = [position for position, turn in enumerate(turns) if turn.asks]
    if not asking:
        return "\n\n".join(turn.text for turn in turns if turn.text)
    first = last_asking = asking[-1]
    while (
        turns[first].is_label and turns[first - 1].asks and turns[first - 1].role != turns[last_asking].role
    ):
        first -= 1  # `Task:` and the `Input:` that belongs to it
    return "\n".join(turn.text for turn in turns[first : last_asking + 1])


def _messages(text: str) -> str | None:
    """What the user said last in a chat written as JSON, `[{"role": ..., "content": ...}]`."""
    if not text.lstrip().startswith(("[", "{")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    messages = found.get("messages") if isinstance(found, dict) else found
    if not isinstance(messages, list):
        return None
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            said = [part.get("text") for part in parts if isinstance(part, dict)]
            return "\n".join(part for part in said if isinstance(part, str)) or None
    return None


# Paragraphs: which tell an agent how to behave, and which ask.

_FENCE = re.compile(r"^[ \t]*```.*?^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(
    r"<(tools?|tool_description|functions?|instructions?|rules|examples?|schema|history|output_format|format)>"
    r".*?</\1>",
    re.DOTALL | re.IGNORECASE,
)
_SCHEMA = re.compile(r'"(?:type|parameters|properties|function|required|description)"\s*:')
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s", re.MULTILINE)
_HEADING = re.compile(r"^\s*(?:#{1,6}\s.*|\*\*[^*]+\*\*:?|[A-Z][\w ,/&-]{0,60}:|[=-]{3,})\s*$")
_COMMANDS = re.compile(
    r"(?:you(?:'re| are| will| have| must| should| can| may| need)\b|act as\b|always\b|never\b|do not\b"
    r"|your (?:task|job|role|goal|name|output|answers?)\b|as an? [\w -]{0,40}(?:assistant|agent|model|ai)\b"
    r"|remember\b|respond\b|reply\b|answer (?:in|with|only)\b|return (?:only|your)\b|think step\b|don't\b"
    r"|use (?:the (?:following|tools?)|markdown)\b|(?:when|if|before|after) (?:you|the user|asked|unsure)\b"
    r"|be (?:concise|brief|careful|honest|polite)\b|keep (?:your|answers)\b|ensure\b|avoid\b|make sure\b)",
    re.IGNORECASE,
)
_TOPICS = re.compile(
    r"(?:output|format|rules?|guidelines|available|tools?|constraints|important|note|below|examples?"
    r"|here (?:is|are)|the following)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s)|$)", re.MULTILINE)
_QUESTION_MARK = re.compile(r"\?[\"'`*)_]*(?=\s|$)")
_SECOND_PERSON = re.compile(r"\byou(?:r|rself)?\b", re.IGNORECASE)
_ASKS = re.compile(
    r"(?:\W*(?:question|task|query)\s*:"
    r"|(?:\w+ )?(?:what|which|who|whose|how)\b"
    r"|(?:please |can you |could you )?"
    r"(?:find|identify|list|determine|name|tell|give|show|get|look up|count)\b)",
    re.IGNORECASE,
)


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def _asks(paragraph: str) -> bool:
    ends = [match.end() == len(paragraph.rstrip()) for match in _QUESTION_MARK.finditer(paragraph)]
    return any(ends) or _ASKS.match(paragraph) is not None or (bool(ends) and not _commands(paragraph))


def _tells(paragraph: str) -> bool:
    """It speaks to an agent, or is a list, a heading or a schema as system prompts have them."""
    if _asks(paragraph):
        return False
    lines = paragraph.splitlines()
    start = paragraph.lstrip("#*->0123456789.) ")
    return (
        _commands(start)
        or _TOPICS.match(start) is not None
        or len(_SCHEMA.findall(paragraph)) > 1
        or len(_BULLET.findall(paragraph)) * 2 > len(lines)
        or all(_HEADING.match(line) for line in lines)
    )


def _commands(text: str) -> bool:
    return _COMMANDS.match(text) is not None or len(_SECOND_PERSON.findall(text)) > 1


def _paragraphs_that_ask(text: str, limit: int) -> str:
    """The last paragraph that is no instruction, with what leads to it; or the first where only that asks."""
    bare = _BLOCK.sub("\n\n", _FENCE.sub(lambda match: "" if len(match[0]) > LONG_CODE else match[0], text))
    parts = _paragraphs(bare)
    if parts and _tells(parts[-1]) and not _tells(rest := _without_preamble(parts[-1])):
        parts[-1:] = [parts[-1].removesuffix(rest), rest]  # the question stands in the last paragraph's end
    free = [position for position, part in enumerate(parts) if not _tells(part)]
    if not free:
        return parts[-1] if parts else text
    if len(free) == len(parts) and (len(parts) == 1 or len(bare) <= limit):
        return _without_preamble(bare.strip())
    first = last = free[-1]
    if 0 in free and first > 0 and _asks(parts[0]) and not _asks(parts[last]):
        return parts[0]  # the question came first, and all that follows was pasted behind it
    room = limit // 2 - len(parts[last])
    while first - 1 in free and len(parts[first - 1]) <= room:
        first -= 1
        room -= len(parts[first])
    return "\n\n".join(map(_without_preamble, parts[first : last + 1]))


def _without_preamble(part: str) -> str:
    """What follows the last sentence that tells an agent how to behave."""
    sentences = list(_SENTENCE.finditer(part))
    told = [match.end() for match in sentences[:-1] if _commands(match[0]) and not _asks(match[0])]
    return part[told[-1] :].strip() if told else part


def _cut(text: str, limit: int) -> str:
    """The sentences that ask and the last ones, up to the limit, in their order."""
    if len(text) <= limit:
        return text
    sentences = [match[0].strip() for match in _SENTENCE.finditer(text)]
    backwards = range(len(sentences) - 1, -1, -1)
    asking = [position for position in backwards if _asks(sentences[position])]
    kept: set[int] = set()
    room = limit
    for position in (*asking, *backwards):
        if position not in kept and len(sentences[position]) < room:
            kept.add(position)
            room -= len(sentences[position]) + 1
    return " ".join(sentences[position] for position in sorted(kept)) or text[-limit:].strip()
