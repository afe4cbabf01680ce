"""What the inspector shows: pure functions from the stores to view models, without HTTP and without HTML.

A view model holds plain values, so that the same object becomes a page and a JSON document.
"""
