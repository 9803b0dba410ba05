import QtQuick
import Skein.Controls
import Skein.Theme

// Messages that exist and are not on this device yet. The model asks for them when this is seen;
// here stands what is true about that: on its way, not before there is a connection, or not come.
Item {
    id: hole

    required property string rowId
    required property double holeCount
    required property bool holeStuck

    property bool online: true
    signal retryWanted(rowId: string)
    // What comes at once needs no word: a gap that is noticed live closes within a moment.
    property bool lasting: false
    readonly property string how: !hole.online ? "offline" : hole.holeStuck ? "stuck" : "loading"

    ListView.onReused: {
        hole.lasting = false;
        patience.restart();
    }

    objectName: "hole:" + hole.rowId
    height: 64
    Accessible.role: Accessible.ListItem
    Accessible.name: words.text
    Timer {
        id: patience
        interval: 400
        running: !hole.lasting
        onTriggered: hole.lasting = true
    }
    Rectangle {
        objectName: "holePill"
        visible: hole.lasting || hole.how !== "loading"
        anchors.centerIn: parent
        width: content.width + 2 * Theme.gapLarge
        height: 40
        radius: 20
        color: hole.how === "loading" ? Theme.field : Theme.warningSurface
        Row {
            id: content
            anchors.centerIn: parent
            height: parent.height
            spacing: Theme.gapSmall
            Spinner {
                anchors.verticalCenter: parent.verticalCenter
                visible: hole.how === "loading"
            }
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: hole.how !== "loading"
                name: hole.how === "offline" ? "offline" : "alert"
                color: Theme.warning
                size: 18
            }
            PlainLabel {
                id: words
                objectName: "holeText"
                anchors.verticalCenter: parent.verticalCenter
                width: Math.min(implicitWidth, hole.width - 96 - (again.visible ? again.width : 0))
                text: hole.how === "loading" ? qsTr("Loading %n message(s)", "", hole.holeCount) : hole.how === "offline" ? qsTr("%n message(s) come with the connection", "", hole.holeCount) : qsTr("%n message(s) did not come", "", hole.holeCount)
                color: hole.how === "loading" ? Theme.textSoft : Theme.warning
                font.pixelSize: Theme.sizeMeta
            }
            ActionButton {
                id: again
                objectName: "holeRetry"
                anchors.verticalCenter: parent.verticalCenter
                visible: hole.how === "stuck"
                implicitHeight: 30
                kind: "plain"
                label: qsTr("Try again")
                onClicked: hole.retryWanted(hole.rowId)
            }
        }
    }
}
