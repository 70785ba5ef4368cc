"""A program of somebody else on the topics, with librdkafka. Records are JSON, one a line."""

import argparse
import json
import sys

from confluent_kafka import Consumer, Producer, TopicPartition


def produce(options):
    """Sends the records of standard input, as batches of one codec."""
    producer = Producer(
        {
            "bootstrap.servers": options.brokers,
            "compression.type": options.codec,
            "linger.ms": 50,
            "acks": "all",
        }
    )
    for record in records():
        send(producer, options.topic, record)
    if producer.flush(20) > 0:
        sys.exit("not all records were acknowledged")


def transaction(options):
    """Sends the records of standard input in a transaction, and leaves it open until it is killed."""
    producer = Producer(
        {
            "bootstrap.servers": options.brokers,
            "transactional.id": options.topic,
            "transaction.timeout.ms": 600000,
        }
    )
    producer.init_transactions(20)
    producer.begin_transaction()
    for line in sys.stdin:
        if line.strip() in ("commit", "abort"):
            getattr(producer, f"{line.strip()}_transaction")(20)
            break
        send(producer, options.topic, json.loads(line))
        producer.flush(20)
        print("sent", flush=True)
    print("ended", flush=True)


def consume(options):
    """Prints so many records of a partition, from its beginning."""
    consumer = Consumer({"bootstrap.servers": options.brokers, "group.id": "foreign"})
    consumer.assign([TopicPartition(options.topic, 0, 0)])
    for _ in range(options.count):
        message = consumer.poll(20)
        if message is None or message.error():
            sys.exit(f"no record: {message and message.error()}")
        print(json.dumps({"key": text(message.key()), "value": text(message.value())}))
    consumer.close()


def records():
    return (json.loads(line) for line in sys.stdin if line.strip())


def send(producer, topic, record):
    producer.produce(
        topic,
        partition=record["partition"],
        key=record["key"],
        value=record["value"],
        headers=record["headers"],
    )
    producer.poll(0)


def text(data):
    return None if data is None else data.decode()


parser = argparse.ArgumentParser()
parser.add_argument("does", choices=["produce", "transaction", "consume"])
parser.add_argument("--brokers", required=True)
parser.add_argument("--topic", required=True)
parser.add_argument("--codec", default="none")
parser.add_argument("--count", type=int, default=0)
options = parser.parse_args()
globals()[options.does](options)
