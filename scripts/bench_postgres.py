#!/usr/bin/python3
"""The yardstick: PostgreSQL's logical replication on this machine, measured as `soxa bench` measures soxa.

Two instances of their own in a temporary folder, on loopback, with fsync; an existing cluster is never touched. What is
measured: an empty second instance catching up (initial copy, and as transactions of 1,000 and of 1 record), a commit
that is durable at both ends, and meeting again with nothing and with 100 records to fetch. PostgreSQL checks no
signature, and replicates one way: with 100 records on each side it would need a second pair and a rule for conflicts.

Needs PostgreSQL 15 or newer and psycopg2 for the system's own Python; installs Debian's packages when it may (root or
sudo). That package makes a cluster of its own, which is not used here either.
"""

import argparse
import json
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PACKAGES = ["postgresql", "python3-psycopg2"]
TABLE = "CREATE TABLE record (id bigint PRIMARY KEY, body bytea NOT NULL)"
SETTINGS = """
listen_addresses = '127.0.0.1'
wal_level = logical
fsync = on
synchronous_commit = on
shared_buffers = 256MB
max_wal_size = 4GB
logging_collector = off
"""


def fail(what):
    sys.exit(f"scripts/bench_postgres.py: {what}")


def programs():
    """The folder of initdb and postgres; Debian keeps it off the PATH."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return pathlib.Path(on_path).resolve().parent if on_path else None


def install_missing():
    missing = []
    if programs() is None:
        missing.append(PACKAGES[0])
    try:
        import psycopg2  # noqa: F401
    except ImportError:
        missing.append(PACKAGES[1])
    if not missing:
        return
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    if as_root and not shutil.which("sudo") or not shutil.which("apt-get"):
        fail(f"missing: {' '.join(missing)} (needs apt-get and root or sudo; else install them by hand)")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *missing]):
        if subprocess.run([*as_root, "apt-get", *command], env=environment, stdout=sys.stderr).returncode:
            fail(f"apt-get {command[0]} failed; missing: {' '.join(missing)}")


class Instance:
    """One PostgreSQL of our own: its folder, its port, its process."""

    def __init__(self, folder, name):
        self.name, self.data, self.process = name, folder / name, None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.run("initdb", "-D", self.data, "-U", "bench", "-A", "trust", "--no-sync").check_returncode()
        settings = f"{SETTINGS}port = {self.port}\nunix_socket_directories = '{folder}'\n"
        with open(self.data / "postgresql.auto.conf", "a", encoding="ascii") as auto:
            auto.write(settings)

    def run(self, program, *args):
        command = [*AS_USER, str(programs() / program), *map(str, args)]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")

    def start(self):
        log = self.data / "log"
        self.run("pg_ctl", "-D", self.data, "-l", log, "-w", "start").check_returncode()
        self.process = True

    def stop(self):
        if self.process:
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
            self.process = None

    def connect(self):
        import psycopg2

        link = psycopg2.connect(host="127.0.0.1", port=self.port, user="bench", dbname="postgres")
        link.autocommit = True
        return link


class Line:
    """Carries the subscription's connection and counts its bytes, both ways."""

    def __init__(self, target):
        self.bytes, self.target = 0, target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    def carry(self, source, sink):
        try:
            while data := source.recv(65536):
                self.bytes += len(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def one(link, question, *values):
    with link.cursor() as cursor:
        cursor.execute(question, values or None)
        return cursor.fetchone() if cursor.description else None


def until(look, limit_s=600):
    begun = time.monotonic()
    while not look():
        if time.monotonic() - begun > limit_s:
            fail("waited too long; nothing more comes")
        time.sleep(0.002)


class Pair:
    """A publisher, a subscriber, and one subscription between them."""

    def __init__(self, folder, size):
        self.publisher, self.subscriber = Instance(folder, "publisher"), Instance(folder, "subscriber")
        self.size, self.next = size, 0
        try:
            for instance in (self.publisher, self.subscriber):
                instance.start()
            self.line = Line(self.publisher.port)
            self.at_publisher, self.at_subscriber = self.publisher.connect(), self.subscriber.connect()
            for link in (self.at_publisher, self.at_subscriber):
                one(link, TABLE)
            one(self.at_publisher, "CREATE PUBLICATION acts FOR TABLE record")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.subscriber.stop()
        self.publisher.stop()

    def insert(self, rows, transaction_of):
        """So many records of random bytes, so many in a transaction."""
        with self.at_publisher.cursor() as cursor:
            for begin in range(0, rows, transaction_of):
                count = min(transaction_of, rows - begin)
                values = [(self.next + at, secrets.token_bytes(self.size)) for at in range(count)]
                self.next += count
                marks = ",".join(["(%s,%s)"] * count)
                cursor.execute("INSERT INTO record VALUES " + marks, [part for row in values for part in row])

    def subscribe(self):
        where = f"host=127.0.0.1 port={self.line.port} user=bench dbname=postgres"
        one(
            self.at_subscriber,
            f"CREATE SUBSCRIPTION acts CONNECTION '{where}' PUBLICATION acts WITH (synchronous_commit = 'on')",
        )

    def enable(self, on):
        one(self.at_subscriber, f"ALTER SUBSCRIPTION acts {'ENABLE' if on else 'DISABLE'}")
        if not on:
            active = "SELECT count(*) FROM pg_stat_replication"
            until(lambda: one(self.at_publisher, active)[0] == 0)

    def held(self):
        """Whether the subscriber has the newest record, and the publisher knows it."""
        have = one(self.at_subscriber, "SELECT 1 FROM record WHERE id = %s", self.next - 1)
        return have is not None

    def confirmed(self, position):
        sure = one(self.at_publisher, "SELECT confirmed_flush_lsn >= %s FROM pg_replication_slots", position)
        return bool(sure and sure[0])

    def clear(self):
        self.enable(False)
        one(self.at_subscriber, "DROP SUBSCRIPTION acts")
        for link in (self.at_publisher, self.at_subscriber):
            one(link, "TRUNCATE record")
            one(link, "CHECKPOINT")
        self.next = 0

    def initial_copy(self, rows):
        self.insert(rows, 1_000)
        begun, before = time.monotonic(), self.line.bytes
        self.subscribe()
        ready = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r'"
        until(lambda: one(self.at_subscriber, ready)[0] == 1)
        seconds = time.monotonic() - begun
        return figure(rows, seconds, self.line.bytes - before)

    def catch_up(self, rows, transaction_of):
        self.enable(False)
        self.insert(rows, transaction_of)
        begun, before = time.monotonic(), self.line.bytes
        self.enable(True)
        until(self.held)
        return figure(rows, time.monotonic() - begun, self.line.bytes - before)

    def latency(self, commits, every_ms):
        one(self.at_publisher, "ALTER SYSTEM SET synchronous_standby_names = 'acts'")
        one(self.at_publisher, "SELECT pg_reload_conf()")
        sync = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        until(lambda: one(self.at_publisher, sync)[0] == 1)
        times = []
        for _ in range(commits):
            time.sleep(every_ms / 1_000)
            begun = time.monotonic()
            self.insert(1, 1)
            times.append((time.monotonic() - begun) * 1_000)
        one(self.at_publisher, "ALTER SYSTEM RESET synchronous_standby_names")
        one(self.at_publisher, "SELECT pg_reload_conf()")
        times.sort()
        rank = lambda percent: round(times[max(0, -(-len(times) * percent // 100) - 1)], 3)
        return {"median": rank(50), "p90": rank(90), "p99": rank(99), "max": rank(100)}

    def meet(self, rows):
        """Until the publisher knows that the subscriber holds all."""
        self.enable(False)
        self.insert(rows, 1)
        position = one(self.at_publisher, "SELECT pg_current_wal_lsn()")[0]
        begun, before = time.monotonic(), self.line.bytes
        self.enable(True)
        if rows:
            until(self.held)
        else:
            active = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
            until(lambda: one(self.at_publisher, active)[0] == 1)
            until(lambda: self.confirmed(position))
        milliseconds = round((time.monotonic() - begun) * 1_000, 1)
        return {"ms": milliseconds, "line_bytes": self.line.bytes - before}


def figure(rows, seconds, line_bytes):
    return {
        "records": rows,
        "seconds": round(seconds, 3),
        "records_per_second": round(rows / seconds),
        "line_bytes_per_record": round(line_bytes / rows),
    }


def measure(pair, args):
    copy = pair.initial_copy(args.records)
    pair.clear()
    pair.subscribe()
    ready = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r'"
    until(lambda: one(pair.at_subscriber, ready)[0] == 1)
    return {
        "schema": "soxa.bench/1",
        "bench": "postgresql",
        "version": one(pair.at_publisher, "SHOW server_version")[0],
        "record_bytes": args.bytes,
        "bootstrap": {
            "copy": copy,
            "transactions_of_1000": pair.catch_up(args.records, 1_000),
            "transactions_of_1": pair.catch_up(max(1, args.records // 20), 1),
        },
        "latency_ms": pair.latency(args.commits, args.every_ms),
        "equal": pair.meet(0),
        "apart_100_one_way": pair.meet(100),
    }


def table(report):
    for name, part in report["bootstrap"].items():
        print(f"bootstrap, {name:22} {part['records_per_second']:>9,} records/s {part['line_bytes_per_record']:>6} bytes/record")
    spread = report["latency_ms"]
    print(f"latency, durable at both ends     median {spread['median']} ms, p99 {spread['p99']} ms")
    for name in ("equal", "apart_100_one_way"):
        print(f"meeting again, {name:18} {report[name]['ms']:>9} ms {report[name]['line_bytes']:>8} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000, help="records of the bootstrap (default 100000)")
    parser.add_argument("--bytes", type=int, default=400, help="bytes of a record (default 400)")
    parser.add_argument("--commits", type=int, default=300, help="commits of the latency (default 300)")
    parser.add_argument("--every-ms", type=int, default=20, help="milliseconds between two of them (default 20)")
    parser.add_argument("--dir", help="where to make the temporary folder: a real disk")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    args = parser.parse_args()
    install_missing()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="soxa-postgres-", dir=args.dir))
    try:
        # PostgreSQL refuses to run as root.
        if AS_USER:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        pair = Pair(folder, args.bytes)
        try:
            report = measure(pair, args)
        finally:
            pair.stop()
    except KeyboardInterrupt:
        fail("interrupted")
    except subprocess.CalledProcessError as error:
        fail(f"{error.cmd}: {error.stderr.decode(errors='replace')}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if args.json:
        print(json.dumps(report))
    else:
        table(report)


AS_USER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

if __name__ == "__main__":
    main()
