"""How well every installed backend does, measured where the truth is known, with pictures of the results.

One module a part (:mod:`removal`, :mod:`filling`, :mod:`enlarging`, :mod:`strokes`), all over the same
photos (:mod:`sets`). A part measures one photo at a time in whichever thread it is called; who calls it adds
the outcomes up (:mod:`part`).
"""
