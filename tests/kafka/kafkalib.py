"""What the Kafka tests share: topics in and out, and weir as a child process."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time


def need_broker():
    broker = os.environ.get("WEIR_KAFKA")
    if not broker:
        print("skipped: WEIR_KAFKA is not set (tools/servers start kafka)")
        sys.exit(77)
    return broker


class Tools:
    def __init__(self, weir, load, dump, broker):
        self.weir, self.load_bin, self.dump_bin, self.broker = weir, load, dump, broker

    def load(self, topic, lines, partitions=2, keyed=False):
        command = [self.load_bin, "--brokers", self.broker, "--topic", topic, "--partitions",
                   str(partitions)] + (["--keyed"] if keyed else [])
        subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), check=True,
                       stdout=subprocess.DEVNULL)

    def dump(self, topic):
        out = subprocess.run([self.dump_bin, "--brokers", self.broker, "--topic", topic],
                             check=True, stdout=subprocess.PIPE).stdout
        return [json.loads(line) for line in out.splitlines()]

    def start(self, sql, *options):
        job = tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False)
        job.write(sql)
        job.close()
        err = tempfile.TemporaryFile()
        child = subprocess.Popen([self.weir, "run", job.name, *options],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
        child.job, child.err = job.name, err
        return child

    def finish(self, child, timeout=90):
        """Waits for the end; (exit status, standard error)."""
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            status = "timeout"
        child.err.seek(0)
        text = child.err.read().decode("utf-8", "replace")
        os.unlink(child.job)
        return status, text

    def kill(self, child):
        child.send_signal(signal.SIGKILL)
        self.finish(child)

    def run(self, sql, *options, timeout=90):
        return self.finish(self.start(sql, *options), timeout)


def message_ids(records):
    """The ids in messages such as {"id": 7}, in the order of the records."""
    return [json.loads(record["value"])["id"] for record in records]


def wait_until(what, condition, limit_s=60):
    end = time.monotonic() + limit_s
    pause = threading.Event()
    while time.monotonic() < end:
        if condition():
            return
        pause.wait(0.05)
    sys.exit(f"not within {limit_s} s: {what}")


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
