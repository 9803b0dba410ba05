import QtQuick
import QtQuick.Templates as T
import QtTest
import Skein
import Skein.App
import Skein.Fakes

// The window of the app, over real clients and a server that takes everybody.
Item {
    id: root

    width: 640
    height: 560

    FakeAccounts {
        id: fake
    }
    Component {
        id: windows
        Main {
            accounts: fake.list
        }
    }
    SignalSpy {
        id: unkept
        signalName: "keychainUnavailable"
    }

    TestCase {
        name: "Main"
        when: windowShown

        property var window: null

        function question() {
            const button = findChild(window.T.Overlay.overlay, "askNo");
            return button !== null && button.visible ? button : null;
        }
        function answer(name) {
            tryVerify(() => question() !== null);
            mouseClick(findChild(window.T.Overlay.overlay, name));
            tryVerify(() => question() === null);
        }

        // Nobody looks at an account when it is found that no keychain takes its token.
        function test_whereToKeepTheSignInIsAskedWhenTheAccountIsShownAndOnlyOnce() {
            fake.list.allowPlainTokenFile = false;
            for (const name of ["ann", "ben"]) {
                fake.signIn(name);
                unkept.clear();
                unkept.target = fake.list.newcomer !== null ? fake.list.newcomer : fake.list.current;
                tryCompare(unkept, "count", 1);
            }
            window = createTemporaryObject(windows, root);
            verify(window);
            compare(fake.list.currentRow, 1);
            answer("askNo");
            fake.list.show(0);
            answer("askYes");
            compare(fake.list.current.allowPlainTokenFile, true);
            tryCompare(fake.list.current, "tokenKeptNowhere", false);
            for (const row of [1, 0, 1]) {
                fake.list.show(row);
                tryVerify(() => window.page !== null && window.page.client === fake.list.current);
                compare(question(), null, "asked once");
            }
            compare(fake.list.current.tokenKeptNowhere, true);
        }
    }
}
