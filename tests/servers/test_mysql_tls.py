#!/usr/bin/env python3
"""MySQL over TLS: the certificate and the host's name are checked, unless the job says otherwise; and
what a server says may be any bytes.

    test_mysql_tls.py WEIR ...
"""
import os
import random
import shutil
import socket
import subprocess
import tempfile
import threading

from mysqllib import WEIR, MysqlCase, main
from serverlib import Mysql, Server, seeded_random
from tlslib import another_name, make_certificates, need_openssl

RANDOM = seeded_random()


class Garbler:
    """Passes connections on to a server, and changes a few bytes of what that says."""

    def __init__(self, target, chance):
        host, port = target.rsplit(":", 1)
        self.target, self.chance = (host, int(port)), chance
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                return
            for source, target, garbles in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.pass_on, args=(source, target, garbles),
                                 daemon=True).start()

    def pass_on(self, source, target, garbles):
        try:
            while data := bytearray(source.recv(65536)):
                for _ in range(self.chance.choice((0, 0, 1, 1, 3)) if garbles else 0):
                    data[self.chance.randrange(len(data))] = self.chance.randrange(256)
                target.sendall(data)
        except OSError:
            pass
        for side in (source, target):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Tls(MysqlCase):
    @classmethod
    def setUpClass(cls):
        need_openssl()
        cls.certificates = tempfile.mkdtemp(prefix="weir-tls-")
        make_certificates(cls.certificates)
        cls.server = Server.own("mariadb", WEIR_MARIADB_OPTIONS=" ".join(
            f"--ssl-{name}={cls.certificates}/{file}"
            for name, file in (("ca", "ca.pem"), ("cert", "server.pem"), ("key", "server.key"))))
        cls.server.start()
        mysql = Mysql(cls.server.address)
        mysql.run("create table weir.t (id int primary key, v varchar(20)); "
                  "insert into weir.t values (1, 'one'), (2, 'two'); "
                  "create user tls@'127.0.0.1' identified by 'weir' require ssl; "
                  "grant all on *.* to tls@'127.0.0.1'")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        shutil.rmtree(cls.certificates)

    def scan(self, properties, user="tls", host="localhost", where=None, sort="id"):
        where = where or f"{host}:{self.server.address.rsplit(':', 1)[1]}"
        options = self.options("t", {"url": f"jdbc:mysql://{where}/weir?{properties}",
                                     "username": user})
        return f"CREATE TABLE t (id INT, v STRING) WITH ({options}); SELECT {sort} FROM t;"

    def works(self, properties, **more):
        self.assertEqual(len(self.select(self.scan(properties, **more))), 2)

    def fails(self, properties, words, **more):
        self.assertIn(words, self.run_job(self.scan(properties, **more), status=3))

    def test_verification(self):
        ca = f"serverSslCert={self.certificates}/ca.pem"
        self.works(f"useSSL=true&{ca}")
        self.works(f"sslMode=VERIFY_IDENTITY&trustCertificateKeyStoreUrl=file:"
                   f"{self.certificates}/ca.pem")
        self.fails("useSSL=true", "(error 2026)")
        self.fails(f"useSSL=true&serverSslCert={self.certificates}/another.pem", "(error 2026)")
        self.works("sslMode=REQUIRED")
        self.works("useSSL=true&verifyServerCertificate=false")
        self.fails("useSSL=false", "(error 1045)")
        self.works("useSSL=false", user="weir")

    def test_the_name_of_the_host_is_verified(self):
        ca = f"serverSslCert={self.certificates}/ca.pem"
        other = another_name()
        if other:
            self.fails(f"useSSL=true&{ca}", "(error 2026)", host=other)

    def test_any_bytes_from_a_server(self):
        """Errors, or wrong values, but no crash and no hang."""
        for _ in range(int(os.environ.get("WEIR_GARBLED", "12"))):
            garbler = Garbler(self.server.address, random.Random(RANDOM.random()))
            sql = self.scan("socketTimeout=300&connectTimeout=1000", user="weir",
                            where=garbler.address, sort="*")
            child = WEIR.start(sql)
            try:
                child.wait(1)
            except subprocess.TimeoutExpired:
                child.terminate()  # it waits for better days
            status, text = WEIR.finish(child, 10)
            garbler.close()
            self.assertIn(status, (0, 2, 3), text)
            self.assertNotIn("Sanitizer", text)


if __name__ == "__main__":
    main()
