from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory.embedding.packaged_minilm import PackagedMiniLm
from memory.recall.query import PLAIN_CHARACTERS, clean_query
from tests.memory.recall.pairs import GROUPS

QUESTION = "Which IP address did the account use for the sign-in that raised the alert?"
MANNERS = (
    "You are a careful security analyst. You have read-only access to the logs of one tenant.\n"
    + "Always quote the row that your answer rests on. Never guess a value that no row shows. " * 4
)

WANTED = {
    "From where did the account sign in? I need the address.": "For the IP address of a",
    "Device names differ between alert and inventory, how do I line them up?": "Host names are short",
    "Which links did the phishing mail carry and who sent it?": "Senders stand in EmailEvents",
    "May I take an answer when no row has both value and entity?": "Accept an answer only when",
    "How do I get values out of the Entities text of an alert?": "The Entities column of SecurityAlert",
    "My SELECT * over alerts is far too wide. What should I write?": "Never select all columns",
    "I do not know which columns this table has; what comes first?": "Describe a table before",
    "When did the user log on for the first time?": "Sort sign-ins by TimeGenerated",
    "How are unsuccessful logons filtered away?": "Exclude failed sign-ins",
    "What key identifies the same person across the tables?": "Use the UPN and not the display name",
    "Two tables both show the value, which one counts?": "Prefer AlertEvidence over SecurityAlert",
    "How does an incident point to the alerts it is made of?": "SystemAlertId of SecurityAlert is found",
    "The attacker hopped to a second machine; what do I look at there?": "For a lateral move",
    "Nothing came back from my query. What now?": "When a query returns no rows",
    "Which parent launched the malicious executable?": "The process that started the malware",
    "Should my submission explain how I found it?": "Submit only the value",
    "I tried the same table twice without any row, go on?": "Stop after two empty queries",
    "Do times in the logs need to be shifted to my zone?": "Timestamps are in UTC",
    "A folder has no hash in the evidence, how else do I find it?": "A file's SHA256 is missing",
    "What domain did the implant call home to?": "Check the RemoteUrl of DeviceNetworkEvents",
    "Is this account still active in the directory?": "Disabled accounts stay in IdentityInfo",
    "Who set up a mailbox rule that sends mail out of the company?": "Rules that forward mail",
    "The incident shows up several times, which row is current?": "Take the latest version of an incident",
    "Can I trust what the alert is called?": "Treat the title of an alert as a hint",
    "The remote address of the logon is blank, why?": "In DeviceLogonEvents, RemoteIP is empty",
    "My query says that SignInEvents does not exist.": "There is no table",
    "Which column has the machine of an alert? HostName is unknown.": "SecurityAlert has no column HostName",
    "Equality on AccountUpn gives nothing though the user is there.": "In IdentityLogonEvents",
    "Where is the command line of the process in the alert?": "For a process with its command line",
    "Was this person the victim or the culprit?": "Ask for the account that was attacked",
    "The answer only echoes the question, is that fine?": "Reject an answer that repeats",
    "How do I spot unusual destinations in the traffic?": "Group network events by remote address",
    "Domain controller and workstation disagree, whom do I believe?": "Trust the log of the domain",
    "My result is truncated, how do I see the rest?": "Increase the limit",
    "How did the intruder survive a reboot?": "Scheduled tasks are a common way",
    "How long does the bread have to wait in the fridge?": "Rest the dough",
    "In what order do I roll out schema changes and the new release?": "Run the migrations",
    "How do I make sure that a file handle is released?": "Use a context manager",
    "Where do credentials belong if not in git?": "Never store passwords",
    "Is one ticket better for both flights?": "Book the return flight",
    "A shopper wants the money back, what do I need to know?": "Ask the customer for the order number",
    "Which split do I compute the mean for scaling on?": "Normalise the features",
    "Is a release late on Friday a good idea?": "Deploy on weekday mornings",
    "When do I round sums of money?": "Round the amounts",
}
LESSONS = [group["="][0].content for group in GROUPS]

AGENT = f"""<|im_start|>system
You are Sentinel, an autonomous agent of the security operations centre. {MANNERS}

# Tools

You may call one or more functions. You are provided with function signatures within <tools></tools> tags:
<tools>
{
    json.dumps(
        [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": f"{name.replace('_', ' ')}, and return the rows as text",
                    "parameters": {
                        "type": "object",
                        "properties": {"query": {"type": "string", "description": "the statement to run"}},
                        "required": ["query"],
                    },
                },
            }
            for name in ("run_sql_query", "describe_table", "list_tables", "submit_answer")
        ],
        indent=1,
    )
}
</tools>

For each call, return a JSON object with the name and the arguments of the function.<|im_end|>
<|im_start|>user
Hello! What can you do?<|im_end|>
<|im_start|>assistant
I can query logs, describe tables and submit answers.<|im_end|>
<|im_start|>user
{{question}}<|im_end|>
<|im_start|>assistant
"""
MANUAL = """# Atlas, the investigator

You are Atlas, an assistant for people who look into incidents in large log stores.

## Environment

The logs lie in a MySQL database named `sentinel`. There are 57 tables; all have a TimeGenerated column.
Analysts of the company work in three shifts and hand incidents over in writing at 6, 14 and 22 hours.

## Rules

1. Work step by step, and write down what you learned after each step.
2. Do not run a statement that changes data.
3. Do not select more than 20 rows at a time.
4. When you are sure, submit the answer and stop.
5. If a table is empty, say so and choose another.

## Tools

- `sql(statement)`: runs a statement and returns its rows
- `describe(table)`: shows the columns of a table
- `submit(answer)`: ends the task

```python
def sql(statement: str) -> list[dict[str, object]]:
    connection = connect(database="sentinel", read_only=True)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [dict(zip(cursor.column_names, row)) for row in cursor.fetchmany(20)]

def describe(table: str) -> list[str]:
    return [row["Field"] for row in sql(f"DESCRIBE {table}")]
```

## Examples

Question: How many alerts were raised by the antivirus?
Thought: SecurityAlert has a ProductName.
Action: SELECT COUNT(*) FROM SecurityAlert WHERE ProductName = 'Antivirus'
Answer: 12

Question: Which user received the mail with the invoice?
Thought: EmailEvents has a Subject and a RecipientEmailAddress.
Action: SELECT RecipientEmailAddress FROM EmailEvents WHERE Subject LIKE '%invoice%'
Answer: the one recipient

## Output format

Respond with one action per turn. Your final answer must be one value, without quotes.

Question: {question}
"""
POLICY = (
    "You are the on-call assistant of a managed security provider; you support analysts of many customers. "
    "Your answers are read by people under stress, so keep them short and name the evidence. "
    + "You must never reveal the names of other customers. "
    "If you are unsure whether a host belongs to the customer, ask before you act. "
    "You should prefer reversible steps: isolate before you wipe, disable before you delete. "
    "Remember that the retention of raw logs is ninety days, and that older evidence needs a legal hold. "
    * 3
    + "\n\nThe customer runs a directory with two domain controllers, a mail gateway and about 900 laptops. "
    "Backups are taken at night and kept off-site, and the help desk is open on weekdays.\n\n"
    "Escalate to the duty manager when you see ransomware, when data leaves the network, or when a domain "
    "controller is involved. Do not contact the press. Do not open attachments outside of the sandbox. "
    "Before you close a case, write what happened, what was done and what is left to do.\n\n"
    "You have access to the ticket system, the log store and the mail gateway.\n{question}"
)
PROMPTS = {"agent": AGENT, "manual": MANUAL, "policy": POLICY}


EMBEDDER = PackagedMiniLm()


@cache
def vector(text: str) -> NDArray[np.float32]:
    row: NDArray[np.float32] = EMBEDDER.embed([text])[0]
    return row


@cache
def recall_at_five(kind: str, *, cleaned: bool) -> float:
    """The share of the questions whose lesson is among the five nearest by cosine."""
    template = PROMPTS.get(kind, "{question}")
    texts = [template.replace("{question}", question) for question in WANTED]
    if cleaned:
        texts = [clean_query(text) for text in texts]
    cosines = np.stack([vector(text) for text in texts]) @ np.stack([vector(text) for text in LESSONS]).T
    nearest = np.argsort(-cosines, axis=1)[:, :5]
    hits = [
        any(LESSONS[place].startswith(start) for place in row)
        for row, start in zip(nearest, WANTED.values(), strict=True)
    ]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("kind", PROMPTS)
def test_cleaning_wins_back_what_a_pasted_prompt_costs(kind: str) -> None:
    assert 1_500 < len(PROMPTS[kind]) < 6_000
    plain = recall_at_five("none", cleaned=False)
    polluted = recall_at_five(kind, cleaned=False)
    cleaned = recall_at_five(kind, cleaned=True)
    assert plain > 0.85
    assert polluted < plain - 0.4
    assert abs(cleaned - plain) <= 0.05


def test_every_wanted_lesson_is_there() -> None:
    assert len(WANTED) >= 40
    assert all(any(lesson.startswith(start) for lesson in LESSONS) for start in WANTED.values())


MESSAGES = [{"role": "system", "content": MANNERS}, {"role": "user", "content": QUESTION}]


@pytest.mark.parametrize(
    "text",
    [
        f"{MANNERS}\n\n{QUESTION}",
        f"{MANNERS}\n{QUESTION}",
        f"{MANNERS} {QUESTION}",
        f"{QUESTION}\n\n{MANNERS}",
        f"System: {MANNERS}\n\nUser: Hello\n\nAssistant: Hello, how can I help?\n\nUser: {QUESTION}",
        f"System: {MANNERS}\n\n{QUESTION}",
        f"User: Hello\n\nAssistant: How can I help?\n\n{QUESTION}",
        f"### Instruction:\n{MANNERS}\n\n### Input:\n{QUESTION}\n\n### Response:\n",
        f"<|system|>\n{MANNERS}<|end|>\n<|user|>\n{QUESTION}<|end|>\n<|assistant|>",
        f"<|start_header_id|>system<|end_header_id|>\n\n{MANNERS}<|eot_id|><|start_header_id|>user"
        f"<|end_header_id|>\n\n{QUESTION}<|eot_id|>",
        f"<s>[INST] <<SYS>>\n{MANNERS}\n<</SYS>>\n\n{QUESTION} [/INST]",
        f"<bos><start_of_turn>user\n{QUESTION}<end_of_turn>\n<start_of_turn>model\n",
        f"<system>{MANNERS}</system>\n{QUESTION}",
        f"{MANNERS}\n\n<question>\n{QUESTION}\n</question>\n\nThink first, then answer in <answer> tags.",
        f"[user] hello\n[assistant] How can I help?\n[user] {QUESTION}",
        f"<instructions>\n{MANNERS}\n</instructions>\n\n{QUESTION}",
        json.dumps(MESSAGES),
        json.dumps({"model": "any", "messages": MESSAGES}),
        json.dumps([{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]),
        f"{MANNERS}\n\nExamples:\n\nQ: Which host?\nA: one\n\nQ: Which file?\nA: one\n\nQ: {QUESTION}\nA:",
        f"{MANNERS}\n\n```sql\n{'SELECT Name FROM Jam;' * 30}\n```\n\n{QUESTION}",
        f"{QUESTION}\n\n{'Respond with JSON only. ' * 9}\n\n## Output format\n\n- `answer`: the value",
    ],
)
def test_the_question_comes_out_alone(text: str) -> None:
    assert clean_query(text) == QUESTION


@pytest.mark.parametrize(
    "text",
    [
        QUESTION,
        f"  {QUESTION}\n",
        "Question: which host?",
        "User: bob\nTool: powershell.exe\nAction: blocked\nWhich host did this come from?",
        "You are asked for the host: which one was it?",
        '{"alert": "Jam", "host": "?"}',
        "```sql\nSELECT 1\n```",
        " ",
        "?",
        "How do I use <b>tags</b> | pipes |> and [INSTALL] in a query?",
    ],
)
def test_a_short_plain_query_stays_byte_for_byte(text: str) -> None:
    assert clean_query(text) == text


def test_a_task_keeps_its_context() -> None:
    context = (
        "On the last day of the month a laptop of the finance department reached out to an address that "
        "nobody had seen before. Shortly after, a new service was installed, and the antivirus raised two "
        "alerts. Note: the laptop was off for a week. The user says that a document asked to enable macros."
    )
    task = f"{context} {QUESTION}"
    assert len(task) > PLAIN_CHARACTERS
    assert clean_query(task) == task
    assert clean_query(f"{MANNERS}\n\n{context}\n\n{QUESTION}") == f"{context}\n\n{QUESTION}"
    assert clean_query(f"Task: {QUESTION}\nInput: {context}") == f"{QUESTION}\n{context}"


def test_what_is_too_long_keeps_its_questions_and_its_end() -> None:
    story = " ".join(
        f"Then the host number {number} was seen in the log of the proxy." for number in range(60)
    )
    cleaned = clean_query(f"{QUESTION} {story} So much for now.", 400)
    assert cleaned.startswith(QUESTION)
    assert cleaned.endswith("was seen in the log of the proxy. So much for now.")
    assert 300 < len(cleaned) <= 400
    assert len(clean_query("x" * 5_000, 400)) == 400


PIECES = st.sampled_from(
    [
        *(
            "User:",
            "Assistant:",
            "System:",
            "Question:",
            "A:",
            "\n",
            "\n\n",
            " ",
            "```",
            "<tools>",
            "</tools>",
        ),
        *(
            "<|im_start|>",
            "user",
            "<|im_end|>",
            "[INST]",
            "[/INST]",
            "<<SYS>>",
            "<s>",
            "You are an agent.",
            "# A",
        ),
        *(
            "- one",
            "Which host?",
            "The host was seen.",
            "Never guess. ",
            '{"type": "x"}',
            "word " * 30,
            "?" * 9,
        ),
    ]
)
TEXTS = st.one_of(st.text(max_size=500), st.lists(PIECES, max_size=40).map("".join))


@given(TEXTS, st.sampled_from([50, 400, 1200]))
def test_cleaning_twice_changes_nothing(text: str, limit: int) -> None:
    once = clean_query(text, limit)
    assert clean_query(once, limit) == once
    assert len(once) <= min(len(text), max(limit, PLAIN_CHARACTERS))
    assert bool(once) == bool(text)


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_json_is_survived(value: object) -> None:
    assert clean_query(json.dumps([{"role": "user", "content": value}, value]))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=PLAIN_CHARACTERS))
def test_text_without_markers_is_left_alone(text: str) -> None:
    if not any(sign in text for sign in "<[{:"):
        assert clean_query(text) == text


def test_a_hostile_text_takes_no_time() -> None:
    for unit in (
        "<tools>",
        "```\n",
        "User: ",
        "a" * 7,
        '{"a":',
        "[[[[",
        "You are. ",
        "- x\n",
        "**a",
        "#\n\n",
    ):
        assert clean_query(unit * (200_000 // len(unit)))
