#!/usr/bin/env python3
"""HBase, Elasticsearch and ClickHouse over TLS: who the server is, is verified unless the job says
otherwise, and a stranger is sent nothing, neither rows nor the password.

    test_https.py WEIR

Needs no server: one in this program, with a certificate of an authority of its own, takes every call.
"""
import base64
import http.server
import shutil
import ssl
import tempfile
import threading
import unittest

from serverlib import weir
from tlslib import another_name, make_certificates, need_openssl

PASSWORD = "s3cret"
TABLES = {
    "hbase": "'connector'='hbase-2.2','table-name'='t','rest.endpoints'='{url}',"
             "'username'='me','password'='{password}'",
    "elasticsearch": "'connector'='elasticsearch-7','index'='t','hosts'='{url}','username'='me',"
                     "'password'='{password}'",
    "clickhouse": "'connector'='clickhouse','table-name'='t','url'='{url}','username'='me',"
                  "'password'='{password}'",
}
COLUMNS = {"hbase": "k STRING, f ROW<v STRING>"}


class Taking(http.server.BaseHTTPRequestHandler):
    """Says no to all that it is asked, and remembers it."""

    protocol_version = "HTTP/1.1"

    def do(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.calls.append(str(self.headers) + self.path)
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Taking)
        self.calls = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
        self.socket = context.wrap_socket(self.socket, server_side=True,
                                          do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, *_):
        pass  # handshakes that fail


class Https(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need_openssl()
        cls.folder = tempfile.mkdtemp(prefix="weir-https-")
        make_certificates(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def write(self, name, host="localhost", more=""):
        """What a job says that writes a row there, and the calls that it has made."""
        server = Server(self.folder)
        options = TABLES[name].format(url=f"https://{host}:{server.server_port}",
                                      password=PASSWORD)
        row = "SELECT 'k', ROW('v')" if name == "hbase" else "SELECT 'k', 'v'"
        child = weir().start(
            f"CREATE TABLE t ({COLUMNS.get(name, 'k STRING, v STRING')}, PRIMARY KEY (k) NOT "
            f"ENFORCED) WITH ({options}{more});\nINSERT INTO t {row};")
        status, text = weir().finish(child)
        server.shutdown()
        server.server_close()
        self.assertIn(status, (2, 3), text)
        self.assertNotIn(PASSWORD, text)
        return text, server.calls

    def is_refused(self, name, **more):
        text, calls = self.write(name, **more)
        self.assertEqual(calls, [])
        self.assertIn("certificate", text.lower())

    def is_taken(self, name, **more):
        text, calls = self.write(name, **more)
        self.assertNotIn("certificate", text.lower())
        told = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
        self.assertTrue(any(told in call or PASSWORD in call for call in calls), calls)

    def test_servers_are_verified(self):
        authority = f",'ssl.ca-file'='{self.folder}/ca.pem'"
        other = another_name()
        for name in TABLES:
            with self.subTest(name=name):
                self.is_refused(name)
                self.is_refused(name, more=f",'ssl.ca-file'='{self.folder}/another.pem'")
                if other:
                    self.is_refused(name, host=other, more=authority)
                self.is_taken(name, more=authority)
                self.is_taken(name, more=",'ssl.verify'='false'")


if __name__ == "__main__":
    import sys
    unittest.main(argv=sys.argv[:1], warnings="ignore")
