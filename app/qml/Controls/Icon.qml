import QtQuick
import Skein.Theme

// One of the app's drawn icons in one colour. Decoration: whatever it stands for has its own name.
Image {
    property string name
    property color color: Theme.textSoft
    property int size: 20

    width: size
    height: size
    sourceSize.width: size
    sourceSize.height: size
    source: name === "" ? "" : "image://skein/" + name + "/" + Theme.hex(color)
    Accessible.ignored: true
}
