// Qt Quick Test with our modules, the fake timeline, the naughty strings and a network that counts.

#include "app/src/nativemodule.h"
#include "sdk/qt/qmlmodule.h"
#include "tests/qml/fakeaccount.h"
#include "tests/qml/fakeaccounts.h"
#include "tests/qml/faketimeline.h"
#include "tests/qml/fixture.h"

#include <QQmlEngine>
#include <QQuickStyle>
#include <QtQuickTest>

class Setup : public QObject
{
    Q_OBJECT

public Q_SLOTS:
    void applicationAvailable()
    {
        QQuickStyle::setStyle(QStringLiteral("Basic"));
        Skein::registerNativeModule();
        Skein::registerQmlModule();
        qmlRegisterType<Skein::FakeTimeline>("Skein.Fakes", 1, 0, "FakeTimeline");
        qmlRegisterType<Skein::FakeAccount>("Skein.Fakes", 1, 0, "FakeAccount");
        qmlRegisterType<Skein::FakeAccounts>("Skein.Fakes", 1, 0, "FakeAccounts");
        qmlRegisterSingletonType<Skein::Fixture>(
            "Skein.Fakes", 1, 0, "Fixture",
            [](QQmlEngine*, QJSEngine*) -> QObject* { return new Skein::Fixture; });
    }
    void qmlEngineAvailable(QQmlEngine* engine) { Skein::prepareEngine(*engine); }
};

QUICK_TEST_MAIN_WITH_SETUP(skein_qml, Setup)

#include "main.moc"
