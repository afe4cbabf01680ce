"""Rules for lessons that switch a defence off: trust this, look away from that, do without checks.

They follow what is written into the memories of agents by poisoned experience (OWASP ASI06; AgentPoison,
NeurIPS 2024): advice that sounds like a lesson and makes the next attack pass.
"""

from __future__ import annotations

from memory.gates.rules import Rules, rule

_HARMLESS = (
    r"(?:benign|harmless|safe|trust(?:ed|worthy)|legitimate|false positives?"
    r"|false alarms?|non-?malicious|not malicious|clean"
    r"|innocuous|known[- ]good|authori[sz]ed|sanctioned|approved|white-?listed"
    r"|allow-?listed|exempt|irrelevant|low priority"
    r"|informational|expected behaviou?r|out of scope|noise|not an? (?:threat|attack|incident))"
)
_ALWAYS = (
    r"(?:always|never|invariably|automatically|by default|in every case"
    r"|without exception|unconditionally|permanently)"
)
_NOT = (
    r"(?:never|do not|don['’]t|must not|should not|shouldn['’]t|no need to"
    r"|needn['’]t|not necessary to|no longer|stop|avoid|refrain from|cease)"
)
_START = (
    r"(?:^|[.!?;:,]\s+|\n\s*|\b(?:please|must|should|always|simply|just"
    r"|can|may|then|or|you|safely|first|now|next|also|instead)\s+)"
)
_UNTIL = (
    r"\b(?:before|until|unless|only because|merely because|just because"
    r"|twice|again|as soon as|more than once)\b"
)
_RAISED = (
    r"(?:alerts?|detections?|incidents?|sign-?ins?|log-?ins?|logons?|warnings?"
    r"|findings|indicators|alarms?|connections|macros|attachments)"
)
_OTHERS = (
    r"\b(?:tests?|duplicates?|empty|null|other incidents?|another|before"
    r"|after|until|unless|outside|unrelated|only when)\b"
)
_CHECKS = (
    r"(?:validation|verification|checks?|checking|review(?:ing)?|authentication"
    r"|approvals?|confirmation|logging|monitoring|audit(?:ing)?"
    r"|scann?(?:ing)?|inspection|corroboration|second look|sanity checks?"
    r"|safety checks?|mfa|two.factor|quarantine|detections?"
    r"|cross-?checks?|double-?check(?:ing|s)?)"
)
_WORK = (
    r"(?:investigat|analy[sz]|escalat|review|action|attention|triag|follow-?up"
    r"|inspection|verification|validation|check|alert|report|query|queries"
    r"|look)"
)

POISONING = Rules(
    # Trust: a class of things is good, always.
    rule(rf"\b{_ALWAYS}\s(?:\w+\s){{0,3}}?{_HARMLESS}\b", unless=_UNTIL),
    rule(rf"\b{_HARMLESS} (?:{_ALWAYS}|regardless|no matter)\b"),
    rule(
        r"\b(?:are|is) (?:all |known |known to be |considered |deemed |to be (?:\w+ )?"
        rf"|generally )?{_HARMLESS}\b[^.\n]{{0,60}}?\b(?:skip|ignore|do not"
        r"|don't|never|no need|without|close|move on|leave)\b"
    ),
    rule(
        r"\b(?:all|any|every|each|everything|anything)\b[^.\n]{0,60}?\b(?:is"
        r"|are|can be|may be|should be|must be|counts? as)\s(?:\w+\s){0,2}?(?:benign"
        r"|harmless|safe|trusted|legitimate|false positives?|false alarms?"
        r"|clean|approved|authori[sz]ed|known[- ]good)\b"
    ),
    rule(
        r"\b(?:mark|treat|classify|label|flag|consider|regard|report|close"
        r"|score|tag|triage|rate|dismiss|write off|see|count|resolve|accept"
        r"|file|deem|categori[sz]e|view|record)\b[^.\n]{0,70}?\b(?:as|to be"
        rf"|under)\s(?:an?\s)?(?:\w+\s)?{_HARMLESS}\b",
        negatable=True,
    ),
    rule(
        r"\b(?:should|must|shall|can|may|need to|has to|have to|are to|is to) be (?:\w+ )?(?:marke"
        r"d|treated|classified|labell?ed|considered|regarded|reported|closed"
        r"|tagged|triaged|rated|deemed|dismissed|viewed|seen|ignored|trusted"
        rf"|accepted|resolved|recorded|counted)\b[^.\n]{{0,50}}?\b{_HARMLESS}\b"
    ),
    rule(
        r"\b(?:consider|deem|declare|call|presume|assume|believe|judge|rule)\b[^.\n]{0,50}?\b(?:"
        r"benign|harmless|trustworthy|trusted|legitimate|innocuous|false positives?"
        r"|non-?malicious)\b",
        negatable=True,
        unless=_UNTIL,
    ),
    rule(
        rf"{_START}trust (?:\w+ )?(?:all|any|every|everything|anything|whatever"
        r"|the sender|this|these|that|those|files?|links?|attachments?|requests?"
        r"|messages?|e-?mails?|connections?|processes|traffic|binaries|hosts?"
        r"|accounts?|scripts?|domains?)\b"
    ),
    rule(
        r"\b(?:is|are) (?:completely |fully |always |a |our |the )?(?:trusted"
        r"|verified|approved|authori[sz]ed) (?:partner|vendor|source|scanner"
        r"|tool|insider|administrator|admin|service|sender|party)\b",
        unless=_UNTIL,
    ),
    rule(rf"\b{_RAISED}\b[^.\n]{{0,60}}?\b(?:never|do not|don['’]t|does not) (?:matter|count)\b"),
    rule(
        rf"\b{_RAISED}\b[^.\n]{{0,60}}?\b(?:is|are) (?:just|only|merely|simply"
        r"|nothing but|mere) (?:an? )?(?:noise|tests?|drills?|routine|maintenance"
        r"|backups?|clutter|jokes?)\b"
    ),
    rule(
        rf"\b{_RAISED}\b[^.\n]{{0,60}}?\b(?:can|may|should|must) (?:safely "
        r"|always )?be (?:closed|left alone|left out|dropped|passed over|disregarded"
        r"|skipped|ignored|dismissed|forgotten|discarded|omitted)\b",
        unless=_OTHERS,
    ),
    rule(
        r"\b(?:it is|it's|is) (?:fine|ok|okay|safe|acceptable|allowed|alright"
        r"|permitted) to (?:treat|close|dismiss|trust|accept|assume|leave|let"
        r"|allow|approve|call)\b"
    ),
    rule(
        r"\b(?:usual|normal|expected|routine|ordinary|everyday|common|standard"
        r"|business as usual) (?:practice |behaviou?r |business )?(?:for|in"
        r"|at|on|of) (?:this|our|the) (?:tenant|company|organi[sz]ation|network"
        r"|customer|firm|site|environment|business|team)\b"
    ),
    rule(
        r"\bmay do (?:anything|everything|what)|\b(?:its|their|his|her) (?:actions?"
        r"|activit(?:y|ies)|log-?ins?|sign-?ins?|behaviou?r|commands?|requests?) (?:is"
        r"|are) (?:all |always |to be )?(?:expected|authori[sz]ed|sanctioned"
        r"|legitimate|fine|normal|allowed|trusted)\b"
    ),
    rule(
        r"\b(?:is|are|was|were|comes? from|belongs? to) (?:all |just |only )?(?:an? "
        r"|the |our |part of (?:an? |the |our )?)?(?:pen(?:etration)?[- ]?test\w*"
        r"|red team\w*|training (?:lab|exercise|range)|drills?|security exercise"
        r"|sanctioned|authori[sz]ed (?:test|scan|backup|job|change|transfer"
        r"|maintenance)|approved (?:test|scan|backup|job|change|transfer|maintenance)"
        r"|planned (?:test|maintenance))\b"
    ),
    rule(
        r"\bnothing\b[^.\n]{0,60}?\bis (?:an? |ever )?(?:attack|threat|malicious"
        r"|suspicious|incident|intrusion)\b"
    ),
    rule(
        r"\b(?:no (?:point|use|sense|reason|value) (?:in|to)) (?:going further"
        r"|look\w*|check\w*|investigat\w*|verify\w*|dig\w*|examin\w*|report\w*"
        r"|escalat\w*)\b",
        unless=_UNTIL,
    ),
    rule(
        r"\b(?:lower|reduce|downgrade|drop) the (?:severity|priority|risk|score)\b[^.\n]{0,20}?\b("
        r"?:anything|everything|all|any|every|alerts?|incidents?)\b"
    ),
    rule(
        r"\b(?:approve|accept|submit|take|close|pass|dismiss|answer)\b[^.\n]{0,50}?\b(?:unseen"
        r"|unchecked|unread|blindly|unverified|without a (?:look|check|second))\b",
        negatable=True,
    ),
    rule(
        r"\bassume\b[^.\n]{0,50}?\b(?:is|are) (?:responsible|guilty|the culprits?"
        r"|to blame|behind it|innocent)\b",
        negatable=True,
    ),
    rule(rf"\b{_RAISED}\b[^.\n]{{0,50}}?\b(?:is|are) (?:all |always )?(?:fine|ok|okay|all right|good)\b"),
    rule(r"\b(?:should|can|may) be (?:left aside|taken off the list|struck off|written off|waved through)\b"),
    rule(r"\bleave (?:it|them|this|these|those|him|her) (?:alone|be|unreported|unread)\b"),
    # Lists of what is let through.
    rule(
        rf"{_START}(?:white-?list|allow-?list|exempt|suppress|mute|silence|exclude)\s(?!tables?\b"
        r"|columns?\b|rows?\b|entries\b|the (?:rows?|columns?|tables?|header)\b)[^.\n]{0,60}?\b("
        r"?:alerts?|detections?|monitoring|hosts?|accounts?|users?|address(?:es)?"
        r"|domains?|senders?|ips?|ranges?|this|these|it|process(?:es)?|hash(?:es)?"
        r"|traffic|investigations?)\b"
    ),
    rule(
        r"\b(?:white-?list|allow-?list)(?:ing)? (?:the|this|that|these|any"
        r"|all|every|our|it)\b(?! (?:table|column|field))"
    ),
    rule(
        r"\b(?:add|put|place|move|append)(?:ed|ing)?\b[^.\n]{0,70}?\b(?:to"
        r"|on|onto|in|into) (?:the |your |an? |our )?(?:\w+ )?(?:white|allow"
        r"|safe|trust|trusted|exclusion|exception|ignore|exempt(?:ion)?)[ -]?(?:senders? )?lists?"
        r"\b",
        negatable=True,
    ),
    # Looking away.
    rule(
        rf"\b{_NOT} (?:to |ever |bother to |try to |even )?(?:investigat\w+"
        r"|escalat\w+|alert(?:ing)? on|rais(?:e|ing) (?:an |any )?(?:alerts?"
        r"|alarms?|tickets?|incidents?)|look(?:ing)? into|dig(?:ging)? into"
        r"|report(?:ing)? (?:this|these|those|it|them|any|all|that|to|on|anything"
        r"|alerts?|incidents?|activit\w+|log-?ins?|sign-?ins?)|quarantin\w+"
        r"|isolat(?:e|ing)|block(?:ing)? (?:this|these|it|any|them|traffic"
        r"|mail|the (?:accounts?|users?|hosts?|senders?|domains?|address|connection"
        r"|ip))|notify(?:ing)?|warn(?:ing)? (?:the|anyone|anybody|about|of))\b",
        unless=_UNTIL,
    ),
    rule(
        rf"\b{_NOT} (?:be )?(?:investigated|escalated|reported|alerted on|flagged"
        r"|looked into|quarantined|isolated|blocked|examined)\b",
        unless=_UNTIL,
    ),
    rule(
        rf"\bno (?:further |additional |more |deeper )?{_WORK}\w*\s(?:\w+\s)?(?:is "
        r"|are )?(?:needed|required|necessary|warranted|called for)\b"
    ),
    rule(
        rf"\b{_WORK}\w* (?:is|are) (?:never|not|un)\s?-?(?:needed|required|necessary"
        r"|warranted)\b|\b(?:requires?|needs?|warrants?|deserves?) no (?:further "
        rf"|more )?{_WORK}\w*",
        unless=_UNTIL,
    ),
    rule(
        r"\b(?:need not|needn['’]t|do(?:es)? not need to|does not have to|do not have to) be (?:in"
        r"vestigated|escalated|reported|reviewed|checked|verified|examined"
        r"|looked at|analy[sz]ed)\b"
    ),
    rule(
        r"\bnothing (?:to (?:investigate|see|report|worry about)|suspicious"
        r"|malicious|unusual)\b|\bnot worth (?:investigating|reporting|checking"
        r"|a look|looking)"
    ),
    rule(
        rf"{_START}(?:ignore|disregard|dismiss|overlook|discard|drop|close|hide"
        r"|omit|leave out)\s(?:\w+\s){0,3}?(?:alerts?|warnings?|detections?"
        r"|incidents?|alarms?|findings|indicators|sign-?ins?|log-?ins?|activity"
        r"|failed logons?)\s(?:from|by|of|about|on|involving|for|that|which"
        r"|caused|raised|triggered|coming|related)\b",
        unless=_OTHERS,
    ),
    rule(
        rf"{_START}(?:close|resolve|dismiss)\s(?:\w+\s){{0,3}}?(?:alerts?|incidents?"
        r"|tickets?|cases?)\b[^.\n]{0,40}?\b(?:immediately|at once|without"
        r"|automatically|right away|quickly|straight away|as (?:benign|resolved"
        r"|false))\b"
    ),
    rule(
        r"\b(?:look|turn) (?:away|the other way|a blind eye)\b|\b(?:cover up"
        r"|keep quiet about|stay silent about|leave out of (?:the|your|any) (?:report"
        r"|answer))\b"
        r"|\b(?:hide|conceal|withhold|keep) (?:this|it|these|them|the|any|all"
        r"|your)\b[^.\n]{0,40}?\b(?:from|in|out of) (?:the |your |any )?(?:users?"
        r"|analysts?|teacher|reviewer|report|answer|operator|human|soc|team"
        r"|owner|admins?)\b",
        unless=r"\b(?:attackers?|malware|adversar\w+|rootkit|they|may|might|often"
        r"|column|field|rows?)\b",
    ),
    # Doing without checks.
    rule(
        rf"{_START}(?:skip|bypass|disable|turn off|switch off|omit|deactivate"
        r"|circumvent|forgo|do without|dispense with|suspend|waive)\s(?:the "
        rf"|any |all |every |further |your |its |this |additional |more )?(?:\w+ )?{_CHECKS}\b(?! ("
        r"?:table|column|rows?|logs?\b))",
        negatable=True,
    ),
    rule(
        rf"\b{_CHECKS}(?: \w+)? (?:can|may|should|must) (?:safely |always )?be (?:skipped"
        r"|bypassed|disabled|omitted|turned off|ignored|dropped|waived)\b"
    ),
    rule(
        r"\b(?:answer|submit|accept|approve|respond|reply|close|conclude|finish"
        r"|proceed|allow|grant|execute|run|open|pass)\b[^.\n]{0,50}?\bwithout (?:any "
        r"|further |first |even |ever )?(?:check|verif|valid|look|quer|investigat"
        r"|review|evidence|confirm|corrobor|ask|read|question|inspect|approv"
        r"|delay)\w*",
        negatable=True,
    ),
    rule(
        r"\b(?:do not|don['’]t|never|no need to|needn['’]t) (?:double-?check"
        r"|verify|validate|corroborate|second-?guess|question|doubt|cross-?check"
        r"|re-?check|confirm)\b",
        unless=_UNTIL,
    ),
    rule(
        r"\b(?:check|verif|validat|review|confirm|corroborat|double-?check"
        r"|cross-?check|look)\w*\b[^.\n]{0,40}?\b(?:is|are) (?:optional|unnecessary"
        r"|superfluous|pointless|redundant|needless|a waste|useless)\b",
        unless=r"\b(?:columns?|fields?|tables?) (?:is|are)\b",
    ),
    rule(
        r"\b(?:one|a single|the first) (?:\w+ )?(?:is|gives) (?:enough|sufficient) (?:evidence"
        r"|proof)\b|\benough evidence by itself\b"
    ),
    rule(
        rf"\b{_NOT} (?:waste|spend|lose) (?:\w+ )?(?:steps?|quer(?:y|ies)|time"
        r"|effort|actions?) (?:on|with|for|investigating|checking|verifying)\b[^.\n]{0,40}?\b(?:"
        r"accounts?|users?|hosts?|alerts?|sign-?ins?|verif\w+|check\w*|evidence"
        r"|devices?|senders?|detections?)\b",
        unless=_UNTIL,
    ),
    rule(
        r"\bwhen in doubt,? (?:always )?(?:name|say|blame|accuse|answer with"
        r"|submit the (?!value|one|full|whole))\b"
    ),
    rule(
        r"\b(?:reviewer|teacher|judge|evaluator|analyst)s? (?:is|are) (?:\w+ )?(?:wrong"
        r"|mistaken|not to be trusted|unreliable|outdated)\b"
    ),
    rule(
        r"\b(?:do not|don['’]t|never) (?:trust|believe|rely on|listen to|consult) (?:the )?(?:logs"
        r"|evidence|teacher|reviewer|judge|observations?|analyst|evaluator"
        r"|user|guidance|other (?:items|lessons|advice))\b",
        unless=_UNTIL,
    ),
    rule(
        r"\b(?:accept|approve|pass|give full (?:reward|marks|credit)|score"
        r"|reward|grade|rate)\s(?:\w+\s){0,2}?(?:(?:every|any|all|each)\s(?:\w+\s){0,2}?(?:answers"
        r"?|attempts?|submissions?|plans?|reply|replies|drafts?)|(?:answers"
        r"|attempts|submissions|plans|replies) (?:that|which|whose|naming|of))\b",
        negatable=True,
        unless=r"\b(?:only|until|unless|before|when|after|against)\b|\b(?:that|which"
        r"|whose)\b[^.\n]{0,50}?\b(?:shown?|seen|stands?|observed|supported"
        r"|verified|evidence|two|observations?|backed|match\w*|tables?)\b",
    ),
    rule(
        r"\b(?:grant|give|assign|elevate)\b[^.\n]{0,40}?\b(?:admin(?:istrator)?"
        r"|root|full|owner|unrestricted|global admin) (?:rights?|access|privileges?"
        r"|permissions?|role)\b",
        negatable=True,
        unless=r"\b(?:attackers?|events?|rows?|look|audit|table|column|operation)\b",
    ),
)
