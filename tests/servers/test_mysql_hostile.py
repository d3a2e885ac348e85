#!/usr/bin/env python3
"""A MySQL that is none: it asks for the password as it is, for a person at the terminal, and for files
of ours.  It gets nothing of that.  Or it says nothing at all.

    test_mysql_hostile.py WEIR ...
"""
import os
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

from serverlib import weir

WEIR = weir()
PASSWORD = "topsecret"
# Protocol 4.1, secure logins, plug-ins, a database in the login; and LOAD DATA LOCAL.
ABILITIES = 0x1 | 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x80000
LOCAL_FILES = 0x80
FULL_BYTES = 0xffffff
OK = b"\0\0\0\2\0\0\0"


def packet(number, body):
    return struct.pack("<I", len(body))[:3] + bytes([number & 255]) + body


def greeting():
    low, high = ABILITIES & 0xffff, ABILITIES >> 16
    return (b"\x0a5.7.0\0" + struct.pack("<I", 7) + b"abcdefgh\0" + struct.pack("<H", low) + b"\x2d" +
            struct.pack("<HHB", 2, high, 21) + b"\0" * 10 + b"ijklmnopqrst\0mysql_native_password\0")


class Hostile:
    """Asks for `plugin`, takes every login, and answers every statement with `answer`."""

    def __init__(self, plugin, answer=OK):
        self.plugin, self.answer = plugin, answer
        self.packets = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def take(self, stream):
        """The next packet's number."""
        head = stream.read(4)
        if len(head) < 4:
            raise EOFError
        self.packets.append(stream.read(int.from_bytes(head[:3], "little")))
        return head[3]

    def say(self, client, number):
        """In as many packets as it needs; one that is full goes on in the next."""
        for first in range(0, len(self.answer) + 1, FULL_BYTES):
            client.sendall(packet(number, self.answer[first:first + FULL_BYTES]))
            number += 1

    def serve(self):
        while True:
            client = self.server.accept()[0]
            stream = client.makefile("rb")
            try:
                client.sendall(packet(0, greeting()))
                number = self.take(stream)
                client.sendall(packet(number + 1, b"\xfe" + self.plugin + b"\0" + b"x" * 20 + b"\0"))
                client.sendall(packet(self.take(stream) + 1, OK))
                while True:
                    self.say(client, self.take(stream) + 1)
            except (OSError, EOFError):
                pass
            client.close()


class Case(unittest.TestCase):
    def read_from(self, hostile, timeout=3):
        """What a job says that reads a table there; it cannot."""
        url = f"jdbc:mysql://127.0.0.1:{hostile.port}/x"
        child = WEIR.start(f"CREATE TABLE t (k INT) WITH ('connector' = 'jdbc', 'url' = '{url}', "
                           f"'table-name' = 't', 'username' = 'u', 'password' = '{PASSWORD}');"
                           f"SELECT * FROM t;")
        try:
            child.wait(timeout)
        except Exception:  # pylint: disable=broad-except
            child.terminate()
        return WEIR.finish(child, 10)[1]

    def test_the_password_is_not_told(self):
        for plugin in (b"mysql_clear_password", b"dialog"):
            hostile = Hostile(plugin)
            text = self.read_from(hostile)
            self.assertIn("would tell the password to anybody", text)
            self.assertNotIn(PASSWORD.encode(), b"".join(hostile.packets))
            self.assertNotIn(PASSWORD, text)

    def test_a_stop_while_tables_are_opened(self):
        """Each of them waits for a greeting, one after the other."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            with_options = (f"WITH ('connector' = 'jdbc', 'table-name' = 't', 'username' = 'u', "
                            f"'url' = 'jdbc:mysql://127.0.0.1:{silent.getsockname()[1]}/x')")
            tables = "".join(f"CREATE TABLE t{i} (k INT) {with_options};" for i in range(4))
            inserts = "".join(f"INSERT INTO t{i} VALUES (1);" for i in range(4))
            child = WEIR.start(tables + inserts)
            silent.accept()
            begin = time.monotonic()
            child.terminate()
            status, text = WEIR.finish(child, 10)
            self.assertLess(time.monotonic() - begin, 5)
            self.assertEqual(status, 0, text)
            self.assertIn("stopped before the start", text)

    def test_what_a_server_says_has_a_limit(self):
        hostile = Hostile(b"mysql_native_password", bytes(80 << 20))
        self.assertIn("answers with more than 67108864 bytes at once",
                      self.read_from(hostile, 60))

    def test_files_are_not_sent(self):
        with tempfile.NamedTemporaryFile(prefix="weir-hostile-") as file:
            file.write(b"not for you")
            file.flush()
            hostile = Hostile(b"mysql_native_password", b"\xfb" + os.fsencode(file.name))
            self.read_from(hostile)
        abilities = struct.unpack("<I", hostile.packets[0][:4])[0]
        self.assertFalse(abilities & LOCAL_FILES)
        self.assertNotIn(b"not for you", b"".join(hostile.packets))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], warnings="ignore")
