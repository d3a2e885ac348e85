"""A TCP proxy that breaks connections, for tests of faults.

    with Proxy("127.0.0.1:13306") as proxy:
        proxy.next(cut(100, TO_CLIENT))    # the next connection is reset after 100 bytes
        proxy.always = random_faults(7)    # and all later ones at random bytes
        ...                                # the client connects to proxy.address

Each connection takes one fault: of those given to next() the first, else what `always` gives, else
none.  cut_all(), stall_all(), refuse() and `delay_s` act on all connections at once.  Bytes are
those of one direction of one connection, counted from its start; exactly that many pass.
"""
import collections
import random
import select
import socket
import struct
import threading
import time

TO_SERVER, TO_CLIENT = "to server", "to client"
CUT, CLOSE, STALL = "cut", "close", "stall"
PIECE_BYTES = 65536

Fault = collections.namedtuple("Fault", "kind bytes direction")


def cut(after_bytes, direction=TO_SERVER):
    """The connection is reset, on both sides."""
    return Fault(CUT, after_bytes, direction)


def close(after_bytes, direction=TO_SERVER):
    """The connection ends in order, in the middle of what was to be said."""
    return Fault(CLOSE, after_bytes, direction)


def stall(after_bytes, direction=TO_SERVER):
    """Nothing passes in this direction any more, until release()."""
    return Fault(STALL, after_bytes, direction)


def random_faults(seed, share=0.5, limit_bytes=20000, kinds=(CUT, CLOSE)):
    """For Proxy.always: a share of the connections fails at random bytes; a seed repeats it."""
    chance = random.Random(seed)

    def pick():
        # All numbers are drawn each time, so that a fault does not depend on those before it.
        draw, kind, direction = chance.random(), chance.choice(kinds), chance.random()
        # As often within the first hundred bytes, the greeting, as within the last half.
        after_bytes = int(limit_bytes ** chance.random())
        if draw >= share:
            return None
        return Fault(kind, after_bytes, TO_SERVER if direction < 0.5 else TO_CLIENT)

    return pick


class Flow:
    """One direction of a connection; at most one piece is under way."""

    def __init__(self, source, target, direction, fault):
        self.source, self.target = source, target
        self.fault = fault if fault is not None and fault.direction == direction else None
        self.piece = b""
        self.due = 0.0
        self.passed = 0
        self.stalled = False
        self.ended = False

    def wants_to_read(self):
        return not self.piece and not self.ended and not self.stalled

    def wants_to_write(self):
        return bool(self.piece) and not self.stalled and time.monotonic() >= self.due

    def read(self, delay_s):
        self.piece = self.source.recv(PIECE_BYTES)
        self.due = time.monotonic() + delay_s
        if not self.piece:
            self.ended = True
            self.target.shutdown(socket.SHUT_WR)

    def write(self):
        """The kind of the fault that comes about now, or None."""
        room = len(self.piece) if self.fault is None else self.fault.bytes - self.passed
        if room > 0:
            sent = self.target.send(self.piece[:room])
            self.piece = self.piece[sent:]
            self.passed += sent
        if self.fault is None or self.passed < self.fault.bytes:
            return None
        kind, self.fault = self.fault.kind, None
        self.stalled = kind == STALL
        return None if self.stalled else kind


class Connection:
    """Only its thread touches the sockets: a socket that another thread waits for cannot be
    reset."""

    def __init__(self, proxy, client, server, fault):
        self.proxy = proxy
        self.sides = (client, server)
        self.flows = {TO_SERVER: Flow(client, server, TO_SERVER, fault),
                      TO_CLIENT: Flow(server, client, TO_CLIENT, fault)}
        self.wake_in, self.wake_out = socket.socketpair()
        self.asked_to_end = None
        for side in self.sides:
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def ask_to_end(self, kind):
        self.asked_to_end = kind
        self.wake()
        self.thread.join()

    def stall(self, stalled):
        for flow in self.flows.values():
            flow.stalled = stalled
        self.wake()

    def wake(self):
        try:
            self.wake_in.send(b"w")
        except OSError:
            pass  # it has ended

    def run(self):
        try:
            kind = None
            while kind is None:
                kind = self.step()
        except OSError:
            kind = CUT  # one side is gone; the other learns it the same way
        for side in self.sides:
            if kind == CUT:
                # Closing with no time to linger resets.
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            side.close()
        self.wake_in.close()
        self.wake_out.close()

    def step(self):
        """Waits for something to do, and does it; returns how the connection ends, or None."""
        if self.asked_to_end is not None:
            return self.asked_to_end
        if all(flow.ended for flow in self.flows.values()):
            return CLOSE
        ready = self.wait()
        for flow in self.flows.values():
            if flow.wants_to_read() and ready.get(flow.source.fileno(), 0) & select.POLLIN:
                flow.read(self.proxy.delay_s)
            elif flow.wants_to_write() and ready.get(flow.target.fileno(), 0) & select.POLLOUT:
                kind = flow.write()
                if kind is not None:
                    return kind
        return None

    def wait(self):
        events = {side.fileno(): 0 for side in self.sides}
        timeout_s = None
        for flow in self.flows.values():
            if flow.wants_to_read():
                events[flow.source.fileno()] |= select.POLLIN
            elif flow.wants_to_write():
                events[flow.target.fileno()] |= select.POLLOUT
            elif flow.piece and not flow.stalled:
                rest_s = max(flow.due - time.monotonic(), 0)
                timeout_s = rest_s if timeout_s is None else min(timeout_s, rest_s)
        poll = select.poll()
        poll.register(self.wake_out, select.POLLIN)
        for number, mask in events.items():
            poll.register(number, mask)
        ready = dict(poll.poll(None if timeout_s is None else timeout_s * 1000 + 1))
        if self.wake_out.fileno() in ready:
            self.wake_out.recv(4096)
        for number, mask in events.items():
            if ready.get(number, 0) & ~(mask | select.POLLIN | select.POLLOUT) and \
                    not ready[number] & mask:
                raise ConnectionResetError  # gone, and nothing of it is left to be read
        return ready


class Proxy:
    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.always = None  # called for each connection: a fault or None
        self.delay_s = 0.0  # before each piece, in both directions
        self.accepted = 0   # connections so far
        self.planned = collections.deque()
        self.connections = []
        self.lock = threading.Lock()
        self.listener = None
        self.port = 0
        self.accept()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def next(self, *faults):
        """Faults of the next connections, one each; None is a connection without."""
        self.planned.extend(faults)

    def passed(self, direction):
        """Bytes of all connections."""
        with self.lock:
            return sum(one.flows[direction].passed for one in self.connections)

    def cut_all(self):
        """Resets all connections there are; new ones are taken."""
        for connection in self.snapshot():
            connection.ask_to_end(CUT)

    def stall_all(self):
        """Nothing passes on the connections there are until release()."""
        for connection in self.snapshot():
            connection.stall(True)

    def release(self):
        for connection in self.snapshot():
            connection.stall(False)

    def refuse(self):
        """As if the server were away: all connections are reset, and new ones refused."""
        if self.listener is not None:
            # Wakes accept(), which close() alone does not.
            self.listener.shutdown(socket.SHUT_RDWR)
            self.thread.join()
            self.listener.close()
            self.listener = None
        self.cut_all()

    def accept(self):
        """Connections are taken again, at the same address."""
        if self.listener is not None:
            return
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, args=(self.listener,), daemon=True)
        self.thread.start()

    def close(self):
        self.refuse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def snapshot(self):
        with self.lock:
            return list(self.connections)

    def serve(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target, timeout=10)
            except OSError:
                client.close()
                continue
            fault = self.planned.popleft() if self.planned else self.always and self.always()
            with self.lock:
                self.accepted += 1
                self.connections.append(Connection(self, client, server, fault))
