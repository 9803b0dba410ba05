import QtQuick
import Skein.Theme

// One line above the content: what is wrong, and what can be done about it. `tone`: "warning",
// "danger" or "good".
Rectangle {
    id: banner

    property string message
    property string actionLabel
    property string iconName: "offline"
    property string tone: "warning"
    property bool shown: false
    readonly property color ink: banner.tone === "danger" ? Theme.danger : banner.tone === "good" ? Theme.good : Theme.warning
    signal acted

    height: banner.shown ? Math.max(44, words.implicitHeight + 16) : 0
    visible: height > 0
    clip: true
    color: banner.tone === "danger" ? Theme.dangerSurface : banner.tone === "good" ? Theme.goodSurface : Theme.warningSurface
    Accessible.role: Accessible.AlertMessage
    Accessible.name: banner.message
    Behavior on height {
        NumberAnimation {
            duration: Theme.normal
            easing.type: Easing.OutCubic
        }
    }
    Icon {
        id: mark
        x: Theme.gapLarge
        anchors.verticalCenter: parent.verticalCenter
        name: banner.iconName
        color: banner.ink
        size: 18
    }
    PlainLabel {
        id: words
        objectName: banner.objectName + "Text"
        anchors.left: mark.right
        anchors.leftMargin: Theme.gapSmall
        anchors.right: banner.actionLabel !== "" ? action.left : parent.right
        anchors.rightMargin: Theme.gapSmall
        anchors.verticalCenter: parent.verticalCenter
        text: banner.message
        color: banner.ink
        font.pixelSize: Theme.sizeMeta
        font.weight: Font.Medium
        wrapMode: Text.Wrap
        maximumLineCount: 3
    }
    ActionButton {
        id: action
        objectName: banner.objectName + "Action"
        visible: banner.actionLabel !== ""
        anchors.right: parent.right
        anchors.rightMargin: Theme.gapSmall
        anchors.verticalCenter: parent.verticalCenter
        implicitHeight: 32
        kind: "plain"
        label: banner.actionLabel
        onClicked: banner.acted()
    }
}
