#include "app/src/iconprovider.h"

#include <QColor>
#include <QHash>
#include <QPainter>
#include <QPainterPath>
#include <QPixmap>

namespace Skein
{

namespace
{

// 24 × 24 grid. "M x y", "L x y", "C x1 y1 x2 y2 x y", "Z", "O cx cy r" (a circle); a leading "F"
// fills instead of stroking.
const QHash<QString, const char*>& drawings()
{
    static const QHash<QString, const char*> table = {
        {"check", "M 5 12.5 L 10 17.5 L 19.5 7"},
        {"checks", "M 1.5 12.5 L 6.5 17.5 L 15.5 7 M 11.5 16.5 L 12.5 17.5 L 22 7"},
        {"clock", "O 12 12 8.5 M 12 7 L 12 12.3 L 15.2 14.2"},
        {"alert", "O 12 12 8.5 M 12 7.5 L 12 13 M 12 16.2 L 12 16.4"},
        {"send", "F M 3.6 20.4 L 21.5 12 L 3.6 3.6 L 3.6 10 L 14.5 12 L 3.6 14 Z"},
        {"back", "M 14.5 5 L 7.5 12 L 14.5 19"},
        {"down", "M 5.5 9 L 12 15.5 L 18.5 9"},
        {"search", "O 10.8 10.8 6.3 M 15.5 15.5 L 20.5 20.5"},
        {"plus", "M 12 5 L 12 19 M 5 12 L 19 12"},
        {"close", "M 6 6 L 18 18 M 18 6 L 6 18"},
        {"reply", "M 9.5 5.5 L 4 11 L 9.5 16.5 M 4.3 11 L 13 11 C 17.5 11 20 13.5 20 18.5"},
        {"edit", "M 4.5 19.5 L 5.5 15 L 15.8 4.7 L 19.3 8.2 L 9 18.5 Z M 13.3 7.2 L 16.8 10.7"},
        {"trash",
         "M 4.5 6.8 L 19.5 6.8 M 9 6.5 L 9.6 4 L 14.4 4 L 15 6.5 M 6.3 7 L 7.2 20 L 16.8 20 "
         "L 17.7 7 M 10.2 10.5 L 10.2 16.5 M 13.8 10.5 L 13.8 16.5"},
        {"copy", "M 9 9 L 19.5 9 L 19.5 20 L 9 20 Z M 15 5.5 L 15 4 L 4.5 4 L 4.5 15 L 6 15"},
        {"retry",
         "M 19.5 12 C 19.5 16.1 16.1 19.5 12 19.5 C 7.9 19.5 4.5 16.1 4.5 12 C 4.5 7.9 7.9 "
         "4.5 12 4.5 C 14.8 4.5 17 5.8 18.8 8 M 19.2 3.8 L 19.2 8.4 L 14.6 8.4"},
        {"more", "F O 12 5 1.8 O 12 12 1.8 O 12 19 1.8"},
        {"link",
         "M 10 14 L 14 10 M 11 7 L 13.2 4.8 C 17 1.5 22.5 7 19.2 10.8 L 17 13 M 13 17 L 10.8 "
         "19.2 C 7 22.5 1.5 17 4.8 13.2 L 7 11"},
        {"people", "O 9 8 3.5 M 2.5 19.5 C 2.8 12.8 15.2 12.8 15.5 19.5 M 15.2 4.8 C 19.4 4.6 19.4 "
                   "11.4 15.2 11.2 M 17.5 14 C 20 14.8 21.3 16.8 21.5 19.5"},
        {"person", "O 12 8 4 M 4.5 20 C 5 12.5 19 12.5 19.5 20"},
        {"offline",
         "M 4 4 L 20 20 M 2.5 9.5 C 4 8.2 5.5 7.2 7.2 6.6 M 11 5.6 C 15 5.5 18.5 6.8 21.5 "
         "9.5 M 6 13.3 C 7 12.4 8.2 11.7 9.5 11.2 M 14.5 11.4 C 15.9 11.9 17 12.5 18 13.3 "
         "M 12 18.3 L 12 18.5"},
        {"exit",
         "M 14 4.5 L 5 4.5 L 5 19.5 L 14 19.5 M 10 12 L 20.5 12 M 16.5 8 L 20.5 12 L 16.5 16"},
        {"sun",
         "O 12 12 4 M 12 2.5 L 12 4.5 M 12 19.5 L 12 21.5 M 2.5 12 L 4.5 12 M 19.5 12 L 21.5 12 "
         "M 5.3 5.3 L 6.7 6.7 M 17.3 17.3 L 18.7 18.7 M 5.3 18.7 L 6.7 17.3 M 17.3 6.7 L 18.7 5.3"},
        {"moon",
         "M 20 14.5 C 14 17 7 10 9.5 4 C 6 5.2 4 8.5 4 12 C 4 16.4 7.6 20 12 20 C 15.5 20 18.8 "
         "18 20 14.5 Z"},
        {"compose",
         "M 11.5 5 L 5 5 L 5 19 L 19 19 L 19 12.5 M 10 14 L 10.8 10.8 L 18 3.6 L 20.4 6 L "
         "13.2 13.2 Z"},
        {"chat", "M 4 5 L 20 5 L 20 16.5 L 11 16.5 L 6.5 20.5 L 6.5 16.5 L 4 16.5 Z"},
        {"panel", "M 4 5 L 20 5 L 20 19 L 4 19 Z M 14.5 5 L 14.5 19"},
        {"pulse", "M 2.5 12 L 7 12 L 9.5 5 L 14 19 L 16.5 12 L 21.5 12"},
        {"muted",
         "M 4 9.5 L 8 9.5 L 12.5 5.5 L 12.5 18.5 L 8 14.5 L 4 14.5 Z M 16 9.5 L 21 14.5 M 21 "
         "9.5 L 16 14.5"},
        {"lock",
         "M 5.5 11 L 18.5 11 L 18.5 20 L 5.5 20 Z M 8.5 10.8 L 8.5 8 C 8.5 3.3 15.5 3.3 15.5 8 "
         "L 15.5 10.8"},
    };
    return table;
}

QPainterPath parse(const char* text, bool& fill)
{
    QPainterPath path;
    const QStringList words = QString::fromLatin1(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    qsizetype i = 0;
    const auto next = [&] { return i < words.size() ? words[i++].toDouble() : 0.0; };
    const auto point = [&] {
        const double x = next();
        return QPointF(x, next());
    };
    while (i < words.size()) {
        const QString command = words[i++];
        if (command == QLatin1String("F")) {
            fill = true;
        } else if (command == QLatin1String("M")) {
            path.moveTo(point());
        } else if (command == QLatin1String("L")) {
            path.lineTo(point());
        } else if (command == QLatin1String("C")) {
            const QPointF a = point();
            const QPointF b = point();
            path.cubicTo(a, b, point());
        } else if (command == QLatin1String("O")) {
            const QPointF centre = point();
            const double radius = next();
            path.addEllipse(centre, radius, radius);
        } else if (command == QLatin1String("Z")) {
            path.closeSubpath();
        }
    }
    return path;
}

} // namespace

IconProvider::IconProvider()
    : QQuickImageProvider(QQuickImageProvider::Pixmap)
{
}

QStringList IconProvider::names()
{
    return drawings().keys();
}

QPixmap IconProvider::requestPixmap(const QString& id, QSize* size, const QSize& requested)
{
    const QString name = id.section(QLatin1Char('/'), 0, 0);
    const QColor colour(QLatin1Char('#') + id.section(QLatin1Char('/'), 1, 1));
    const QSize pixels = requested.isValid() && !requested.isEmpty() ? requested : QSize(24, 24);
    QPixmap pixmap(pixels);
    pixmap.fill(Qt::transparent);
    if (size)
        *size = pixels;
    const auto found = drawings().constFind(name);
    if (found == drawings().constEnd())
        return pixmap;
    bool fill = false;
    const QPainterPath path = parse(*found, fill);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(pixels.width() / 24.0, pixels.height() / 24.0);
    if (fill)
        painter.fillPath(path, colour);
    else
        painter.strokePath(path, QPen(colour, 1.9, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    return pixmap;
}

} // namespace Skein
