"""Rules for markup: links, images, comments and HTML carry text past people, and fetch or send when shown."""

from __future__ import annotations

from memory.gates.rules import Rules, rule

_TAGS = (
    r"script|iframe|object|embed|applet|svg|style|meta|link|base|img|image"
    r"|video|audio|source|form|marquee|details|summary"
    r"|template|noscript|xml|math|frame|frameset|portal"
)
_CLOSING = (
    r"div|span|p|a|font|center|h[1-6]|li|ul|ol|td|tr|table|body|html|head|title|pre|button|label|textarea"
)
"""Without those that only stress or lower a word: `H<sub>2</sub>O` carries nothing past a reader."""

MARKUP = Rules(
    rule(r"<!--|-->|<!\[CDATA\[|<!DOCTYPE"),
    rule(rf"<(?:{_TAGS})(?:\s[^<>]{{0,200}})?/?>|<(?:{_TAGS})\s+\w+\s*="),
    rule(rf"</(?:{_TAGS}|{_CLOSING})\s*>"),
    rule(
        r"<\w{1,20}\s[^<>\n]{0,200}?\b(?:(?:href|src|style|on\w{3,20}|class"
        r"|srcdoc|action|formaction)\s*=|hidden\s*[=>])"
    ),
    rule(r"!\[[^\]\n]{0,200}\]\s?[(\[]"),
    rule(r"\[[^\]\n]{1,200}\]\(\s*(?:<|[a-z][a-z0-9+.-]{1,20}:|/|#|\.{1,2}/|www\.|[\w-]{1,60}\.\w)"),
    rule(r"(?:^|\n)[ \t]{0,3}\[[^\]\n]{1,100}\]:\s*\S"),
    rule(r"\b(?:javascript|vbscript|data):\s?(?:text/|[\w.]{1,40}[(=]|//|image/)"),
    rule(
        r"\b(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0"
        r"|opacity\s*:\s*0|color\s*:\s*(?:white|#fff))\b"
    ),
    rule(r"\\(?:href|url|includegraphics|input|write18|textcolor\{white\}|color\{white\}|phantom)\s?\{"),
)
