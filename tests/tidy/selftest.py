"""Plants a violation of each rule and a lawful neighbour; a rule that finds too little or too much fails here."""

import rules

# rule, path, text with a violation, text without
CASES = [
    (rules.include_arrows, "core/x.h", '#include "protocol/frames.h"', '#include "core/y.h"'),
    (rules.include_arrows, "offline/x.cpp", '#include "sdk/engine/engine.h"', '#include "protocol/frames.h"'),
    (rules.include_arrows, "server/service/x.cpp", '#include "server/net/http.h"', '#include "server/storage/storage.h"'),
    (rules.include_arrows, "sdk/engine/x.h", '#include "server/service/service.h"', '#include "offline/rows.h"'),
    (rules.include_arrows, "sdk/qt/x.h", '#include "app/src/desktop.h"', '#include "sdk/engine/engine.h"'),
    (rules.no_qt_below_the_skin, "offline/x.cpp", "#include <QString>", "#include <string>"),
    (rules.no_qt_below_the_skin, "server/net/x.cpp", "#include <QtCore/QList>", "#include <queue>"),
    (rules.sans_io, "sdk/engine/x.cpp", "#include <thread>", "#include <vector>"),
    (rules.sans_io, "server/service/x.cpp", "auto t = std::chrono::steady_clock::now();", "auto t = m_clock.now();"),
    (rules.header_guard, "core/x.h", "int a;", "#pragma once\nint a;"),
    (rules.todo_with_reason, "core/x.cpp", "// TODO mend this", "// TODO(needs Qt 6.5): mend this"),
    (rules.skip_with_reason, "tests/unit/tst_x.cpp", "GTEST_SKIP();", 'GTEST_SKIP() << "needs root to mount";'),
    (rules.no_machine_paths, "docs/x.md", "see /ro" + "ot/x", "see $HOME/x"),
    (rules.no_machine_paths, "run", "curl https://deb.deb" + "ian.org", "apt-get update"),
    (rules.no_sleeps_in_tests, "tests/unit/tst_x.cpp", "std::this_thread::sleep_for(1s);", "clock.advance(1s);"),
    (rules.qml_text_rules, "app/qml/App/X.qml", "Button {\n    text: room.name\n}", 'Button {\n    text: qsTr("Send")\n}'),
    (rules.qml_text_rules, "app/qml/App/X.qml", "Item {\n  ItemDelegate { text: model.name }\n}",
     'Item {\n  ItemDelegate { text: qsTr("All") }\n}'),
    (rules.qml_text_rules, "app/qml/App/X.qml", "Dialog {\n    title: body\n}", "PlainLabel {\n    text: body\n}"),
    (rules.qml_text_rules, "app/qml/App/X.qml", "Text {\n    textFormat: Text.RichText\n}",
     "Text {\n    textFormat: Text.PlainText\n    text: body\n}"),
    (rules.qml_text_rules, "app/qml/App/X.qml", "Text {\n    text: body\n}", "Item {\n    property string text: body\n}"),
]


def run():
    wrong = []
    for rule, path, bad, good in CASES:
        if not list(rule(path, bad)):
            wrong.append(f"{rule.__name__} does not see: {bad!r}")
        found = list(rule(path, good))
        if found:
            wrong.append(f"{rule.__name__} complains of {good!r}: {found}")
    untested = {rule.__name__ for rule in rules.ALL} - {case[0].__name__ for case in CASES}
    wrong += [f"{name} has no self-test" for name in sorted(untested)]
    return wrong
