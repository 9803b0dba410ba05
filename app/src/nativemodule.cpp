#include "app/src/nativemodule.h"

#include "app/src/iconprovider.h"
#include "app/src/refusingnetwork.h"

#include <QQmlEngine>

void qml_register_types_Skein_Native();

namespace Skein
{

namespace
{

// One for the process: an engine does not own its factory, and tests have several engines.
RefusingNetworkFactory& networkFactory()
{
    static RefusingNetworkFactory factory;
    return factory;
}

} // namespace

void registerNativeModule()
{
    static const bool once = [] {
        qml_register_types_Skein_Native();
        return true;
    }();
    static_cast<void>(once);
}

void prepareEngine(QQmlEngine& engine)
{
    engine.addImportPath(QStringLiteral("qrc:/qt/qml"));
    engine.addImageProvider(QString::fromLatin1(IconProvider::kName), new IconProvider);
    engine.setNetworkAccessManagerFactory(&networkFactory());
}

int refusedRequests()
{
    return networkFactory().refused();
}

} // namespace Skein
