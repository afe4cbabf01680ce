"""The adapter-tuning backend: one registry of methods, trained, merged and exported alike.

Only this package knows torch; `adaptation.registry` and `adaptation.ranks` can be imported without it.

    method = make("hydra", {"parallel_rank": 4})          # artifact: a checked configuration
    method.attach(model, method.plan(model, batches))     # method: freezes the base, puts layers in
    train(model, method, shuffled(rows, 4), config)       # training
    save(method, folder)                                  # artifact; `load` attaches it to a base again
    write_lora(lora_factors(method), folder, "base")      # export; or `method.merge()`

A new method is one file in `methods` and one row in `registry`; the property tests then run on it unasked.
"""
