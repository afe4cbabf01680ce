"""What an item is worth, from items shown and withheld at random. Pure statistics: no SQL, no I/O.

An item that would be shown is withheld with a known chance, so its uplift is the difference of two means
(`uplift`), its harm has a test that may be read after every task (`sequential`), and its worth ranks it
(`selection`). `simulate` proves the rates on items whose effect is known.
"""
