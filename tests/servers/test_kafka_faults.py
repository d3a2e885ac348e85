#!/usr/bin/env python3
"""A real broker behind a bad line, and one that asks who we are: nothing is lost where connections are
cut or stall at random bytes, a stop during an outage does not wait and the next start goes on, and
neither a wrong password nor a certificate of somebody else is taken.

    test_kafka_faults.py WEIR LOAD_TOPIC DUMP_TOPIC

Uses a broker of its own, whose address for clients is the proxy's.
"""
import os
import shutil
import sys
import tempfile
import time
import unittest

from serverlib import Proxy, Server, Tools, need, random_faults, seeded_random, wait_until
from kafkalib import message_ids
from tlslib import another_name, make_certificates, need_openssl

RANDOM = seeded_random()
SECRET = "s3cret"
STOP_LIMIT_S = 5
# librdkafka waits up to ten seconds before it connects again, and a minute for an answer.
PATIENCE = {"reconnect.backoff.max.ms": 200, "socket.timeout.ms": 1200, "fetch.wait.max.ms": 100}


def properties(address, proxy, folder):
    """What the broker is told besides its address."""
    host, port = address.rsplit(":", 1)
    secure = int(port) + 2
    return secure, f"""
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{int(port) + 1},SECURE://{host}:{secure}
advertised.listeners=PLAINTEXT://{proxy},SECURE://localhost:{secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
listener.name.secure.sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.\
PlainLoginModule required user_weir="{SECRET}";
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
"""


class KafkaFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("kafka")
        need_openssl()
        cls.folder = tempfile.mkdtemp(prefix="weir-kafka-")
        make_certificates(cls.folder)
        with open(f"{cls.folder}/broker.pem", "w", encoding="ascii") as file:
            for name in ("server.key", "server.pem", "ca.pem"):
                with open(f"{cls.folder}/{name}", encoding="ascii") as part:
                    file.write(part.read())
        cls.server = Server.own("kafka")
        cls.proxy = Proxy(cls.server.address)
        secure, lines = properties(cls.server.address, cls.proxy.address, cls.folder)
        cls.server.env["WEIR_KAFKA_PROPERTIES"] = lines
        cls.port = secure
        cls.server.start()
        cls.tools = Tools(*sys.argv[1:4], cls.proxy.address)

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        cls.server.__exit__()
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.name = self.id().rsplit(".", 1)[1]
        self.addCleanup(self.calm)

    def calm(self):
        self.proxy.always = None
        self.proxy.accept()
        self.proxy.cut_all()

    def job(self, broker=None, bounded=True, **more):
        """Copies topic NAME to topic NAME-out."""
        given = {"connector": "kafka", "format": "json",
                 "properties.bootstrap.servers": broker or self.proxy.address}
        given.update({f"properties.{key}": value for key, value in {**PATIENCE, **more}.items()})
        into = dict(given, topic=f"{self.name}-out")
        given.update({"topic": self.name, "scan.startup.mode": "earliest-offset"})
        if bounded:
            given["scan.bounded.mode"] = "latest-offset"
        into.pop("properties.fetch.wait.max.ms")
        return "".join(
            f"CREATE TABLE {name} (id INT, pad STRING) WITH (" +
            ", ".join(f"'{key}' = '{value}'" for key, value in options.items()) + ");\n"
            for name, options in (("i", given), ("o", into))) + "INSERT INTO o SELECT * FROM i;"

    def load(self, first, end):
        self.tools.load(self.name, [f'{{"id": {i}, "pad": "{"x" * 100}"}}'
                                    for i in range(first, end)])

    def copied(self):
        return set(message_ids(self.tools.dump(f"{self.name}-out")))

    # --- the line --------------------------------------------------------------------------------

    def survives(self, kinds, share, count, limit_bytes):
        self.load(0, count)
        self.tools.load(f"{self.name}-out", [])
        self.proxy.always = random_faults(RANDOM.randrange(1 << 30), share, limit_bytes, kinds)
        before = self.proxy.accepted
        status, text = self.tools.run(self.job(), timeout=240)
        self.assertEqual(status, 0, text)
        print(f"{self.proxy.accepted - before} connections", flush=True)
        self.calm()
        self.assertEqual(self.copied(), set(range(count)))

    def test_cut_at_random_bytes(self):
        self.survives(("cut", "close"), 0.6, 5000, 300000)

    def test_stalls_at_random_bytes(self):
        self.survives(("stall",), 0.3, 500, 60000)

    def test_a_stop_during_an_outage_and_a_start_afterwards(self):
        options = ("--set", f"weir.state.dir={self.folder}/state", "--set",
                   "weir.checkpoint.interval=50ms", "--set", f"weir.job.name={self.name}")
        self.load(0, 1000)
        self.tools.load(f"{self.name}-out", [])
        child = self.tools.start(self.job(bounded=False), *options)
        wait_until("the first messages are copied", lambda: len(self.copied()) == 1000)
        self.proxy.refuse()
        wait_until("it says for whom it waits", lambda: child.poll() is not None or
                   "has been waiting for" in child.stderr_text())
        begin = time.monotonic()
        child.terminate()
        status, text = self.tools.finish(child)
        took_s = time.monotonic() - begin
        self.assertIn(status, (0, 3), text)
        self.assertLess(took_s, STOP_LIMIT_S, text)
        print(f"the stop took {took_s:.2f} s, status {status}", flush=True)

        child = self.tools.start(self.job(bounded=False), *options)  # still away
        self.proxy.accept()
        self.load(1000, 2000)
        wait_until("the next messages are copied", lambda: child.poll() is not None or
                   self.copied() == set(range(2000)))
        child.terminate()
        status, text = self.tools.finish(child)
        self.assertEqual(status, 0, text)
        self.assertEqual(self.copied(), set(range(2000)))

    # --- who is who ------------------------------------------------------------------------------

    def secure(self, host="localhost", password=SECRET, authority="ca"):
        jaas = ("org.apache.kafka.common.security.plain.PlainLoginModule required "
                f'username="weir" password="{password}";')
        given = {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN",
                 "sasl.jaas.config": jaas}
        if authority:
            given["ssl.ca.location"] = f"{self.folder}/{authority}.pem"
        return self.job(f"{host}:{self.port}", **given)

    def is_refused(self, sql, *words):
        status, text = self.tools.run(sql, timeout=60)
        self.assertEqual(status, 3, text)
        for word in words:
            self.assertIn(word, text)
        self.assertNotIn("wr0ng", text)
        self.assertNotIn(SECRET, text)
        self.assertEqual(self.copied(), set())

    def test_credentials_and_certificates(self):
        self.load(0, 100)
        self.tools.load(f"{self.name}-out", [])
        self.is_refused(self.secure(password="wr0ng"), "SASL authentication")
        self.is_refused(self.secure(authority=None), "certificate verify failed")
        if other := another_name():
            self.is_refused(self.secure(other), "verify failed")
        status, text = self.tools.run(self.secure())
        self.assertEqual(status, 0, text)
        self.assertNotIn(SECRET, text)
        self.assertEqual(self.copied(), set(range(100)))


if __name__ == "__main__":
    os.environ.pop("WEIR_KAFKA_PROPERTIES", None)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], warnings="ignore")
