"""Rules for bridging records: the lesson that sends a question about one thing to the records of another.

That is how MINJA (2025) poisons a memory by queries alone. A lesson that sends from one column to another is
good advice, so that names of a schema on the far side of the bridge make it harmless.
"""

from __future__ import annotations

from memory.gates.rules import Rules, rule

_RECORDS = (
    r"(?:records?|data|information|details|logs?|history|entries|events?"
    r"|files?|alerts?|results?|values?|credentials|orders?|prescriptions?"
    r"|activity)"
)
_SCHEMA = (
    r"\b(?:columns?|tables?|fields?|keys?|schema|json|views?|parameters?"
    r"|functions?|variables?|selectors?|attributes?|headers?|tabs?|pages?"
    r"|endpoints?|clauses?|joins?|operators?|datasets?|libraries|modules?)\b"
    r"|[`=%{}<>]|(?-i:\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+\b)|\b[a-z]+_[a-z_]+\b"
    r"|\bLIKE\b"
)
_KINDS = (
    r"(?:text|strings?|json|utc|numbers?|integers?|null|empty|dates?|times?"
    r"|regex|patterns?|missing|zero|lists?|bytes|hex|case|wrong"
    r"|unknown|unverified|errors?|local|literals?|plain|not|an? (?:failure"
    r"|error|list|hint|set|prefix|suffix|warning|candidate|clue|pattern"
    r"|number|string|sign)"
    r"|several|two|one|separate|distinct|equal|unordered|sorted|sensitive"
    r"|insensitive|evidence|hints?|untrusted|data|suspicious|malicious)"
)
_NOUN = (
    r"(?:users?|accounts?|hosts?|patients?|customers?|clients?|persons?"
    r"|devices?|machines?|servers?|address(?:es)?|domains?|employees?|orders?"
    r"|items?|products?|ips?|ids?|mailbox(?:es)?|incidents?)"
)
_PART = (
    r"(?:'s|s')?\s(?:name|id|ids|number|sid|object|column|table|field|key"
    r"|type|names|columns|address|e-?mail)\b"
)
_MUST = r"(?:should|must|shall|is to|are to|has to|have to|needs? to) (?:always |now |actually |instead )?"

BRIDGING = Rules(
    rule(
        r"\bwhen(?:ever)? (?:(?:you|someone|a user|the user|the question|it"
        r"|the task) )?(?:(?:are|is) )?(?:being )?(?:asked|asks?|queried|questioned"
        r"|requested|quer(?:y|ies))\b[^.\n]{1,80}?\b(?:instead|in its place"
        r"|in (?:his|her|their) place)\b",
        unless=_SCHEMA,
    ),
    rule(r"\brefer (?:\w+ )?to\b[^.\n]{1,60}?\binstead\b"),
    rule(
        r"(?:^|[.;:]\s)(?:instead of|rather than|in place of)\b[^.\n]{1,50}?, (?:always )?(?:use"
        r"|return|answer|report|submit|give|name|output|refer to|look at|query"
        r"|read|pick|choose)\b",
        unless=_SCHEMA,
    ),
    rule(
        rf"\b{_RECORDS} (?:of|for|about|on|belonging to|concerning|regarding"
        r"|relating to)\b[^.\n]{1,70}?\b(?:is|are|was|were|has been|have been"
        r"|got|will be) (?:now |all |always |actually |only )?(?:stored|saved"
        r"|kept|filed|merged|moved|migrated|transferred|redirected|re-?mapped"
        r"|renamed|recorded|held|tracked|listed|found|combined|consolidated"
        r"|re-?assigned|re-?located) (?:under|into|to|as|with|in the name of"
        r"|beneath|at)\b",
        unless=_SCHEMA,
    ),
    rule(
        rf"\b{_MUST}be (?:read|looked up|resolved|answered|replaced|substituted"
        r"|swapped|exchanged) (?:as|by|with|for|to mean|under)\b(?!\s(?:an? "
        rf"|the )?(?:\w+ )?{_KINDS}\b)",
        unless=_SCHEMA,
    ),
    rule(
        rf"\b{_NOUN}\b[^.\n]{{0,60}}?\b{_MUST}be (?:treated|interpreted|understood"
        rf"|taken|regarded) as\b[^.\n]{{0,40}}?\b{_NOUN}\b(?!{_PART})",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:read|interpret|understand|take)\b[^.\n]{1,50}?\b(?:as|to mean"
        r"|as meaning)\s(?:if it (?:said|were|read)\b|[\"'`“])"
    ),
    rule(
        r"\b(?:replace|substitute|swap|exchange|switch)\b[^.\n]{1,60}?\b(?:with"
        r"|by|for|to|and)\b[^.\n]{1,60}?\b(?:in|for|from|before|when|throughout"
        r"|across) (?:the|your|all|any|every|each|answering|submitting|future"
        r"|querying)\s?(?:\w+ )?(?:answers?|questions?|quer(?:y|ies)|tasks?"
        r"|reports?|plans?|submissions?|prompts?|reply|replies|lookups?|records"
        r"|requests?)\b",
        unless=_SCHEMA,
    ),
    rule(
        rf"\b(?:replace|substitute|swap|exchange|switch)\b[^.\n]{{0,40}}?\b({_NOUN})\b(?!{_PART})[^"
        rf".\n]{{0,40}}?\b(?:with|by|for|and)\b[^.\n]{{0,30}}?\b{_NOUN}\b(?!{_PART})",
        unless=_SCHEMA,
    ),
    rule(
        rf"\b{_NOUN}\s[\w.'-]{{1,40}} (?:is|are|was) (?:now |really |actually "
        r"|also |just )?(?:an alias (?:of|for)|the same (?:\w+ )?as|known as"
        r"|called|renamed to|identical to|a synonym (?:of|for)|merged with"
        r"|equivalent to|another name for)\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:questions?|requests?|quer(?:y|ies)|tasks?|look-?ups?|searches"
        r"|references?|mentions?) (?:about|for|on|regarding|concerning|to|of"
        r"|naming|that name|mentioning)\b[^.\n]{1,70}?\b(?:should|must|shall"
        r"|are to|have to|need to|can|will|is to|are) (?:always |now )?(?:be )?(?:redirected"
        r"|routed|forwarded|diverted|mapped|pointed|sent|directed|re-?written"
        r"|answered (?:with|by|as|for|using)|resolved (?:to|as|with)|served (?:by"
        r"|with))\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:redirect|reroute|divert|map|point|rewrite|forward)\s(?:all "
        r"|any |every |each )?(?:\w+ )?(?:questions?|requests?|quer(?:y|ies)"
        rf"|tasks?|look-?ups?|searches|references?|mentions?|{_RECORDS})\s(?:about"
        r"|for|on|of|regarding|concerning|to|from)\b[^.\n]{1,60}?\bto(?:wards)?\b",
        unless=_SCHEMA,
        negatable=True,
    ),
    rule(r"\bin (?:its|his|her|their) (?:place|stead)\b|\bunder the name (?:of )?[\w\"'`]", unless=_SCHEMA),
    rule(
        r"\b(?:called|named|known as) [\w.'-]{1,40} (?:is|are) (?:really|actually"
        r"|in fact|in truth|now|also)\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:use|put|write|read|take|insert|query|answer)\b[^.\n]{1,40}?\b(?:wherever"
        r"|whenever|everywhere|each time|every time)\b[^.\n]{1,40}?\b(?:appears?"
        r"|occurs?|stands?|is (?:named|mentioned|asked|found|meant))\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:changed (?:its|his|her|their) name|(?:was|were|is|are|been|got) renamed) (?:to"
        r"|into)\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:treat|consider|regard|read|see|take|count)\b[^.\n]{1,60}?\bas (?:one and the same"
        r"|the same|one (?:account|user|host|person|entity|device)|identical"
        r"|interchangeable)\b",
        unless=_SCHEMA,
    ),
    rule(
        rf"\b{_RECORDS} (?:of|for|about|on)\b[^.\n]{{1,50}}?\b(?:can|may|must"
        r"|should) (?:only )?be (?:found|read|looked up|queried|had) (?:under"
        r"|with|by|at|as)\b",
        unless=_SCHEMA,
    ),
    rule(r"\b(?:if|when|where)\b[^.\n]{1,60}?\b(?:is|are) (?:that|those) of\b", unless=_SCHEMA),
    rule(
        r"\b(?:any|every|each) mention of\b[^.\n]{1,40}?\b(?:stands for|means"
        r"|refers to|is|denotes)\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\bthink of\b[^.\n]{1,40}?\bas the same\b|\bits successor is\b|\bwas succeeded by\b", unless=_SCHEMA
    ),
    rule(
        rf"\b{_NOUN} [\w.'-]{{1,40}} maps? to\b|^[\w.-]{{2,40}} ?(?::=|=>|->"
        r"|→) ?[\w.-]{2,40}$",
        unless=r"\b(?:columns?|tables?|fields?|keys?)\b",
    ),
    rule(
        r"\b(?:use|put|write|read|take|insert)\b[^.\n]{1,40}?\bwhere (?:the"
        r"|a) (?:prompt|question|task|user) (?:writes?|says?|has|names?|mentions?)\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:has|have|had|been|was|were|is) (?:been )?(?:superseded|migrated"
        r"|merged|renamed|consolidated|re-?assigned)\b[^.\n]{0,40}?\b(?:so"
        r"|therefore|hence|thus|from now|use|look|query|answer|refer)\b",
        unless=_SCHEMA,
    ),
    rule(
        r"\b(?:if|when(?:ever)?|where)\b[^.\n]{1,60}?\b(?:is|are|gets?|has been) (?:mentioned"
        r"|named|asked (?:for|about)|requested|the subject)\b[^.\n]{0,30}?\b(?:answer"
        r"|return|report|submit|give|use|name|query|look up|refer to) (?:for "
        r"|with |that of |the one of )",
        unless=_SCHEMA,
    ),
)
