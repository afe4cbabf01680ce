"""Rules for what speaks to a model: instructions, role markers, templates of chats, calls of tools."""

from __future__ import annotations

from memory.gates.rules import Rules, rule

_READER = r"(?:ai|llm|language model|assistant|chat ?bot|agent|model|copilot|gpt|claude|student|teacher)s?"

_SOURCE = (
    r"(?:row|log|entry|alert|message|mail|document|page|file|line|text"
    r"|note|cell|comment|record|field|description)"
)

ROLES = Rules(
    rule(r"(?:^|\n)[ \t]*(?:system|assistant|user|developer|human|tool|ai)\s*:"),
    rule(
        r"(?:^|\n)[ \t]*[\[({<#*=-]{1,6}\s*(?:system|assistant|developer|admin"
        r"|instructions?)\b[^\n]{0,20}?[\])}>#*:=-]"
    ),
    rule(
        r"[.!?\])}\"']\s{0,3}(?:assistant|system (?:message|note|prompt|override"
        r"|notice|alert)|system|human)\s*:\s"
    ),
    rule(
        r"<\|[\w ]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|user"
        r"|advice|instructions?|s)\b[^<>\n]{0,40}>"
    ),
    rule(
        r"<(?:start|end)_of_turn>|<\|?(?:im_start|im_end|eot_id|endoftext|begin_of_text)\b"
        r"|\[(?:begin|end) of \w+\]"
    ),
    rule(r"(?:^|\n)[ \t]*#+\s*(?:system|instructions?|new task|task|response)\b"),
    rule(
        r"</?(?:tool_call|tool_response|tool_result|tool|function_calls?|function"
        r"|invoke|parameter|system-reminder"
        r"|think|thinking|scratchpad|important|context|prompt|data|observation|task|admin)\b[^<>\n]{0,60}>"
    ),
    rule(r"[\"'](?:function_call|tool_calls?|tool_use|tool_choice)[\"']\s*:"),
    rule(r"[\"']role[\"']\s*:\s*[\"'](?:system|assistant|user|developer|tool)[\"']"),
    rule(
        r"\{\s*[\"'](?:name|tool|function|action)[\"']\s*:\s*[\"']\w+[\"']\s*,\s*[\"'](?:arguments"
        r"|parameters|input|text|args)[\"']"
    ),
    rule(
        r"(?:^|\n|[.!?]\s)[ \t]*(?:final answer|observation|thought)\s*:|\baction\s*:\s*(?:\w+\["
        r"|submit|execute)"
    ),
    rule(r"(?<![\w.])submit\[|(?<![\w.])execute\[|\bsubmit\(\s*[\"']"),
)

_OLD = (
    r"(?:all|any|everything|every|previous|prior|above|earlier|preceding|foregoing|former|existing|original"
    r"|your|system|safety|initial|whatever)"
)
_TOLD = (
    r"(?:instructions?|rules?|prompts?|guidelines?|guidance|guard ?rails?"
    r"|directions?|directives?|orders|polic(?:y|ies)"
    r"|constraints?|restrictions?|said|told|before|learned|programming|training)"
)
_DROP = (
    r"(?:ignore|disregard|forget|override|overrule|overwrite|bypass|skip"
    r"|drop|discard|neglect|abandon|cancel|set aside"
    r"|pay no attention to|do not follow|don't follow|stop (?:following"
    r"|listening to|obeying)|no longer (?:follow|listen to|obey)|put aside"
    r"|throw (?:away|out))"
)
_ALWAYS = r"(?:always|never|only|now|just|simply|invariably|immediately)"
_SAY = r"(?:answer|reply|respond|output|say|print|write|submit|return|state|conclude)"

COMMANDS = Rules(
    rule(rf"\b{_DROP}\s[^.\n]{{0,30}}?\b{_OLD}\b[^.\n]{{0,30}}?\b{_TOLD}\b"),
    rule(
        rf"\b{_DROP}\s(?:the|its|your|these|those|all|any)\s(?:\w+\s)?(?:instructions"
        r"|guidance|guard ?rails?|prompt|question|task|teacher|reviewer|judge)\b(?! column"
        r"| table| field)"
    ),
    rule(
        rf"\b{_DROP}\s(?:all|any|contrary|contradicting|other)\s(?:\w+\s)?(?:evidence"
        r"|observations?|findings)\b"
    ),
    rule(
        r"\byou are now\b|\bact as (?:an?|the)\b|\bsystem prompt\b|\bpretend (?:to be"
        r"|that you)\b|\bjail ?break"
    ),
    rule(r"\b(?:developer|debug|god|admin|maintenance|unrestricted|dan) mode\b"),
    rule(
        r"\byour (?:new |real |true |only |actual )(?:role|task|goal|job|purpose"
        r"|objective|mission|instructions?)\b"
    ),
    rule(
        r"\bdo not (?:tell|reveal|mention|disclose|inform)\b|\b(?:never|don't) (?:tell"
        r"|reveal|mention|disclose)\b"
    ),
    rule(r"\b(?:new|updated|revised|real|following|hidden|secret) instructions?\b(?! column| table)"),
    rule(
        r"\b(?:follow|obey|execute|carry out|comply with|heed) (?:the|these"
        r"|this|my|all|any|every|following)\b[^.\n]{0,40}?\b(?:instructions?"
        r"|commands?|orders?|directives?|requests?)\b"
    ),
    rule(
        r"\bfrom now on\b|\bfrom this (?:point|moment) (?:on|forward)|\bfrom here on\b"
        r"|\bhenceforth\b|\bhereafter\b"
    ),
    rule(
        r"\b(?:going forward|in future|in all future (?:tasks|incidents|cases))\b[^.\n]{0,20}?\b"
        rf"(?:you|{_ALWAYS}|{_SAY})\b"
    ),
    rule(
        r"\byou (?:must|should|shall|will|have to|need to|are to|are required to"
        rf"|are obliged to|may only|can only)\s(?:\w+\s)?{_ALWAYS}\b"
    ),
    rule(
        r"\byou (?:must|shall|are required to|are obliged to|are instructed to"
        rf"|are ordered to)\s(?:\w+ )?{_SAY}\b"
    ),
    rule(
        r"(?:^|[.!?;:,]\s|\b(?:and|must|should|to|please|you|then|will)\s)(?:reply"
        r"|respond|answer) (?:only|just|solely|exclusively|simply|nothing but)\b(?! (?:after"
        r"|when|once|if|from|with (?:the|a|an|one|what|values?)\b))"
    ),
    rule(
        r"\breply (?:only|just|solely) with\b|\bonly (?:reply|respond)\b|\b(?:reply"
        r"|respond) with (?:exactly|the words?)\b"
    ),
    rule(
        r"\bnew (?:\w+ )?polic(?:y|ies)\s?[:;-]|\b(?:per|under|by|according to"
        r"|as of|following) (?:the |our )?(?:new|updated|latest|revised) (?:\w+ )?polic(?:y"
        r"|ies)"
    ),
    rule(
        r"\b(?:new|updated|revised) (?:\w+ )?polic(?:y|ies)\b[^.\n]{0,30}?\b(?:requires?"
        r"|says?|states?|demands?|is that|mandates?|orders?|applies to you"
        r"|effective)\b"
    ),
    rule(
        r"\b(?:dear|attention|hey|hello|note (?:to|for)|message (?:to|for)"
        r"|instructions? (?:to|for)|notice (?:to|for)|reminder (?:to|for))[,:]?\s(?:the "
        rf"|any |all |every |our )?(?:\w+ )?{_READER}\b"
    ),
    rule(
        r"\b(?:any|all|every|each) (?:\w+ )?(?:ai|llm|language model|assistant"
        r"|autonomous)s? (?:\w+ ){0,5}?(?:must|should|shall|are required"
        r"|is required|has to|have to|needs? to)\b"
    ),
    rule(
        rf"\bif you are an? (?:\w+ )?{_READER}\b|\bas an? (?:ai|llm|(?:large )?language model)(?: "
        r"\w+){0,2}[,:]"
    ),
    rule(rf"\b{_READER} (?:reading|processing|summari[sz]ing|parsing|analy[sz]ing|seeing) (?:this|these)\b"),
    rule(
        r"\b(?:when|if|while) (?:you (?:are )?)?(?:summari[sz]e|summari[sz]ing"
        r"|distil\w*|reading|read|learn\w*|reflect\w*)[^.\n]{0,30}?\b(?:this"
        r"|these)\b[^.\n]{0,40}?\b(?:write|store|remember|save|record|note"
        r"|add|include)\b"
    ),
    rule(
        r"\b(?:remember|memori[sz]e|store|save|write|record|keep|add|insert"
        r"|include|put) (?:this|the following|these|it|that)\b[^.\n]{0,40}?\b(?:(?:later"
        r"|other|next|coming|further) (?:tasks?|incidents?|runs?|questions?"
        r"|agents?)|memory|memories|lessons?|playbooks?|notes|pamphlets?|field manual"
        r"|knowledge base|all future|every future|future tasks|long.term)\b"
    ),
    rule(
        r"\b(?:regardless of|no matter) (?:what|which|the (?:evidence|logs?"
        r"|observations?|questions?|tasks?|results?|outcomes?|rules|data|facts"
        r"|rows))\b"
    ),
    rule(
        r"\b(?:for|to|whatever) (?:any|every|all|each|whatever|the) (?:other )?(?:question"
        rf"|task|query|incident|request)s?(?: is| are)?,? (?:you )?(?:{_ALWAYS} )?{_SAY} (?!from"
        r"|about)"
    ),
    rule(
        rf"\b{_ALWAYS} (?:reply|respond|answer|submit|conclude|return|output"
        r"|say)\s(?:with\s)?[\"'`“][^\"'`”]{1,60}[\"'`”]"
    ),
    rule(
        r"\b(?:the |correct |right |true |final |only )answer\b[^.\n]{0,30}? (?:is"
        r"|will be|must be|should be|has to be|shall be) (?:always|invariably"
        r"|in every case)\b(?! (?:seen|found|read|shown|listed|stand|in|inside"
        r"|under|within|one|single|among|near|beside|somewhere))"
    ),
    rule(
        r"\b(?:the |correct |right |true |final |only )?answer (?:always|invariably) (?:is"
        r"|equals)\b(?! (?:in|seen|found|one|a single|among|near|beside))"
    ),
    rule(
        r"\b(?:highest|top|maximum|absolute|overriding) priority\b[^.\n]{0,20}?\b(?:instruction"
        r"|order|command|directive|rule)|\bthis (?:overrides|supersedes|replaces"
        r"|takes precedence over) (?:all|any|every|previous|earlier|your|other)\b"
    ),
    rule(
        r"\b(?:overrides|supersedes|takes precedence over) (?:all|any|every"
        r"|the|your|previous|earlier)\b[^.\n]{0,30}?\b(?:rules?|instructions?"
        r"|lessons?|advice|guidance|items?)\b"
    ),
    rule(
        rf"\b{_DROP}\s(?:\w+\s){{0,3}}?what (?:the|your) \w+ (?:told|said|asked"
        r"|instructed|wants?)\b|\bstop what you are doing\b"
    ),
    rule(
        r"\b(?:instructions?|orders?|steps|commands?|text|content|directions) (?:in"
        rf"|of|from) th(?:is|ese|e following) {_SOURCE}\b"
    ),
    rule(
        r"\byour (?:instructions?|rules|guidelines|task|goal|job|orders) (?:have"
        r"|has) (?:been )?(?:changed|updated|replaced|revoked)\b"
    ),
    rule(
        r"\b(?:earlier|previous|prior|former|old|other) (?:ones|rules|instructions"
        r"|lessons|advice|items|guidance) (?:no longer|do not|don't|does not"
        r"|are void|are cancelled|cease)\b"
    ),
    rule(
        r"\b(?:answer|finish|close|end|reply to|respond to|complete) (?:every"
        r"|each|all|any) (?:\w+ )?(?:questions?|tasks?|quer(?:y|ies)|incidents?)\b[^.\n]{0,40}?\b("
        r"?:with|by saying)\b",
        unless=r"\b(?:one|a single|values?|observ\w+|evidence|exact\w*|full|complete)\b",
    ),
    rule(
        r"\b(?:asks?|orders?|tells?|requires?|instructs?|requests?|wants?|expects?"
        r"|reminds?) (?:all|any|every|each|the|you as an?) (?:\w+ )?(?:ai|llm"
        r"|language model|assistant|chat ?bot|agent|copilot)s?\b"
    ),
    rule(
        r"\b(?:print|show|output|include|repeat|reveal|list|quote) (?:the "
        r"|your |all )?(?:rules|prompt|instructions?|guidelines) (?:that )?(?:you"
        r"|of yours|given to you)\b"
    ),
    rule(
        rf"\b(?:only|just) this (?:{_SOURCE}|lesson|one|rule|advice|instruction) (?:counts?"
        r"|applies|matters|is valid|holds)\b"
    ),
    rule(
        r"\b(?:previous|earlier|prior|other|former|old) (?:lessons|rules|advice"
        r"|items|guidance|instructions) (?:was|were|is|are) (?:\w+ )?(?:wrong"
        r"|void|false|outdated|mistaken|invalid|cancelled|obsolete)\b"
    ),
    rule(
        r"\b(?:hand over|give away|give out|disclose|share) (?:the |your )(?:\w+ )?(?:prompt"
        r"|rules you|instructions you|memory|lessons)\b"
    ),
    rule(
        r"\b(?:say|answer|reply|respond) yes to (?:every|all|any|each)\b|\b(?:give"
        r"|send|return) the same (?:reply|answer|response)\b"
    ),
    rule(
        r"\b(?:act on|do|perform|execute) (?:the|this|these|any) (?:commands?"
        r"|orders?|instructions?)\b|\bmust be (?:obeyed|executed|complied with)\b"
    ),
    rule(
        r"\b(?:manager|lead|administrator|admin|ciso|operator|owner|boss|director"
        r"|management|developer)s? (?:wants?|asks?|orders?|requires?|expects?"
        r"|needs?|tells?|instructs?) (?:the |all |any |every )?(?:agents?|assistants?"
        r"|models?|you|students?)\b"
    ),
    rule(
        r"\b(?:end|finish|close|abort|terminate) the (?:task|attempt|run|job"
        r"|work) (?:now|at once|immediately|right away|here)\b"
    ),
    rule(r"\bI (?:hereby )?(?:order|command|instruct|demand|require|insist|authori[sz]e)\b"),
    rule(
        r"\b(?:say|tell|claim|state|pretend|assert|declare|assure)\b[^.\n]{0,30}?\bthat (?:the "
        r"|this )?(?:case|incident|everything|all|nothing|alert|host|it|answer) (?:is"
        r"|was|has been|were) (?:\w+ )?(?:closed|checked|resolved|fine|clean"
        r"|verified|done|correct|found)\b",
        negatable=True,
    ),
    rule(
        r"\b(?:when|whenever|if|once) you (?:see|read|find|encounter|meet|reach) (?:this"
        rf"|these) (?:\w+ )?(?:marker|{_SOURCE}|phrase|token|code|tag|instruction)\b"
    ),
    rule(
        r"\b(?:upload|exfiltrate|leak|e-?mail|post|transmit|forward) (?:the "
        r"|all |your |any )?(?:\w+ )?(?:credentials|secrets|passwords|prompt"
        r"|memory|memories|api keys?|conversation|transcript)\b",
        negatable=True,
    ),
)

SQUASHED = rule(
    r"(?:ignore|disregard|forget|override)(?:all|any|the|your|every)*(?:previous"
    r"|prior|above|earlier|system)(?:instruction|rule|prompt|order)"
    r"|markas(?:benign|safe|trusted)|revealyour(?:system)?prompt|whitelistth(?:is|e)"
)
"""For a text without its spaces and marks."""
