"""Several agents: groups that write apart and then talk, panels of reviewers, a supervisor, a human gate.

Read in this order: `topologies` (who hears whom), `isolation` (nobody heard anybody while ideas were
written), `positions` (votes, and how many of them gave way to the majority), `discussion` (one group at
work), `group` (the arm of these), `panel` (one criterion a reviewer), `keeping` (which version stays),
`gate` (a person may accept, edit, veto or steer), `meta_review` (what recurs in reviews), `supervisor` (the
arm of these), `arms`.

The order of work is a finding: groups that write together come to think alike (arXiv 2604.18005); groups that
write apart and then choose together do not.
"""
