"""Invented words that worlds are named with."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Adela Bastien Carmen Dieter Edda Farid Gudrun Hamza Ilse Jorund Kasia Lemuel Mireille Nuno Odile "
    "Petra Quentin Rosalba Sandor Tamsin Ugo Valeska Wendell Xenia Yusuf Zelda Anselm Brigid Casimir "
    "Delphine Emeric Fiora Gideon Hedwig Ivo Jocasta Kester Lavinia Malachi Noemi"
)
LAST_NAMES = _words(
    "Ahlberg Brankovic Castellan Dunmore Eklund Farrow Grimaldi Holloway Ibarra Jankowski Kessler Lindqvist "
    "Marchetti Norbury Okafor Pelletier Quintero Rademaker Sorensen Thackeray Ullman Vandermeer Whitlock "
    "Yilmaz Zamora Ashdown Birkett Corvino Drummond Esterhazy Fairbanks Gallagher Hathaway Iversen Jessup "
    "Kowalczyk Lockhart Mortensen Nakamura Oyelaran"
)
COMPANIES = _words(
    "harborline brightfen quarryside tallowmere windhollow copperleaf stonebridge larkfield saltmarsh "
    "ironwell fernholt greywater moorgate oakhurst pinecrest rivermouth"
)
UNITS = _words("corp ops hq group int lab")
HOST_STYLES = ("{p}-{k}{n}", "{k}{n}-{p}", "{p}{k}-{n}", "{k}-{p}-{n}")
LURE_WORDS = _words("parcel invoice survey badge payroll voucher tender refund roster docket shipment permit")
SITE_WORDS = _words("cdn sync relay mirror assets portal beacon static gate feed stage edge")
TOOL_WORDS = _words("winmeta hostsvc cfgload drvscan netprobe sysaudit updhelp memview logship tskrun")
DOCUMENT_WORDS = _words("budget forecast contract minutes headcount audit pricing roadmap claims ledger")
SUBJECTS = (
    "Your {w} needs one more signature",
    "Reminder: {w} closes today",
    "New {w} waiting for you",
    "Action needed on {w} 4471",
    "Updated {w} for this quarter",
)
BENIGN_PROCESSES = (
    ("svchost.exe", "C:\\Windows\\System32", "svchost.exe -k netsvcs -p -s Schedule"),
    ("svchost.exe", "C:\\Windows\\System32", "svchost.exe -k LocalService -p"),
    ("taskhostw.exe", "C:\\Windows\\System32", "taskhostw.exe KEYROAMING"),
    ("conhost.exe", "C:\\Windows\\System32", "conhost.exe 0xffffffff -ForceV1"),
    ("msedge.exe", "C:\\Program Files (x86)\\Microsoft\\Edge\\Application", "msedge.exe --type=renderer"),
    ("OUTLOOK.EXE", "C:\\Program Files\\Microsoft Office\\root\\Office16", "OUTLOOK.EXE /recycle"),
    ("Teams.exe", "C:\\Program Files\\Teams", "Teams.exe --type=utility"),
    ("cmd.exe", "C:\\Windows\\System32", "cmd.exe /c echo health-check"),
    (
        "powershell.exe",
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0",
        "powershell.exe -File inventory.ps1",
    ),
    ("MsMpEng.exe", "C:\\Program Files\\Windows Defender", "MsMpEng.exe"),
    ("wmiprvse.exe", "C:\\Windows\\System32\\wbem", "wmiprvse.exe -Embedding"),
    ("backgroundTaskHost.exe", "C:\\Windows\\System32", "backgroundTaskHost.exe -ServerName:App.Wide"),
)
BENIGN_SITES = ("intranet", "wiki", "status", "training", "travel", "helpdesk", "news", "cafeteria")
CITIES = (
    ("Lisbon", "PT"),
    ("Tallinn", "EE"),
    ("Leeds", "GB"),
    ("Turin", "IT"),
    ("Malmo", "SE"),
    ("Ghent", "BE"),
)
