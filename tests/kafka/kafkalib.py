"""What the Kafka tests share: topics in and out, and weir as a child process."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from weirlib import Weir, skip, wait_until  # noqa: E402,F401


def need_broker():
    broker = os.environ.get("WEIR_KAFKA")
    if not broker:
        skip("WEIR_KAFKA is not set (tools/servers start kafka)")
    return broker


class Tools(Weir):
    def __init__(self, weir, load, dump, broker):
        super().__init__(weir)
        self.load_bin, self.dump_bin, self.broker = load, dump, broker

    def load(self, topic, lines, partitions=2, keyed=False):
        command = [self.load_bin, "--brokers", self.broker, "--topic", topic, "--partitions",
                   str(partitions)] + (["--keyed"] if keyed else [])
        subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), check=True,
                       stdout=subprocess.DEVNULL)

    def dump(self, topic):
        out = subprocess.run([self.dump_bin, "--brokers", self.broker, "--topic", topic],
                             check=True, stdout=subprocess.PIPE).stdout
        return [json.loads(line) for line in out.splitlines()]


def message_ids(records):
    """The ids in messages such as {"id": 7}, in the order of the records."""
    return [json.loads(record["value"])["id"] for record in records]


def copy_job(broker, source, target, group):
    """Message for message from one topic to another, in the Flink dialect."""
    return f"""
        CREATE TABLE source (message BYTES) WITH (
            'connector' = 'kafka', 'topic' = '{source}', 'format' = 'raw',
            'properties.bootstrap.servers' = '{broker}', 'properties.group.id' = '{group}',
            'scan.startup.mode' = 'group-offsets',
            'properties.auto.offset.reset' = 'earliest');
        CREATE TABLE target (message BYTES) WITH (
            'connector' = 'kafka', 'topic' = '{target}', 'format' = 'raw',
            'properties.bootstrap.servers' = '{broker}');
        INSERT INTO target SELECT message FROM source;
    """
