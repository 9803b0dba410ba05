import QtQuick
import QtTest
import Skein.Fakes
import Skein.Native
import Skein.Timeline

// Far flicks and fingers: while the list moves, rows move with it and by nothing else, 0 px, whatever
// comes and goes meanwhile.
Item {
    id: root

    width: 420
    height: 640

    Rectangle {
        id: pulse
        width: 1
        height: 1
    }
    Component {
        id: models
        FakeTimeline {}
    }
    TimelineView {
        id: view
        width: root.width
        height: root.height
    }

    TestCase {
        name: "Flick"
        when: windowShown

        readonly property int framesMax: 900
        readonly property int flightsMax: 20
        property var model: null

        function frame() {
            pulse.color = Qt.rgba(Math.random(), Math.random(), Math.random(), 1);
            verify(waitForRendering(root));
        }
        function item(row) {
            return view.list.itemAtIndex(row);
        }
        // Places of the visible rows against the content: a flick moves the content, nothing else.
        function look() {
            const result = {};
            for (let row = view.anchor.bottomRow; row <= view.anchor.topRow; ++row)
                if (item(row))
                    result[model.get(row).rowId] = item(row).mapToItem(view, 0, 0).y + view.list.contentY;
            return result;
        }
        // The worst shift of any row that is there before and after.
        function shift(before, after) {
            let worst = 0;
            let seen = 0;
            for (const id in before)
                if (id in after) {
                    worst = Math.max(worst, Math.abs(after[id] - before[id]));
                    ++seen;
                }
            return seen > 0 ? worst : 0;
        }

        function init() {
            model = createTemporaryObject(models, root);
            view.timeline = model;
            model.fill(400, 11);
            frame();
        }
        function cleanup() {
            view.list.cancelFlick();
            view.timeline = null;
        }

        function test_farFlickTowardsThePast_data() {
            return [
                {
                    "tag": "nothing else happens",
                    "change": ""
                },
                {
                    "tag": "older pages load",
                    "change": "older"
                },
                {
                    "tag": "rows below the view change their height",
                    "change": "grow"
                },
                {
                    "tag": "the new end is trimmed",
                    "change": "trim"
                }
            ];
        }
        function test_farFlickTowardsThePast(data) {
            view.list.maximumFlickVelocity = 7000;
            let frames = 0;
            let changes = 0;
            let farthest = 0;
            let before;
            // A machine that stands still draws few frames of a flight: then there is another one.
            for (let flights = 0; flights < flightsMax && (frames < 6 || (data.change !== "" && changes === 0)); ++flights) {
                view.anchor.goToRow(200, TimelineAnchor.Center);
                frame();
                const start = view.anchor.topRow;
                let trimmed = 0;
                view.list.flick(0, 7000);
                verify(view.list.flicking);
                before = look();
                for (let i = 0; view.list.moving && i < framesMax; ++i) {
                    if (data.change === "older" && model.count - view.anchor.topRow < 160) {
                        model.appendOlder(50);
                        ++changes;
                    } else if (data.change === "grow" && frames % 5 === 2 && view.anchor.bottomRow > 40) {
                        model.grow(1, 2);
                        ++changes;
                    } else if (data.change === "trim" && frames % 12 === 5 && view.anchor.bottomRow > 120 && model.count > 300) {
                        model.trimNewest(20);
                        trimmed += 20;
                        ++changes;
                    }
                    frame();
                    const after = look();
                    compare(shift(before, after), 0, "frame " + frames);
                    before = after;
                    farthest = Math.max(farthest, view.anchor.topRow + trimmed - start);
                    ++frames;
                }
                verify(!view.list.moving, "it came to rest");
            }
            verify(farthest > 60, "it went far: over " + farthest + " rows");
            if (data.change !== "")
                verify(changes > 0, "something changed on the way");
            // At rest again: what arrives moves nothing.
            before = look();
            const y = {};
            for (let row = view.anchor.bottomRow; row <= view.anchor.topRow; ++row)
                y[model.get(row).rowId] = item(row).mapToItem(view, 0, 0).y;
            model.insertNewest(30);
            frame();
            for (const id in y) {
                const at = item(model.rowOf(id));
                if (at)
                    compare(at.mapToItem(view, 0, 0).y, y[id]);
            }
        }
        function test_flickIsNotEndedByWhatArrives() {
            view.anchor.goToRow(200, TimelineAnchor.Center);
            frame();
            view.list.flick(0, 9000);
            verify(view.list.flicking);
            verify(model.holdNewest, "new rows wait");
            model.appendOlder(50);
            model.grow(view.anchor.bottomRow - 1, 3);
            view.anchor.settle(); // what a frame does, without the time that one takes
            const from = view.list.contentY;
            for (let i = 0; view.list.moving && i < framesMax; ++i)
                frame();
            verify(from - view.list.contentY > 500, "it flew on: " + (from - view.list.contentY) + " px");
        }

        // ---- a finger ----
        function drag(touch, y) {
            touch.move(0, view, 200, y).commit();
            frame();
        }
        function test_fingerHoldsItsRow_data() {
            return [
                {
                    "tag": "older pages load",
                    "change": "older"
                },
                {
                    "tag": "messages arrive",
                    "change": "newest"
                },
                {
                    "tag": "a row below goes",
                    "change": "remove"
                }
            ];
        }
        function test_fingerHoldsItsRow(data) {
            view.anchor.scrollBy(-4000);
            frame();
            const touch = touchEvent(view);
            touch.press(0, view, 200, 200).commit();
            frame();
            for (let y = 200; y <= 300; y += 10)
                drag(touch, y);
            verify(view.list.dragging, "the finger has it");
            const row = Math.round((view.anchor.topRow + view.anchor.bottomRow) / 2);
            const id = model.get(row).rowId;
            const y0 = item(row).mapToItem(view, 0, 0).y;
            drag(touch, 320);
            compare(item(model.rowOf(id)).mapToItem(view, 0, 0).y - y0, 20);
            if (data.change === "older")
                model.appendOlder(50);
            else if (data.change === "newest")
                model.insertNewest(10);
            else
                model.removeRow(view.anchor.bottomRow - 2);
            frame();
            compare(item(model.rowOf(id)).mapToItem(view, 0, 0).y - y0, 20, "it does not slip from under the finger");
            touch.release(0, view, 200, 320).commit();
            frame();
            view.list.cancelFlick();
        }
    }
}
