"""The window: halves at a collision, grows back while full batches pass."""

from watcher.window import Window


def test_begins_at_the_largest():
    assert Window(500).size == 500


def test_halves_what_collided():
    window = Window(500)
    window.collided(80)
    assert window.size == 40


def test_never_closes():
    window = Window(500)
    window.collided(1)
    assert window.size == 1


def test_grows_back_while_full_batches_pass_and_not_beyond_the_largest():
    window = Window(500)
    window.collided(4)
    sizes = []
    for _ in range(30):
        window.passed(window.size)
        sizes.append(window.size)

    assert sizes == sorted(sizes)
    assert sizes[-1] == 500


def test_learns_nothing_from_a_batch_that_was_not_full():
    window = Window(500)
    window.collided(100)
    window.passed(49)
    assert window.size == 50
