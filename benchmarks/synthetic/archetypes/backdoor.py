"""A document with a macro, a shell that fetches a backdoor, autostart by a run key, and a look around."""

from __future__ import annotations

from benchmarks.synthetic.names import DOCUMENT_WORDS, TOOL_WORDS
from benchmarks.synthetic.story import Story

OFFICE_FOLDER = "C:\\Program Files\\Microsoft Office\\root\\Office16"


def backdoor(story: Story) -> None:
    """Two accounts, two devices and a controller; 7 to 12 alerts."""
    world, rng = story.world, story.rng
    user, helper = world.account(), world.account()
    entry, second, controller = world.workstation(), world.workstation(), world.controller()
    server = world.ip()
    source = world.url("files")
    home = f"C:\\Users\\{user.name}\\Documents"
    document = world.file(world.file_name(DOCUMENT_WORDS, "docm"), home)
    story.alert("mal_file_mail", user, story.mail(user, None), document)
    word = story.process(
        "winword.exe", f"winword.exe /n {document.name} /o {world.hexadecimal(4)}", OFFICE_FOLDER
    )
    story.alert("office_child", entry, user, word, document, always=True)
    fetch = story.shell(f"-NoP -W Hidden -Enc {world.hexadecimal(32)}")
    story.alert("ps_download", entry, user, fetch, source, server, always=True)
    implant = world.file(world.file_name(TOOL_WORDS, "exe"), f"C:\\Users\\{user.name}\\AppData\\Roaming")
    drop = story.shell(
        f"-Command Start-BitsTransfer {world.hexadecimal(6)}; Expand-Archive {world.hexadecimal(4)}.zip"
    )
    story.alert("ps_drop", entry, drop, implant, user, always=True)
    key = story.process(
        "reg.exe", f"reg.exe add HKCU/Run /v {rng.choice(TOOL_WORDS)} /t REG_SZ /d {world.hexadecimal(6)}"
    )
    story.alert(
        "run_key", entry, key, world.file(world.file_name(TOOL_WORDS, "exe"), "C:\\ProgramData"), always=True
    )
    story.alert("asep", entry, user, story.process("reg.exe", f"reg.exe import {world.hexadecimal(6)}.reg"))
    plan = (
        f"schtasks.exe /create /sc minute /mo {rng.randrange(11, 59)} /tn \\Updates\\{world.hexadecimal(8)}"
    )
    story.alert("task", entry, story.process("schtasks.exe", plan), user, always=True)
    explore = story.process(
        "cmd.exe", f"cmd.exe /c systeminfo & net user & arp -a > {world.hexadecimal(4)}.txt"
    )
    story.alert("explore", entry, explore, world.ip())
    query = story.process(
        "adfind.exe", f"adfind.exe -f objectcategory=computer -sc {world.hexadecimal(6)}", home
    )
    story.alert("ldap", entry, query, helper, world.ip(), always=True)
    story.alert("smb_recon", controller, helper, world.ip(), always=True)
    remote = story.process("wmiprvse.exe", f"wmiprvse.exe -secured -Embedding {world.hexadecimal(4)}")
    story.alert("remote_act", second, helper, remote, server, always=True)
    story.alert("new_domain", second, world.ip(), world.url("young"), always=True)
