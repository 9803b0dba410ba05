// The Georgian translation is complete: every string of ours, and every text that the SDK and the
// error codes may show.
#include "core/error.h"

#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QFile>
#include <QTranslator>
#include <QXmlStreamReader>

namespace
{

const QString kSource = QStringLiteral(SKEIN_TS_FILE);
const QString kCompiled = QStringLiteral(SKEIN_QM_FILE);

bool hasGeorgian(const QString& text)
{
    for (const QChar c : text)
        if (c.unicode() >= 0x10d0 && c.unicode() <= 0x10ff)
            return true;
    return false;
}

} // namespace

TEST(Translations, everyStringIsTranslatedToGeorgian)
{
    QFile file(kSource);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    QXmlStreamReader xml(&file);
    int messages = 0;
    QString source;
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement())
            continue;
        if (xml.name() == QLatin1String("source")) {
            source = xml.readElementText();
            ++messages;
        } else if (xml.name() == QLatin1String("translation")) {
            EXPECT_FALSE(xml.attributes().hasAttribute(QStringLiteral("type")))
                << source.toStdString();
            const QString text = xml.readElementText(QXmlStreamReader::IncludeChildElements);
            EXPECT_FALSE(text.trimmed().isEmpty()) << source.toStdString();
        }
    }
    EXPECT_FALSE(xml.hasError());
    EXPECT_GT(messages, 120);
}

TEST(Translations, everyErrorHasAGeorgianText)
{
    QTranslator translator;
    ASSERT_TRUE(translator.load(kCompiled));
    for (const skein::ErrorCode code : skein::allErrorCodes()) {
        const std::string text(skein::userText(code));
        EXPECT_TRUE(hasGeorgian(translator.translate("SkeinErrors", text.c_str()))) << text;
    }
    EXPECT_TRUE(hasGeorgian(translator.translate("Skein", "Waiting to reconnect")));
    EXPECT_TRUE(hasGeorgian(translator.translate("Skein", "%n people are typing…", nullptr, 3)));
}
