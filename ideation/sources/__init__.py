"""Papers over the network: four services behind one HTTP layer that is polite and gives up in time.

Open `http.py` first, then `openalex.py`; `gathering.py` asks several sources and brings home what each said.
"""
