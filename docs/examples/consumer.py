"""What each order holds, kept in a table by a consumer of the topic `orders`.

    python3 -m venv venv && venv/bin/pip install 'confluent-kafka>=2.6,<3'
    venv/bin/python consumer.py --brokers localhost:9092 --table holdings.sqlite

Safe to stop, kill and restart: it resumes where it was. docs/consuming.md describes the guarantees it relies on.
"""

import argparse
import json
import signal
import sqlite3
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException

# For each message type: the state of the order, and whether it is the outcome of the revision.
STATES = {
    "quartermaster.orders.order_placed.v1": ("placed", 0),
    "quartermaster.orders.order_revised.v1": ("revised", 0),
    "quartermaster.orders.order_confirmed.v1": ("confirmed", 1),
    "quartermaster.orders.order_rejected.v1": ("rejected", 1),
    "quartermaster.orders.order_cancelled.v1": ("cancelled", 1),
    "quartermaster.orders.order_fulfilled.v1": ("fulfilled", 1),
}

TABLE = """
create table if not exists holdings (
    order_id text primary key, revision integer not null, settled integer not null,
    state text not null, held_revision integer, lines text
)"""

# Only a message that is newer than the row has an effect: duplicates and older revisions change nothing.
# order_revised does not change what is held; it is the only message whose lines are stored as null.
WRITE = """
insert into holdings values (:order_id, :revision, :settled, :state, :held_revision, :lines)
on conflict (order_id) do update set
    revision = excluded.revision, settled = excluded.settled, state = excluded.state,
    held_revision = case when excluded.lines is null then held_revision else excluded.held_revision end,
    lines = coalesce(excluded.lines, lines)
where (excluded.revision, excluded.settled) > (holdings.revision, holdings.settled)"""


def row_of(message):
    """The row that a message results in, or None for a message to ignore."""
    headers = dict(message.headers() or [])
    known = STATES.get((headers.get("ce_type") or b"").decode(errors="replace"))
    if known is None:
        return None  # Another type or version, or not a message of Quartermaster.
    state, settled = known
    data = json.loads(message.value())
    lines = data["lines"] if state == "confirmed" else None if state == "revised" else []
    return {
        "order_id": message.key().decode(),
        "revision": data["revision"],
        "settled": settled,
        "state": state,
        "held_revision": data.get("heldRevision"),
        "lines": None if lines is None else json.dumps(lines),
    }


def handle(table, messages):
    """Writes a batch in one transaction."""
    rows = []
    for message in messages:
        try:
            rows.append(row_of(message))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Store such a message for review if it matters; do not let it stop the others.
            place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
            print(f"cannot be read: {place}: {error!r}", file=sys.stderr)
    rows = [row for row in rows if row]
    with table:
        before = table.total_changes
        table.executemany(WRITE, rows)
        changes = table.total_changes - before
    print(f"{len(messages)} messages, {changes} changes", file=sys.stderr)


def commit(consumer):
    """Commits the offsets after the table. If that fails, the messages arrive again and change nothing."""
    try:
        consumer.commit(asynchronous=False)
    except KafkaException as error:
        print(f"not committed: {error}", file=sys.stderr)


def follow(consumer, table, stopped, once):
    """Handles messages until stopped; with `once`, until the end of every partition."""
    ended = set()
    while not stopped:
        batch = consumer.consume(num_messages=500, timeout=0.5)
        messages = []
        for message in batch:
            error = message.error()
            if error is None:
                messages.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add((message.topic(), message.partition()))
            elif error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # The topic may be created later.
                raise KafkaException(error)
        if messages:
            handle(table, messages)
            commit(consumer)
        ours = {(part.topic, part.partition) for part in consumer.assignment()}
        if once and ours and ours <= ended:
            return


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--brokers", required=True, help="host:port,…")
    options.add_argument("--topic", default="orders", help="with KAFKA_TOPIC_PREFIX, if that is set")
    options.add_argument("--group", default="holdings", help="your own consumer group; its members share the work")
    options.add_argument("--table", default="holdings.sqlite", help="file of the SQLite database")
    options.add_argument("--once", action="store_true", help="stop at the end of the topic")
    options.add_argument("-X", action="append", default=[], metavar="name=value",
                         help="a setting of librdkafka, such as security.protocol=SASL_SSL")
    args = options.parse_args()

    table = sqlite3.connect(args.table)
    table.execute(TABLE)
    consumer = Consumer({
        "bootstrap.servers": args.brokers,
        "group.id": args.group,
        "auto.offset.reset": "earliest",  # A new group reads the topic from its start.
        "enable.auto.commit": False,
        "enable.partition.eof": args.once,
        **dict(setting.split("=", 1) for setting in args.X),
    })
    stopped = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.append(True))
    consumer.subscribe([args.topic])
    try:
        follow(consumer, table, stopped, args.once)
    finally:
        consumer.close()
    for order_id, revision, state, held_revision, lines in table.execute(
        "select order_id, revision, state, held_revision, lines from holdings order by order_id"
    ):
        print(json.dumps({"order": order_id, "revision": revision, "state": state,
                          "heldRevision": held_revision, "lines": json.loads(lines or "null")}))


if __name__ == "__main__":
    main()
