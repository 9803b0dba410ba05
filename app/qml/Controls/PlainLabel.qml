import QtQuick
import Skein.Theme

// The only type that shows text from people: never markup, never a fetched picture.
Text {
    textFormat: Text.PlainText
    color: Theme.text
    font.pixelSize: Theme.sizeBody
    elide: Text.ElideRight
    maximumLineCount: wrapMode === Text.NoWrap ? 1 : 2147483647
    Accessible.ignored: true
}
