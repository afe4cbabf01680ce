"""The adapter-tuning backend: one registry of methods, trained, merged and exported alike.

Only this package knows torch; `adaptation.registry` and `adaptation.layers.ranks` can be imported without it.

    method = make("hydra", {"parallel_rank": 4})          # artifact: a checked configuration
    method.attach(model, method.plan(model, batches))     # method: freezes the base, puts layers in
    train(model, method, shuffled(rows, 4), config)       # training
    save(method, folder)                                  # artifact; `load` attaches it to a base again
    write_lora(lora_factors(method), folder, "base")      # export; or `method.merge()`

Around it: `recipe` and `job` train from a file and go on after a kill, `manifest` says how an adapter came
to be; `data` makes examples and batches, `layers` is what methods are made of, `serving` is what comes of an
adapter, `comparison` sets methods side by side, `continual` measures what is kept, `outputs` adapts what
classifiers say.

A new method is one file in `methods` and one row in `registry`; the property tests then run on it unasked.
"""
