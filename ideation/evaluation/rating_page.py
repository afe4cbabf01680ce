"""The rating sheet as one static page: no network, no answer filled in, a button that saves the CSV."""

from __future__ import annotations

import jinja2

from ideation.evaluation.rating_kit import COMMENT, LABEL, UNABLE, Sheet

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rating sheet {{ sheet.rater }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
article { border-top: 1px solid #888; padding: 1rem 0; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
fieldset { border: 0; padding: 0; margin: .8rem 0; }
label { margin-right: .8rem; white-space: nowrap; }
small { color: #555; }
textarea { width: 100%; }
</style>
</head>
<body>
<h1>Rating sheet</h1>
<p>Rate each idea by itself, on every question. Choose "cannot tell" rather than guess. Please do not discuss
the ideas before all sheets are back. The order is random and means nothing.</p>
<form id="sheet" autocomplete="off">
{% for label, idea in sheet.entries %}
<article data-label="{{ label }}">
<h2>{{ label }}. {{ idea.title }}</h2>
<p class="text">{{ idea.text }}</p>
{% for axis in sheet.axes %}
<fieldset>
<legend>{{ axis.question }}<br>
<small>{{ axis.low }} = {{ axis.low_means }}, {{ axis.high }} = {{ axis.high_means }}</small></legend>
{% for value in range(axis.low, axis.high + 1) -%}
<label><input type="radio" name="{{ label }}:{{ axis.name }}" value="{{ value }}"> {{ value }}</label>
{% endfor -%}
<label><input type="radio" name="{{ label }}:{{ axis.name }}" value="{{ unable }}"> cannot tell</label>
</fieldset>
{% endfor %}
<label for="c{{ label }}">Comment</label>
<textarea id="c{{ label }}" name="{{ label }}:{{ comment }}" rows="2"></textarea>
</article>
{% endfor %}
<p><button type="button" id="save">Save the ratings</button> <span id="left" role="status"></span></p>
</form>
<script>
const columns = {{ columns | tojson }}, file = {{ file | tojson }};
document.getElementById("save").addEventListener("click", () => {
  const form = new FormData(document.getElementById("sheet"));
  const cell = text => '"' + text.replace(/"/g, '""') + '"';
  const rows = [["{{ label_column }}", ...columns].map(cell).join(",")];
  let left = 0;
  for (const article of document.querySelectorAll("article")) {
    const label = article.dataset.label;
    const values = columns.map(name => form.get(label + ":" + name) || "");
    left += values.slice(0, -1).filter(value => value === "").length;
    rows.push([label, ...values].map(cell).join(","));
  }
  document.getElementById("left").textContent = left ? left + " questions have no answer yet" : "complete";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([rows.join("\\r\\n") + "\\r\\n"], { type: "text/csv" }));
  link.download = file;
  link.click();
});
</script>
</body>
</html>
"""


def sheet_page(sheet: Sheet) -> str:
    """The sheet as HTML; what it saves is read by `rating_returns.read_return`."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(_PAGE).render(
        sheet=sheet,
        unable=UNABLE,
        comment=COMMENT,
        label_column=LABEL,
        columns=[*(axis.name for axis in sheet.axes), COMMENT],
        file=f"ratings-{''.join(c if c.isalnum() else '-' for c in sheet.rater)}.csv",
    )
