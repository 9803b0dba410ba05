import QtQuick
import QtQuick.Templates as T
import Skein.Theme

// A question with one way forward and one way back. One instance per window.
T.Popup {
    id: dialog

    property string title
    property string body
    property string yes
    property bool danger: false
    property var action: null

    function ask(heading: string, words: string, button: string, dangerous: bool, then: var) {
        dialog.title = heading;
        dialog.body = words;
        dialog.yes = button;
        dialog.danger = dangerous;
        dialog.action = then;
        dialog.open();
        no.forceActiveFocus(Qt.TabFocusReason);
    }

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(400, parent ? parent.width - 32 : 400)
    implicitHeight: dialog.content.implicitHeight + 2 * Theme.gapHuge
    padding: Theme.gapHuge
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside

    T.Overlay.modal: Rectangle {
        color: Theme.scrim
    }
    background: Rectangle {
        color: Theme.raised
        radius: Theme.radiusBubble
        border.color: Theme.line
    }
    contentItem: dialog.content
    readonly property Item content: Column {
        spacing: Theme.gap
        Accessible.role: Accessible.Dialog
        Accessible.name: dialog.title
        PlainLabel {
            width: parent.width
            text: dialog.title
            font.pixelSize: Theme.sizeTitle
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
        }
        PlainLabel {
            width: parent.width
            text: dialog.body
            color: Theme.textSoft
            wrapMode: Text.Wrap
        }
        Row {
            anchors.right: parent.right
            topPadding: Theme.gapSmall
            spacing: Theme.gapSmall
            ActionButton {
                id: no
                objectName: "askNo"
                kind: "plain"
                label: qsTr("Cancel")
                onClicked: dialog.close()
            }
            ActionButton {
                objectName: "askYes"
                kind: dialog.danger ? "danger" : "primary"
                label: dialog.yes
                onClicked: {
                    const then = dialog.action;
                    dialog.close();
                    if (then)
                        then();
                }
            }
        }
    }
}
