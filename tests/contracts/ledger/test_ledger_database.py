import getpass
import os
import signal
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from crowd import add_items, python, together
from postgresql_server import PostgreSQL
from sqlalchemy import func, inspect, select, text

from packshot.errors import UnknownNameError
from packshot.ledger import queue
from packshot.ledger.database import Ledger
from packshot.ledger.errors import LedgerDriverError, LedgerNewerError, LedgerUnreachableError, LedgerUrlError
from packshot.ledger.migrate import configuration
from packshot.ledger.tables import Base, Item, Merchant, Publication

_OPEN = """
import sys
from packshot.ledger.database import Ledger
print("here", flush=True)
sys.stdin.readline()
Ledger(sys.argv[1]).close()
"""
_WRITE_AND_WAIT = """
import sys
from packshot.ledger.database import Ledger
from packshot.ledger.tables import Merchant
with Ledger(sys.argv[1]).transaction() as session:
    session.add(Merchant(name="half", created_at=0.0))
    session.flush()
    print("written", flush=True)
    sys.stdin.readline()
"""


def test_the_migrations_make_what_the_tables_say(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_are_called_as_the_tables_say(ledger: Ledger) -> None:
    found = inspect(ledger.engine)
    for name, table in Base.metadata.tables.items():
        assert found.get_pk_constraint(name)["name"] == table.primary_key.name
        made = {constraint["name"] for constraint in found.get_foreign_keys(name)}
        assert made == {constraint.name for constraint in table.foreign_key_constraints}


def test_the_migrations_can_be_taken_back_and_made_again(ledger: Ledger) -> None:
    for call, target, tables in (
        (command.downgrade, "base", 0),
        (command.upgrade, "head", len(Base.metadata.tables)),
    ):
        with ledger.engine.execution_options(writes=True).begin() as connection:
            call(configuration(connection), target)
        with ledger.engine.connect() as connection:
            assert len(set(inspect(connection).get_table_names()) - {"alembic_version"}) == tables


def test_a_database_opens_again_and_keeps_what_it_holds(url: str) -> None:
    for expected in ([], ["one"], ["one"]):
        ledger = Ledger(url)
        with ledger.transaction() as session:
            assert list(session.scalars(select(Merchant.name))) == expected
            if not expected:
                session.add(Merchant(name="one", created_at=0.0))
        ledger.close()


def test_threads_open_a_new_database_at_once(url: str) -> None:
    together(8, lambda _: Ledger(url).close())


def test_processes_open_a_new_database_at_once(url: str) -> None:
    processes = [python(_OPEN, url) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    with closing(Ledger(url)) as ledger, ledger.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_a_database_of_a_newer_packshot_is_left_alone(ledger: Ledger, url: str) -> None:
    with ledger.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerNewerError, match=r"9999 .* Upgrade packshot"):
        Ledger(url)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "ledger.db", "mysql://host/name", "postgres://host/name", "postgresql://host:port/name"),
        *("sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"),
    ],
)
def test_other_urls_are_refused(wrong: str) -> None:
    with pytest.raises(LedgerUrlError, match="sqlite:////absolute"):
        Ledger(wrong)


def test_a_url_is_refused_without_its_password() -> None:
    for url in ("mysql://shop:secret@host/name", "postgresql://shop:secret@host:port/name"):
        with pytest.raises(LedgerUrlError, match=r"//.*host.*/name") as caught:
            Ledger(url)
        assert "secret" not in str(caught.value)


def test_a_driver_that_is_not_there_is_named() -> None:
    with pytest.raises(LedgerDriverError, match=r"none.*packshot\[postgresql\]"):
        Ledger("postgresql+none://host/name")


def test_an_option_that_there_is_not_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownNameError, match=r"sslmode.*application_name, unix_sock"):
        Ledger("postgresql://host/name?sslmode=require")


def test_without_a_user_the_one_of_the_machine_is_meant(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreachableError, match=f"//{getpass.getuser()}@/name"):
        Ledger(f"postgresql:///name?unix_sock={tmp_path / 'none'}")


def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    for url in (f"sqlite:///{missing}/x.db", f"postgresql://shop:secret@/x?unix_sock={missing}"):
        with pytest.raises(LedgerUnreachableError, match="none") as caught:
            Ledger(url)
        assert caught.value.retryable
        assert "secret" not in str(caught.value)


def test_what_postgresql_refuses_is_said_in_its_words(postgresql: PostgreSQL) -> None:
    with postgresql.database() as url:
        with closing(Ledger(url)) as ledger, ledger.transaction() as session:
            session.execute(text("CREATE ROLE shop LOGIN"))
        with pytest.raises(LedgerUnreachableError, match=r"opened: permission denied for .*\. Check"):
            Ledger(url.replace("//postgres@", "//shop@"))
    with pytest.raises(LedgerUnreachableError, match="/none"):
        Ledger(postgresql.url("none"))


def test_a_file_that_is_no_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff" * 1000)
    with pytest.raises(LedgerUnreachableError, match="not a database"):
        Ledger(f"sqlite:///{path}")
    assert path.read_bytes() == b"\xff\xd8\xff" * 1000


def test_an_error_rolls_everything_back(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction() as session:
            add_items(session, 3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with ledger.reading() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 0


def test_a_reader_is_not_held_up_and_sees_no_half_of_a_transaction(ledger: Ledger) -> None:
    with ledger.transaction() as writer:
        add_items(writer, 3)
        with ledger.reading() as reader:
            assert queue.waiting(reader) == 0
    with ledger.reading() as reader:
        assert queue.waiting(reader) == 3


def test_a_reader_holds_up_nobody(ledger: Ledger) -> None:
    with ledger.reading() as reader:
        assert queue.waiting(reader) == 0
        with ledger.transaction() as writer:
            add_items(writer, 3)
    with ledger.reading() as reader:
        assert queue.waiting(reader) == 3


def test_writers_that_read_first_wait_for_each_other(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        (name,) = add_items(session, 1)

    def count_up(_: int) -> None:
        for _ in range(10):
            with ledger.transaction() as session:
                queue.get(session, name).attempts += 1

    together(8, count_up)
    with ledger.reading() as session:
        assert session.get_one(Item, name).attempts == 80


def test_on_sqlite_a_second_writer_gets_in_only_after_the_first(tmp_path: Path) -> None:
    ledger, inside = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"), threading.Event()

    def enter() -> None:
        with ledger.transaction():
            inside.set()

    second = threading.Thread(target=enter)
    with ledger.transaction():  # nothing is written yet
        second.start()
        assert not inside.wait(0.3)
    second.join()
    assert inside.is_set()
    ledger.close()


def test_none_in_a_json_column_is_null(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        (name,) = add_items(session, 1)
        batch = session.get_one(Item, name).batch_id
        row = {"product": "p", "slot": "s", "entry": {"a": [1]}, "previous": None, "published_at": 0.0}
        session.add(Publication(id="pub_1", item_id=name, batch_id=batch, **row))
    with ledger.reading() as session:
        found = session.scalars(select(Publication).where(Publication.previous.is_(None))).one()
        assert found.entry == {"a": [1]}


def test_a_writer_that_is_killed_leaves_nothing_and_is_in_nobodys_way(url: str) -> None:
    process = python(_WRITE_AND_WAIT, url)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    ledger = Ledger(url)
    with ledger.transaction() as session:
        session.add(Merchant(name="whole", created_at=0.0))
    with ledger.reading() as session:
        assert list(session.scalars(select(Merchant.name))) == ["whole"]
    ledger.close()
