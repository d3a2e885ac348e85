"""What tests against real servers share: where the servers are, clients that are not weir, servers
that are killed, and, from proxy.py, broken connections.  Needs nothing but Python and the command
line client of MariaDB.

A test begins with need("mariadb", "kafka"): it is skipped where one of them does not run.  Servers
are those of tools/servers, found by $WEIR_SERVERS_DIR and the ports in the environment, or told by
WEIR_MARIADB=HOST:PORT and so on.  weir and the programs that load and dump topics come as arguments:

    test_X.py WEIR [LOAD_TOPIC DUMP_TOPIC]
"""
import base64
import collections
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("support", "kafka"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))

from kafkalib import Tools  # noqa: E402
from proxy import *  # noqa: E402,F401,F403
from weirlib import Weir, skip, wait_until  # noqa: E402,F401

SERVERS = os.environ.get("WEIR_SERVERS", os.path.join(HERE, "..", "..", "tools", "servers"))
NAMES = ("kafka", "mariadb", "hbase", "elasticsearch", "clickhouse")
PORTS_OF_A_SERVER = 4


class ServerError(Exception):
    """A server refused what a test asked; `status` is HTTP's, or 0."""

    def __init__(self, text, status=0):
        super().__init__(text)
        self.status = status


def address(name):
    """HOST:PORT; ends the test with 77 where the server is not running."""
    told = os.environ.get("WEIR_" + name.upper())
    if told:
        return told
    server = Server(name)
    if not server.is_running():
        skip(f"{name} is not running (tools/servers start {name})")
    return server.address


def need(*names):
    return [address(name) for name in names]


def weir():
    return Weir(sys.argv[1])


def kafka_tools():
    return Tools(*sys.argv[1:4], address("kafka"))


def unique(name):
    """A name for tables and topics that no other run of a test has."""
    return f"{name}_{os.getpid()}"


def seeded_random():
    seed = int(os.environ.get("WEIR_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed} (WEIR_SEED repeats it)", flush=True)
    return random.Random(seed)


def free_ports(count):
    """The first of `count` ports in a row that nobody listens at."""
    while True:
        first = random.randrange(20000, 30000)
        held = []
        try:
            for port in range(first, first + count):
                held.append(socket.create_server(("127.0.0.1", port)))
            return first
        except OSError:
            continue
        finally:
            for one in held:
                one.close()


class Server:
    """A server of tools/servers: the one that all tests share, or with own() a private one.

    Names are those of tools/servers; "hbase" is the REST server with the master behind it, and
    "hbase-master" can be killed, paused and started alone.
    """

    def __init__(self, name, env=None, folder=None):
        self.name, self.folder = name, folder
        self.env = dict(os.environ) if env is None else env

    @classmethod
    def own(cls, name, **env):
        """In a folder and at ports of its own, not started yet; for use with `with`."""
        folder = tempfile.mkdtemp(prefix="weir-")
        prefix = f"WEIR_{name.upper()}_"
        # Further ports of the same server follow the first.
        kept = {key: value for key, value in os.environ.items()
                if not (key.startswith(prefix) and key.endswith("_PORT"))}
        variable = prefix + ("REST_PORT" if name == "hbase" else "PORT")
        return cls(name, dict(kept, WEIR_SERVERS_DIR=folder,
                              **{variable: str(free_ports(PORTS_OF_A_SERVER))}, **env), folder)

    def part(self, name):
        """Another server in the same folder: Server.own("hbase").part("hbase-master")."""
        return Server(name, self.env)

    def tool(self, *arguments, check=True):
        done = subprocess.run([SERVERS, *arguments, self.name], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if check and done.returncode != 0:
            raise ServerError(done.stderr.decode("utf-8", "replace"))
        return done

    @property
    def address(self):
        return self.tool("endpoint").stdout.decode().strip()

    def is_running(self):
        return self.tool("status", check=False).returncode == 0

    def start(self, fresh=False):
        self.tool("start", *(["--fresh"] if fresh else []))

    def stop(self):
        self.tool("stop")

    def kill(self):
        self.tool("kill")

    def restart(self):
        self.tool("restart")

    def pause(self):
        """It keeps its connections and does nothing, until resume()."""
        os.kill(self.pid(), signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid(), signal.SIGCONT)

    def pid(self):
        cache = self.env.get("WEIR_CACHE",
                             os.path.join(self.env.get("HOME", "/root"), ".cache", "weir"))
        state = self.env.get("WEIR_SERVERS_DIR", os.path.join(cache, "servers"))
        with open(os.path.join(state, self.name, "pid"), encoding="ascii") as file:
            return int(file.read().split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tool("kill", check=False)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


class Mysql:
    """MariaDB by its command line client."""

    ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}

    def __init__(self, where, user="weir", password="weir", database=None):
        host, port = where.rsplit(":", 1)
        self.env = dict(os.environ, MYSQL_PWD=password)
        self.command = ["mariadb", "--no-defaults", "--protocol=tcp", f"--host={host}",
                        f"--port={port}", f"--user={user}", "--batch", "--skip-column-names",
                        "--default-character-set=utf8mb4"]
        self.database = database

    def fresh_database(self, name):
        """Makes it, empty, the one of all later statements."""
        self.database = None
        self.run(f"drop database if exists `{name}`; create database `{name}`")
        self.database = name

    def run(self, sql):
        """Statements; what they print, as it comes."""
        done = subprocess.run(self.command + ([self.database] if self.database else []),
                              input=sql.encode(), env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise ServerError(done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode("utf-8", "surrogateescape")

    def rows(self, sql):
        """Tuples of text; NULL is None (and so is a text NULL: compare with `is null` there)."""
        lines = self.run(sql).split("\n")[:-1]
        return [tuple(self.value(text) for text in line.split("\t")) for line in lines]

    def value(self, text):
        if text == "NULL":
            return None
        if "\\" not in text:
            return text
        parts, rest = [], iter(text)
        for letter in rest:
            parts.append(self.ESCAPES[next(rest)] if letter == "\\" else letter)
        return "".join(parts)


class Reply(collections.namedtuple("Reply", "status headers data")):
    @property
    def text(self):
        return self.data.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.data)


class Http:
    """One request a connection; bodies that are not bytes or text are sent as JSON."""

    def __init__(self, where, user=None, password=""):
        self.where = where
        self.headers = {"Accept": "application/json"}
        if user is not None:
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.headers["Authorization"] = f"Basic {token}"

    def request(self, method, path, body=None, headers=None, timeout=60):
        """A Reply, whatever its status."""
        send = dict(self.headers)
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            send["Content-Type"] = "application/json"
        if isinstance(body, str):
            body = body.encode()
        send.update(headers or {})
        connection = http.client.HTTPConnection(self.where, timeout=timeout)
        try:
            connection.request(method, path, body, send)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def must(self, method, path, body=None, headers=None, timeout=60):
        """A Reply of success; else ServerError with the beginning of what the server said."""
        reply = self.request(method, path, body, headers, timeout)
        if not 200 <= reply.status < 300:
            raise ServerError(f"{method} {path}: {reply.status} {reply.text[:500]}", reply.status)
        return reply


class ClickHouse(Http):
    def run(self, sql, data=None):
        """A statement; `data` are the rows of an INSERT."""
        if data is None:
            return self.must("POST", "/", sql).text
        return self.must("POST", "/?query=" + quote(sql), data).text

    def rows(self, sql):
        """Lists of JSON values; 64-bit integers are numbers."""
        path = "/?output_format_json_quote_64bit_integers=0"
        return self.must("POST", path, sql + " format JSONCompact").json["data"]


class Elasticsearch(Http):
    def create(self, index, properties):
        """An index with typed fields: {"a": "long", "b": {"type": "date", ...}}."""
        types = {name: {"type": one} if isinstance(one, str) else one
                 for name, one in properties.items()}
        self.must("PUT", "/" + quote(index), {
            "settings": {"number_of_replicas": 0},
            "mappings": {"dynamic": "strict", "properties": types}})

    def drop(self, index):
        self.request("DELETE", "/" + quote(index))

    def docs(self, index):
        """All documents of an index, at most 10,000, by id; sees all writes so far."""
        self.must("POST", f"/{quote(index)}/_refresh")
        hits = self.must("POST", f"/{quote(index)}/_search", {"size": 10000}).json["hits"]
        assert hits["total"] == {"value": len(hits["hits"]), "relation": "eq"}, hits["total"]
        return {hit["_id"]: hit["_source"] for hit in hits["hits"]}


class Hbase(Http):
    """Keys, columns ("family:qualifier") and values are bytes."""

    def must(self, method, path, body=None, headers=None, timeout=60):
        """Requests here may be made twice.  On a busy machine the server gives one up now and then, after
        having waited for itself."""
        for last in (False, False, False, True):
            try:
                return super().must(method, path, body, headers, timeout)
            except ServerError as error:
                if error.status != 503 or last:
                    raise

    def create(self, table, *families):
        self.must("PUT", f"/{quote(table)}/schema",
                  {"name": table, "ColumnSchema": [{"name": name} for name in families]})

    def drop(self, table):
        self.request("DELETE", f"/{quote(table)}/schema")

    def put(self, table, rows):
        """{key: {column: value}}."""
        body = [{"key": b64(key), "Cell": [{"column": b64(column), "$": b64(value)}
                                           for column, value in cells.items()]}
                for key, cells in rows.items()]
        self.must("PUT", f"/{quote(table)}/rows", {"Row": body})

    def delete(self, table, key):
        """A row, whatever it is called."""
        name = base64.urlsafe_b64encode(key).decode().rstrip("=")
        self.must("DELETE", f"/{quote(table)}/{name}?e=b64")

    def rows(self, table):
        """All rows, {key: {column: value}}."""
        made = self.must("PUT", f"/{quote(table)}/scanner", {"batch": 1000})
        path = made.headers["Location"].split("/", 3)[3]
        found = {}
        while (reply := self.must("GET", "/" + path)).status != 204:
            for row in reply.json["Row"]:
                # A row may be split over two replies.
                cells = found.setdefault(base64.b64decode(row["key"]), {})
                for cell in row["Cell"]:
                    cells[base64.b64decode(cell["column"])] = base64.b64decode(cell["$"])
        self.must("DELETE", "/" + path)
        return found


def b64(data):
    return base64.b64encode(data).decode()


def quote(text):
    return urllib.parse.quote(text, safe="")
