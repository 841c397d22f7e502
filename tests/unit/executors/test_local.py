from threading import Barrier, Event, Lock

import pytest

from packshot.executors.local import QUEUED, Crew, stream


class Silent:
    def begin(self, what: str, total: int) -> None: ...

    def done(self, path: str, outcome: str) -> None: ...


def crew(workers: int) -> Crew:
    return Crew(workers, Event(), Silent())


def test_all_tasks_are_done_once() -> None:
    assert sorted(stream(lambda n: n * n, range(50), crew(3))) == [n * n for n in range(50)]


def test_workers_run_at_once() -> None:
    barrier = Barrier(2, timeout=20)
    list(stream(lambda _: barrier.wait(), range(4), crew(2)))


def test_few_tasks_are_taken_ahead() -> None:
    taken, finished, most, lock = 0, 0, 0, Lock()

    def tasks():
        nonlocal taken, most
        for number in range(40):
            with lock:
                taken += 1
                most = max(most, taken - finished)
            yield number

    def work(number: int) -> int:
        nonlocal finished
        with lock:
            finished += 1
        return number

    list(stream(work, tasks(), crew(2)))
    assert most <= 2 * (2 + QUEUED)


def test_stop_ends_with_what_was_begun() -> None:
    people = crew(2)
    done = []
    for number in stream(lambda n: n, range(1000), people):
        done.append(number)
        people.stop.set()
    assert 0 < len(done) <= 2 * (2 + QUEUED)


def test_the_first_error_is_raised_after_the_others_in_flight_are_done() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise RuntimeError("broken")
        return number

    done = []
    with pytest.raises(RuntimeError, match="broken"):
        done.extend(stream(work, range(1000), crew(2)))
    assert len(done) < 20
