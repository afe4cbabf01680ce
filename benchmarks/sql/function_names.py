"""MySQL's function names, and what SQLite is given to call for them."""

from __future__ import annotations

FUNCTIONS = {
    **{
        name: f"my_{name.lower()}"
        for name in (
            "CONCAT", "CONCAT_WS", "LOCATE", "INSTR", "SUBSTRING_INDEX", "FIND_IN_SET", "FIELD", "ELT",
            "LEFT", "RIGHT", "LPAD", "RPAD", "REPEAT", "SPACE", "REVERSE", "LENGTH", "CHAR_LENGTH", "ASCII",
            "HEX", "UNHEX", "MD5", "SHA1", "SHA2", "CRC32", "TO_BASE64", "FROM_BASE64", "INET_ATON",
            "INET_NTOA", "STRCMP", "TRUNCATE", "CHAR", "SLEEP", "JSON_EXTRACT", "JSON_UNQUOTE",
            "JSON_CONTAINS", "JSON_SEARCH", "JSON_VALID", "JSON_LENGTH", "JSON_KEYS", "JSON_TYPE",
            "JSON_QUOTE", "REGEXP_SUBSTR", "REGEXP_INSTR", "REGEXP_REPLACE", "DATE", "TIME", "TIMESTAMPADD",
            "TIMESTAMPDIFF", "DATEDIFF", "TIMEDIFF", "DATE_FORMAT", "STR_TO_DATE", "LAST_DAY",
            "UNIX_TIMESTAMP", "FROM_UNIXTIME", "TIME_TO_SEC", "NOW",
        )
    },
    "CHARACTER_LENGTH": "my_char_length", "OCTET_LENGTH": "my_length", "SHA": "my_sha1", "ORD": "my_ascii",
    "REGEXP_LIKE": "my_regexp", "TIMESTAMP": "my_datetime", "SYSDATE": "my_now", "UTC_TIMESTAMP": "my_now",
    "LOCALTIME": "my_now", "CURRENT_TIMESTAMP": "my_now", "MID": "substr", "LTRIM": "ltrim",
    "RTRIM": "rtrim", "FLOOR": "floor", "CEIL": "ceil", "CEILING": "ceil", "POW": "pow", "POWER": "pow",
    "SQRT": "sqrt", "SIGN": "sign", "EXP": "exp", "LN": "ln", "LOG10": "log10", "LOG2": "log2",
    "ISNULL": "my_isnull", "RAND": "my_rand", "JSON_ARRAYAGG": "json_group_array",
    "JSON_OBJECT": "json_object", "JSON_ARRAY": "json_array", "JSON_OBJECTAGG": "json_group_object",
    "UUID": "my_uuid", "QUOTE": "quote",
}  # fmt: skip

PARTS = {
    "YEAR": "year", "MONTH": "month", "DAY": "day", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second",
    "MICROSECOND": "microsecond", "QUARTER": "quarter", "WEEK": "week", "WEEKDAY": "weekday",
    "DAYOFWEEK": "dayofweek", "DAYOFYEAR": "dayofyear", "DAYOFMONTH": "dayofmonth",
}  # fmt: skip
"""Functions that take one number out of a moment."""

SPELLED_DATES = {"DATE_ADD": "", "ADDDATE": "", "DATE_SUB": "-", "SUBDATE": "-"}
"""Functions that shift a moment by an interval, and the sign of the shift."""
