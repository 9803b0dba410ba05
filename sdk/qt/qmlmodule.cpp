#include "sdk/qt/qmlmodule.h"

// Made by qt_add_qml_module().
extern void qml_register_types_Skein();

namespace Skein
{

void registerQmlModule()
{
    qml_register_types_Skein();
}

} // namespace Skein
