"""The rules of the house, each a function from (path, text) to findings.

A finding is a sentence; the caller adds where it is. Rules know nothing of the disk, so selftest.py can plant a
violation of each and see it found.
"""

import re

# A folder may include only what is listed for it (docs/architecture.md). Longest prefix wins.
LAYERS = {
    "core": ["core"],
    "protocol": ["core", "protocol"],
    "offline": ["core", "protocol", "offline"],
    "sdk/engine": ["core", "protocol", "offline", "sdk/engine"],
    "sdk/qt": ["core", "protocol", "offline", "sdk/engine", "sdk/qt"],
    "sdk/include": ["core", "protocol", "offline", "sdk"],
    "app": ["core", "protocol", "offline", "sdk", "app"],
    "server/storage": ["core", "protocol", "server/storage"],
    "server/service": ["core", "protocol", "server/storage", "server/service"],
    "server/net": ["core", "protocol", "server"],
    "tools": ["core", "protocol", "offline", "sdk", "server", "tools"],
    "benchmarks": ["core", "protocol", "offline", "sdk", "server", "tools", "app", "benchmarks", "tests"],
    "tests": ["core", "protocol", "offline", "sdk", "server", "tools", "app", "tests"],
}
ROOMS = sorted({prefix.split("/")[0] for prefix in LAYERS})
QT_FREE = ("core/", "protocol/", "offline/", "sdk/engine/", "server/")

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
SYSTEM_INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>", re.M)


def layer_of(path):
    best = ""
    for prefix in LAYERS:
        if path.startswith(prefix + "/") and len(prefix) > len(best):
            best = prefix
    return best


def include_arrows(path, text):
    """An include may not go against the arrow."""
    if not path.endswith((".h", ".cpp", ".in")):
        return
    layer = layer_of(path)
    if not layer:
        return
    for name in INCLUDE.findall(text):
        if name.split("/")[0] not in ROOMS:
            continue  # generated, or beside the file
        if not any(name.startswith(allowed + "/") for allowed in LAYERS[layer]):
            yield f'includes "{name}", which {layer} may not use'


def no_qt_below_the_skin(path, text):
    """core, protocol, offline, engine and server are free of Qt."""
    if path.startswith(QT_FREE) and path.endswith((".h", ".cpp")):
        for name in SYSTEM_INCLUDE.findall(text):
            if re.match(r"Qt|Q[A-Z]", name):
                yield f"includes <{name}>: there is no Qt in here"


def sans_io(path, text):
    """The engine and the service read no clock, no chance and no socket of their own."""
    if not path.startswith(("sdk/engine/", "server/service/")) or not path.endswith((".h", ".cpp")):
        return
    for name in SYSTEM_INCLUDE.findall(text):
        if name in ("thread", "mutex", "condition_variable", "sys/socket.h") or name.startswith("boost/asio"):
            yield f"includes <{name}>: no threads and no sockets in here"
    for match in re.finditer(r"\b(system_clock|steady_clock|random_device|SystemClock|SystemRandom)\b", text):
        yield f"uses {match.group(1)}: time and chance are handed in"


def header_guard(path, text):
    if path.endswith(".h") and "#pragma once" not in text:
        yield "has no #pragma once"


TODO = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\([^)]+\): \S)")


def todo_with_reason(path, text):
    """TODO(why): what."""
    if path.startswith("tests/tidy/"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if TODO.search(line):
            yield f"line {number}: a TODO needs a reason: TODO(reason): what"


SKIP = re.compile(r"\b(GTEST_SKIP\(\)|QSKIP\(|DISABLED_|skip\()")


def skip_with_reason(path, text):
    """A test that is skipped says why on its line."""
    if not path.startswith("tests/") or path.startswith("tests/tidy/"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = SKIP.search(line)
        if found and not re.search(r'["\'][^"\']{8,}["\']', line):
            yield f"line {number}: skipped without a reason on the line"


# Written so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:wo" r"rk|ro" r"ot|far" r"m)/[\w.]")
HOSTS = re.compile("deb\\.deb" "ian\\.org|registry\\.npm" "js|packages\\.cloud\\.goo" "gle|deb\\.node" "source")


def no_machine_paths(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield f"line {number}: a path of one machine"
        if HOSTS.search(line):
            yield f"line {number}: the host of a package registry"


SLEEP = re.compile(r"\b(sleep_for|sleep_until|QThread::m?sleep|QTest::qSleep|QTest::qWait\(|usleep\()")


def no_sleeps_in_tests(path, text):
    if not path.startswith("tests/") or not path.endswith((".cpp", ".h")):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if SLEEP.search(line):
            yield f"line {number}: a test waits on a condition, never for a time"


# ---- text from other people (app.md): a stock control that shows markup fetches images and can crash ----

STOCK = (
    "Button|RoundButton|ToolButton|TabButton|CheckBox|RadioButton|Switch|ItemDelegate|MenuItem|Action|Label|ToolTip|"
    "GroupBox|Dialog|Menu|Page|CheckDelegate|RadioDelegate|SwipeDelegate|SwitchDelegate"
)
FORBIDDEN_FORMATS = re.compile(r"textFormat\s*:\s*\S*\.(RichText|MarkdownText|AutoText|StyledText)")
LITERAL = re.compile(r'^\s*(qsTr\(|qsTrId\(|"[^"<]*"\s*$)')


def qml_text_rules(path, text):
    if not path.startswith("app/qml/") or not path.endswith(".qml"):
        return
    for match in FORBIDDEN_FORMATS.finditer(text):
        yield f"textFormat {match.group(1)}: text from people is plain"
    # Which element a line belongs to: the innermost `Name {` that is open.
    stack = []
    for number, line in enumerate(text.splitlines(), 1):
        code = re.sub(r'"(\\.|[^"\\])*"', lambda m: '"' + "x" * (len(m.group(0)) - 2) + '"', line)
        code = code.split("//")[0]
        bound = re.match(r"\s*(text|title)\s*:(.*)$", line.split("//")[0])
        opened = re.match(r"\s*(?:[\w.]+\s*:\s*)?([\w.]+)\s*\{\s*(text|title)\s*:([^;}]*)", line)
        element = stack[-1] if stack else ""
        if opened:
            element, bound = opened.group(1), re.match(r"\s*(text|title)\s*:(.*)$", opened.group(2) + ":" + opened.group(3))
        if bound and re.fullmatch(rf"(?:\w+\.)?(?:{STOCK})", element) and not LITERAL.match(bound.group(2)):
            yield f"line {number}: {element}.{bound.group(1)} is bound to data; use PlainLabel inside it"
        if bound and element.split(".")[-1] in ("Text", "TextEdit") and "textFormat" not in text:
            yield f"line {number}: a Text without textFormat guesses; use PlainLabel"
        for found in re.finditer(r"([\w.]+)?\s*(\{|\})", code):
            if found.group(2) == "{":
                stack.append(found.group(1) or "")
            elif stack:
                stack.pop()


ALL = [
    include_arrows,
    no_qt_below_the_skin,
    sans_io,
    header_guard,
    todo_with_reason,
    skip_with_reason,
    no_machine_paths,
    no_sleeps_in_tests,
    qml_text_rules,
]
