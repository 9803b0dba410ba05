import QtQuick
import QtTest
import Skein.Composer
import Skein.Controls
import Skein.Fakes
import Skein.Timeline

// Everything is reachable by Tab, shows that it has the focus, and says what it is.
Item {
    id: root

    width: 480
    height: 640

    Column {
        id: column
        TextBox {
            id: box
            label: "Box"
        }
        ActionButton {
            id: action
            label: "Action"
        }
        IconButton {
            id: icon
            label: "Icon"
            iconName: "send"
        }
    }
    FakeTimeline {
        id: model
    }
    TimelineView {
        id: view
        y: 160
        width: 480
        height: 380
        timeline: model
    }
    Composer {
        id: composer
        anchors.bottom: parent.bottom
        width: 480
    }
    SignalSpy {
        id: clicked
        target: action
        signalName: "clicked"
    }

    TestCase {
        name: "Focus"
        when: windowShown

        function init() {
            model.fill(40, 3);
            composer.load("text to send");
        }
        function test_tabGoesThroughEverything() {
            const chain = [box, action, icon, view.list, composer.input];
            chain[0].forceActiveFocus(Qt.TabFocusReason);
            for (let i = 1; i < chain.length; ++i) {
                keyClick(Qt.Key_Tab);
                verify(chain[i].activeFocus, "stop " + i);
            }
            // The send button after the field, then back again.
            keyClick(Qt.Key_Tab);
            verify(!composer.input.activeFocus);
            keyClick(Qt.Key_Backtab);
            verify(composer.input.activeFocus);
            keyClick(Qt.Key_Backtab);
            verify(view.list.activeFocus);
        }
        function test_keyboardFocusIsVisible() {
            action.forceActiveFocus(Qt.TabFocusReason);
            verify(action.visualFocus);
            icon.forceActiveFocus(Qt.TabFocusReason);
            verify(icon.visualFocus);
        }
        function test_enterAndSpacePressButtons() {
            clicked.clear();
            action.forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Return);
            keyClick(Qt.Key_Space);
            compare(clicked.count, 2);
        }
        function test_rolesAndNames() {
            compare(action.Accessible.role, Accessible.Button);
            compare(action.Accessible.name, "Action");
            compare(icon.Accessible.name, "Icon");
            compare(box.Accessible.role, Accessible.EditableText);
            compare(view.list.Accessible.role, Accessible.List);
            compare(composer.input.Accessible.name, "Message");
            const row = view.list.itemAtIndex(0);
            verify(row.Accessible.name !== "");
        }
    }
}
