#!/usr/bin/env python3
"""The proxy of the fault tests does what it says, before a server that sends back what it gets."""
import socket
import threading
import time
import unittest

from proxy import (CLOSE, CUT, STALL, TO_CLIENT, TO_SERVER, Proxy, close, cut, random_faults,
                   stall)


class EchoServer:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.echo, args=(client,), daemon=True).start()

    @staticmethod
    def echo(client):
        try:
            while piece := client.recv(4096):
                client.sendall(piece)
        except OSError:
            pass
        client.close()

    def close(self):
        if self.listener.fileno() >= 0:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()


def read(client, size):
    """Up to size bytes: fewer where the connection ends."""
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.server = EchoServer()
        self.proxy = Proxy(self.server.address)
        self.addCleanup(self.server.close)
        self.addCleanup(self.proxy.close)

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=20)
        self.addCleanup(client.close)
        return client

    def assert_silent(self, client):
        client.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            client.recv(1)
        client.settimeout(20)

    def test_without_a_fault_all_bytes_pass(self):
        data = bytes(range(256)) * 20000
        client = self.connect()
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        self.assertEqual(read(client, len(data)), data)
        sender.join()
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(client.recv(1), b"")
        self.assertEqual(self.proxy.passed(TO_SERVER), len(data))

    def test_close_passes_exactly_as_many_bytes(self):
        for direction in (TO_SERVER, TO_CLIENT):
            for after in (0, 1, 1000):
                with self.subTest(direction=direction, after=after):
                    self.proxy.next(close(after, direction))
                    before = self.proxy.passed(direction)
                    client = self.connect()
                    client.sendall(b"x" * 3000)
                    try:
                        self.assertLessEqual(len(read(client, 3000)), after)
                    except ConnectionResetError:
                        pass  # closed while bytes of ours were unread
                    self.assertEqual(self.proxy.passed(direction) - before, after)

    def test_cut_resets(self):
        self.proxy.next(cut(10, TO_CLIENT), cut(10, TO_SERVER), None)
        for _ in range(2):
            client = self.connect()
            client.sendall(b"x" * 100)
            with self.assertRaises(ConnectionResetError):
                while client.recv(100):
                    pass
        client = self.connect()
        client.sendall(b"later ones are whole")
        self.assertEqual(read(client, 20), b"later ones are whole")

    def test_stall_holds_bytes_until_release(self):
        for direction in (TO_SERVER, TO_CLIENT):
            with self.subTest(direction=direction):
                self.proxy.next(stall(5, direction))
                client = self.connect()
                client.sendall(b"0123456789")
                self.assertEqual(read(client, 5), b"01234")
                self.assert_silent(client)
                self.proxy.release()
                self.assertEqual(read(client, 5), b"56789")

    def test_stall_all_and_cut_all(self):
        client = self.connect()
        client.sendall(b"a")
        self.assertEqual(read(client, 1), b"a")
        self.proxy.stall_all()
        client.sendall(b"b")
        self.assert_silent(client)
        self.proxy.release()
        self.assertEqual(read(client, 1), b"b")
        self.proxy.cut_all()
        with self.assertRaises(ConnectionResetError):
            client.recv(1)

    def test_delay(self):
        self.proxy.delay_s = 0.1
        client = self.connect()
        begin = time.monotonic()
        client.sendall(b"a")
        self.assertEqual(read(client, 1), b"a")
        self.assertGreaterEqual(time.monotonic() - begin, 0.2)

    def test_refuse_and_accept(self):
        client = self.connect()
        client.sendall(b"a")
        self.assertEqual(read(client, 1), b"a")
        self.proxy.refuse()
        with self.assertRaises(ConnectionResetError):
            client.recv(1)
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.proxy.accept()
        client = self.connect()
        client.sendall(b"b")
        self.assertEqual(read(client, 1), b"b")

    def test_a_server_that_is_away(self):
        self.server.close()
        client = self.connect()
        self.assertEqual(client.recv(1), b"")

    def test_random_faults_repeat(self):
        first, second, other = (random_faults(seed, kinds=(CUT, CLOSE, STALL))
                                for seed in (1, 1, 2))
        faults = [first() for _ in range(200)]
        self.assertEqual(faults, [second() for _ in range(200)])
        self.assertNotEqual(faults, [other() for _ in range(200)])
        some = [fault for fault in faults if fault is not None]
        self.assertTrue(50 < len(some) < 150)
        self.assertTrue(all(1 <= fault.bytes <= 20000 for fault in some))

    def test_always(self):
        self.proxy.always = lambda: cut(1)
        for _ in range(3):
            client = self.connect()
            with self.assertRaises(ConnectionError):
                client.sendall(b"ab")
                if not client.recv(1):
                    raise ConnectionResetError
        self.assertEqual(self.proxy.accepted, 3)


unittest.main()
