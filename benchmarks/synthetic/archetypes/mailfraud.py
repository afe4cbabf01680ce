"""One password tried on many accounts, a mailbox taken over, a hiding rule, and messages about payments."""

from __future__ import annotations

from benchmarks.synthetic.story import Story


def spray_to_mail_fraud(story: Story) -> None:
    """Three accounts and no device of their own; 7 to 11 alerts."""
    world = story.world
    victim, colleague, third = world.account(), world.account(), world.account()
    attacker, proxy = world.ip(), world.ip()
    story.alert("spray", victim, attacker, always=True)
    story.alert("spray_xdr", victim, attacker)
    story.alert("malicious_ip", third, world.ip(), always=True)
    story.alert("anonymous_ip", victim, proxy, always=True)
    story.alert("travel", third, world.ip(), proxy)
    story.alert("inbox_rule", victim, proxy, always=True)
    lure = world.url("pay")
    message = story.mail(colleague, lure, clicked=True, sender=victim.upn)
    story.alert("bec_mails", victim, message, world.ip(), always=True)
    story.alert("mal_url_mail", colleague, message, lure, always=True)
    story.alert("zap_click", colleague, message, lure, world.workstation(), always=True)
    story.alert("mass_download", colleague, world.ip(), always=True)
    story.alert("bec", victim, third, world.ip(), always=True)
