"""Tuned models: training data from a run, a judge that is learned from pairs, and the way to an adapter.

Read in this order: `candidates` (an idea as data is made of it), `leakage` (what may not be exported),
`turns` (prompt and answer), `sft` and `preferences` with `creativity` (the exports), `features` and
`learned_judge` (which of two ideas is better, learned without a model) with `judge_report` (how well, on
what it has not seen), `reranked` (the arm that works without any adapter), `tuned` (train an adapter, and
the arm that writes with it), `arms`. Training itself is behind the seam in `core/adapters.py`.
"""
