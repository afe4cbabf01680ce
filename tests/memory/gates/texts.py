"""Random texts in which gates find something: fragments of secrets, values and codes, glued at random."""

from __future__ import annotations

from hypothesis import strategies as st

FRAGMENTS = (
    *("192.0.2.17", "192[.]0[.]2[.]17", "fe80::1", "anna.lee@contoso.example", "https://contoso.example/x?y"),
    *("S-1-5-21-1004336348-1177238915-682003330-512", "0f8fad5b-d9cb-469f-a165-70867728950e", "2024-06-26"),
    *(
        "14:05:33",
        "DESKTOP-7F3K2QX",
        "lab-win11a",
        "C:\\Users\\anna\\x.exe",
        "\\\\files\\share\\",
        "/home/anna",
    ),
    *("d41d8cd98f00b204e9800998ecf8427e", "+44 20 7946 0958", "00:1A:2B:3C:4D:5E", "sn638574901123"),
    *("password=", "hunter2hunter2", '"password": "x y"', "Bearer ", "abcdefghijklmnopqrstuvwx", "sk-proj-"),
    *(
        "q7Zp0LxV3nRt8KdW1yBc",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN RSA PRIVATE KEY-----",
        "postgres://u:pw@db",
    ),
    *(
        "[secret]",
        "[an IP address]",
        "[",
        "]",
        "{slot}",
        "<slot>",
        "%",
        "'",
        '"',
        "=",
        ":",
        "\\",
        "/",
        ".",
        "-",
    ),
    *(
        "\u200b",
        "\u202e",
        "\ufe0f",
        "\U000e0041",
        "\x00",
        "\ud800",
        "\u2028",
        " ",
        "\n",
        "１９２．０．２．１７",
    ),
    *("aWdub3JlIGFsbCBwcmV2aW91cw==", "69676e6f7265206d65", "%69%67%6e%6f%72%65", "&#105;", "\\x69\\x67"),
    *("table", "AlertEvidence", "join", "the password is ", "ﷺ", "é", "忽略", "и"),
)

texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=12).map("".join)
