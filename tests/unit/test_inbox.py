"""The inbox: bounded, each id once, oldest first."""

from watcher.inbox import Inbox


def test_gives_the_oldest_first_and_each_once():
    inbox = Inbox()
    inbox.put([1, 2, 3])
    inbox.put([2, 4])

    assert inbox.take(3) == [1, 2, 3]
    assert inbox.take(3) == [4]
    assert inbox.take(3) == []


def test_holds_no_more_than_its_room_and_says_so():
    inbox = Inbox(room=2)
    assert inbox.put([1, 2])
    assert inbox.put([2])

    assert not inbox.put([3])

    assert len(inbox) == 2
    assert inbox.take(10) == [1, 2]
    assert inbox.put([3])
