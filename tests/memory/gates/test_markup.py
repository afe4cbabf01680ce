from __future__ import annotations

import pytest

from memory.gates.injection import LINK, injections


@pytest.mark.parametrize(
    "text",
    [
        "<!-- x -->",
        "<script>x</script>",
        "<IMG SRC=x>",
        "<a href='x'>y</a>",
        "<b onclick=x>",
        "<p style='color:red'>",
        "<svg/>",
        "</div>",
        "![x](y)",
        "![x][1]",
        "[x](http:y)",
        "[x](/y)",
        "[x]: /y",
        "javascript:alert(1)",
        "color: white",
        "\\href{x}{y}",
        "&lt;script&gt;x&lt;/script&gt;",
        "%3Cscript%3Ex%3C/script%3E",
    ],
)
def test_markup_is_refused(text: str) -> None:
    assert LINK in injections(f"Read this: {text}" if not text.startswith("[x]:") else text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE a < 5 AND b > 3",
        "a <b and c = 'x'",
        "Read <columns> of <table>, then <id>.",
        "json_extract(x, '$[0]') (first cell)",
        "The list [a](b) has two parts.",
        "Click the <button> with the text Save.",
        "EventData holds <Data Name='IpAddress'>.",
        "a -> b -> c",
        "H<sub>2</sub>O and <b>never</b>",
    ],
)
def test_signs_of_other_use_pass(text: str) -> None:
    assert LINK not in injections(text)
