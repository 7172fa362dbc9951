"""What is written down is what is read, whatever killed the writer."""

from uuid import uuid4

from tests.chaos.history import Asked, Exchange, Fault, History, Told, around, read

USER, TARGET = uuid4(), uuid4()
ASKED = Asked("c1", "client-1", "transfer", USER, "key-1", 5, TARGET, "kopi", 10)
TOLD = Told("c1", 20, 202, {"result": {"transfer_id": str(uuid4())}}, replayed=True)


def written(path, *records):
    history = History(path)
    for record in records:
        getattr(history, type(record).__name__.lower())(record)
    history.close()
    return path


def test_it_is_read_as_it_was_written(tmp_path):
    fault = Fault("watcher-killed", "watcher-0", 5, 15)
    path = written(tmp_path / "a.jsonl", ASKED, TOLD, fault)
    assert read([path]) == ([Exchange(ASKED, TOLD)], [fault])


def test_a_call_without_an_answer_is_unknown(tmp_path):
    assert read([written(tmp_path / "a.jsonl", ASKED)])[0] == [Exchange(ASKED, None)]


def test_the_torn_last_line_of_a_process_that_was_killed_is_left_out(tmp_path):
    path = written(tmp_path / "a.jsonl", ASKED, TOLD)
    path.write_text(path.read_text()[:-5])
    assert read([path])[0] == [Exchange(ASKED, None)]


def test_a_line_is_in_the_file_before_the_call_is_sent(tmp_path):
    path = tmp_path / "a.jsonl"
    history = History(path)
    history.asked(ASKED)
    assert read([path])[0] == [Exchange(ASKED, None)]
    history.close()


def test_the_histories_of_all_processes_are_one_by_time(tmp_path):
    later = Asked("c2", "client-2", "payment", USER, None, 1.5, None, "", 30)
    first = written(tmp_path / "b.jsonl", later)
    second = written(tmp_path / "a.jsonl", ASKED)
    assert [one.asked for one in read([first, second])[0]] == [ASKED, later]


def test_a_fault_that_ended_is_one_fault(tmp_path):
    began, ended = Fault("pod-frozen", "pod-0", 5), Fault("pod-frozen", "pod-0", 5, 15)
    assert read([written(tmp_path / "a.jsonl", began, ended)])[1] == [ended]


def test_what_was_answered_while_the_books_were_read_is_not_known():
    early, late = Exchange(ASKED, TOLD), Asked("c2", "client-2", "payment", USER, None, 1, None, "", 30)
    before, after = [early], [early, Exchange(late, Told("c2", 40, 201, {}))]
    assert around(before, after) == [early, Exchange(late, None)]
    assert around([Exchange(ASKED, None)], [early]) == [Exchange(ASKED, None)]
