"""The inbox: bounded, each id once, oldest first."""

from watcher.inbox import Inbox


def test_gives_the_oldest_first_and_each_once():
    inbox = Inbox()
    inbox.put([1, 2, 3])
    inbox.put([2, 4])

    assert inbox.take(3) == [1, 2, 3]
    assert inbox.take(3) == [4]
    assert inbox.take(3) == []


def test_holds_no_more_than_its_room_and_tells_once_that_it_overflowed():
    inbox = Inbox(room=2)
    inbox.put([1, 2])
    assert not inbox.has_overflowed()

    inbox.put([3])

    assert inbox.take(10) == [1, 2]
    assert inbox.has_overflowed()
    assert not inbox.has_overflowed()
