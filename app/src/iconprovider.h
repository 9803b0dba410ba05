// The app's icons, drawn from paths: sharp at every size and scale, one colour each, shared by all
// places that show the same one. Source: "image://skein/NAME/RRGGBB" or ".../AARRGGBB".
#pragma once

#include <QQuickImageProvider>
#include <QStringList>

namespace Skein
{

class IconProvider : public QQuickImageProvider
{
public:
    static constexpr const char* kName = "skein";
    IconProvider();
    QPixmap requestPixmap(const QString& id, QSize* size, const QSize& requested) override;
    /// All icons there are.
    [[nodiscard]] static QStringList names();
};

} // namespace Skein
