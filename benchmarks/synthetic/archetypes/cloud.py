"""A link in a mail, sign-ins from strange places, a copy of the directory, and cloud resources at the end."""

from __future__ import annotations

from benchmarks.synthetic.names import TOOL_WORDS
from benchmarks.synthetic.story import Story


def phish_to_cloud(story: Story) -> None:
    """Three accounts, a device and a controller; 8 to 13 alerts."""
    world, rng = story.world, story.rng
    user, admin, colleague = world.account(), world.account(), world.account()
    entry, controller = world.workstation(), world.controller()
    lure, proxy = world.url("login"), world.ip()
    message = story.mail(user, lure, clicked=True)
    story.alert("url_click", user, message, lure, always=True)
    story.alert("mal_url_mail", colleague, story.mail(colleague, lure), lure, always=True)
    story.alert("url_device", entry, user, lure, always=True)
    story.alert("proxy_url", entry, world.ip(), world.url("drop"), always=True)
    story.alert("anonymous_ip", user, proxy, always=True)
    script = story.shell(f"-File {world.file_name(TOOL_WORDS, 'ps1')} -Key {world.hexadecimal(8)}")
    story.alert(
        "ps_process", entry, user, script, world.file(world.file_name(TOOL_WORDS, "ps1"), "C:\\ProgramData")
    )
    copy = f"esentutl.exe /y /vss ntds /d {world.hexadecimal(6)}.bak"
    bag = world.file(world.file_name(TOOL_WORDS, "bak"), "C:\\Windows\\Temp")
    story.alert("ntds", controller, admin, story.process("esentutl.exe", copy), bag, always=True)
    medium = f"ntdsutil.exe ac i ntds ifm q {world.hexadecimal(6)} q q"
    story.alert("ntdsutil", controller, admin, story.process("ntdsutil.exe", medium), world.ip(), always=True)
    story.alert("dcsync", controller, entry, admin, world.ip(), always=True)
    story.alert("malicious_ip", admin, world.ip(), always=True)
    story.alert("arm_proxy", user, proxy, always=True)
    story.alert("arm_risky", admin, world.ip(), always=True)
    minutes = rng.randrange(5, 50)
    script = story.shell(f"-Command Start-Sleep {minutes}; Get-AzVM {world.hexadecimal(6)}")
    story.alert("explore", entry, admin, script)
    story.alert("oauth", user, world.ip())
