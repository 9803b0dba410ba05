// The command line of `skein`.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <QUrl>

#include <optional>

namespace Skein
{

struct Options {
    QUrl server; ///< empty: that of the account that was open last, else this machine's
    QString user;
    QString dataDir; ///< empty = the platform's
    QString theme = QStringLiteral("system");
    std::optional<QSize> size;
    QString room;
    QString screenshot;
    bool quitAfterScreenshot = false;
    bool demo = false;
    bool firstPaintReport = false;
    bool report = false;
    bool compact = false;
};

struct ParsedOptions {
    Options options;
    QString error;  ///< not empty: what is wrong, for stderr; exit code 2
    QString answer; ///< not empty: help or version, for stdout; exit code 0
};

/// Never exits and touches no display, so that --help works everywhere.
[[nodiscard]] ParsedOptions parseOptions(const QStringList& arguments);

} // namespace Skein
