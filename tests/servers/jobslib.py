"""The jobs of queries/ and the published ones on real servers: topics are filled, a job runs with
the one profile for all of them, and rows are read back with the servers' own clients.

Inputs and the rows that must come out are those of tests/golden/jobs, see jobcases.py.

    test_jobs_X.py WEIR LOAD_TOPIC DUMP_TOPIC GEN_SIGNAL
"""
import json
import os
import subprocess
import sys

from serverlib import HERE, NAMES, ClickHouse, Elasticsearch, Hbase, Mysql, kafka_tools, need

sys.path.insert(0, os.path.join(HERE, "..", "golden"))
from jobs import harness  # noqa: E402

ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
QUERIES = os.path.join(ROOT, "queries")
PROFILE = os.path.join(QUERIES, "servers", "profile.yaml")
# At localhost, where Flink's jobs name their servers.
FLINK_PORTS = {"kafka": 9092, "mariadb": 3306, "elasticsearch": 9200, "clickhouse": 8123}


class Table:
    """A table that a job writes; names are those of its server."""

    def __init__(self, system, name, database=None):
        self.system, self.name, self.database = system, name, database


TABLES = {table.name: table for table in (
    *(Table("mariadb", name, "education") for name in (
        "timeline_signal_analysis", "user_enter_classroom_take_time", "user_av_record",
        "staff_index", "daily_uv_pv", "daily_uv_pv_steps", "top_teachers", "teaching_review")),
    *(Table("mariadb", name, "analytics") for name in ("error_record", "pipeline_stats")),
    *(Table("clickhouse", name, "analytics") for name in (
        "analytics_metrics", "student_daily_stats")),
    Table("hbase", "channel_name_dictionary"), Table("hbase", "databus:activity.channel"),
    Table("elasticsearch", "vk_app_es_sign_csh"), Table("elasticsearch", "registrations"))}
# In the order of the rows that the references give.
COLUMNS = {
    "channel_name_dictionary": ("id", "chinese_name", "english_name", "level", "pid",
                                "create_time", "update_time", "dept_id"),
    "vk_app_es_sign_csh": ("uk", "reg_date", "level", "leads"),
    "registrations": ("reg_date", "level", "leads"),
}


class Site:
    """The servers of the environment, some at other addresses, with the tables that the jobs need."""

    def __init__(self, addresses=()):
        self.addresses = dict(addresses)
        for name in NAMES:
            if name not in self.addresses:
                self.addresses[name], = need(name)
        for name, where in self.addresses.items():
            os.environ[f"WEIR_{name.upper()}"] = where
        os.environ.update(WEIR_MARIADB_USER="weir", WEIR_MARIADB_PASSWORD="weir")
        self.mysql = Mysql(self.addresses["mariadb"])
        self.clickhouse = ClickHouse(self.addresses["clickhouse"])
        self.elasticsearch = Elasticsearch(self.addresses["elasticsearch"])
        self.hbase = Hbase(self.addresses["hbase"])
        subprocess.run([os.path.join(QUERIES, "servers", "create_tables")], check=True)
        self.tools = kafka_tools()

    # ---- Topics ----

    def load(self, case, topic, records, fresh=False):
        """Messages of harness.Record; `fresh` throws away what is there."""
        lines = []
        for record in records:
            value = record.value
            if isinstance(value, str):
                value = value.encode("utf-8", "surrogateescape")
            lines.append(f"{record.partition % case.partitions}\t{'-' if value is None else value.hex()}\n")
        subprocess.run([self.tools.load_bin, "--brokers", self.addresses["kafka"], "--topic", topic,
                        "--partitions", str(case.partitions), "--hex", *(["--fresh"] if fresh else [])],
                       input="".join(lines).encode(), check=True, stdout=subprocess.DEVNULL)

    def prepare(self, job, case, *options):
        """Empty topics and tables, and the rows that are there before the job.  One that would leave
        out what is in its topics is started before there is something."""
        for topic in (*case.topics, *case.output_topics):
            self.load(case, topic, [], fresh=True)
        for table in case.expected:
            if table not in case.output_topics:
                self.clear(TABLES[table])
        for table, rows in case.before.items():
            self.clear(TABLES[table])
            self.hbase.put(table, rows)
        if case.begins_at_end:
            self.run(job, case, *options)

    def clear(self, table):
        if table.system == "mariadb":
            self.mysql.run(f"truncate `{table.database}`.`{table.name}`")
        elif table.system == "clickhouse":
            self.clickhouse.run(f"truncate table {table.database}.{table.name}")
        elif table.system == "hbase":
            for key in self.hbase.rows(table.name):
                self.hbase.delete(table.name, key)
        else:
            mapping = self.elasticsearch.must("GET", f"/{table.name}/_mapping").json
            properties = mapping[table.name]["mappings"]["properties"]
            self.elasticsearch.drop(table.name)
            self.elasticsearch.create(table.name, properties)

    # ---- Runs ----

    def job_text(self, path):
        """As it stands, but for the ports in Flink's jobs, which become those of these servers."""
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name, usual in FLINK_PORTS.items():
            port = self.addresses[name].rsplit(":", 1)[1]
            text = text.replace(f"localhost:{usual}", f"localhost:{port}")
        return text

    def start(self, job, case, *options):
        arguments = ["--profile", PROFILE, "--set", f"weir.clock={harness.CLOCK}", *options]
        for setting in case.settings:
            arguments += ["--set", setting]
        return self.tools.start(self.job_text(job), *arguments)

    def end(self, job, child, timeout=60):
        status, text = self.tools.finish(child, timeout)
        if status != 0:
            sys.exit(f"{job}: status {status}\n{text}")
        return text

    def run(self, job, case, *options):
        """To the end of the topics; what it says on standard error."""
        return self.end(job, self.start(job, case, "--until-end", *options))

    # ---- Rows ----

    def rows(self, name):
        table = TABLES.get(name)
        if table is None:
            return [(record["value"],) for record in self.tools.dump(name)]
        return getattr(self, table.system + "_rows")(table)

    def mariadb_rows(self, table):
        names = self.mysql.rows(f"select column_name from information_schema.columns where "
                                f"table_schema = '{table.database}' and table_name = '{table.name}' "
                                "order by ordinal_position")
        columns = ", ".join(f"`{name}`" for name, in names)
        rows = self.mysql.rows(f"select json_array({columns}) from `{table.database}`.`{table.name}`")
        return [tuple(json.loads(text)) for text, in rows]

    def clickhouse_rows(self, table):
        rows = self.clickhouse.rows(f"select * from {table.database}.{table.name}" +
                                    (" final" if table.name == "student_daily_stats" else ""))
        return [tuple(json.dumps(cell, ensure_ascii=False, separators=(",", ":"))
                      if isinstance(cell, list) else cell for cell in row) for row in rows]

    def hbase_rows(self, table):
        return [(key.decode(), *(self.cell(cells, column) for column in COLUMNS[table.name]))
                for key, cells in self.hbase.rows(table.name).items()]

    @staticmethod
    def cell(cells, column):
        value = cells.get(f"cf:{column}".encode())
        return None if value is None else value.decode()

    def elasticsearch_rows(self, table):
        rows = []
        for key, document in self.elasticsearch.docs(table.name).items():
            row = tuple(document[column] for column in COLUMNS[table.name])
            wanted = row[0] if table.name == "vk_app_es_sign_csh" else f"{row[0]}_{row[1]}"
            if key != wanted or len(document) != len(row):
                sys.exit(f"index {table.name}: document {key} is {document}")
            rows.append(row)
        return rows

    # ---- Comparison ----

    def compare(self, job, case, twice=()):
        """Ends the test where a table differs from the rules.  Rows of the tables in `twice` may be
        there more than once: nothing of them can tell a server that it has them."""
        for name, expected in case.expected.items():
            problem = difference(self.rows(name), expected, name in twice)
            if problem:
                sys.exit(f"{job}, case {case.name}, table {name}: {problem}")


def difference(got, expected, is_twice_fine=False):
    """What is wrong, or None.  `expected` are rows, or by the first column the rows of which one
    must be there."""
    if isinstance(expected, dict):
        wrong = [row for row in got if row not in expected.get(row[0], ())]
        if wrong or sorted(row[0] for row in got) != sorted(expected):
            return f"{sorted(got)} is not one row each of {expected}"
        return None
    expected = [tuple(row) for row in expected]
    if is_twice_fine:
        got, expected = list(dict.fromkeys(got)), list(dict.fromkeys(expected))
    more, less = harness.differences(got, expected)
    if not more and not less:
        return None
    lines = [f"{len(got)} rows, by the rules {len(expected)}"]
    lines += [f"  server only: {row}" for row in more[:10]]
    lines += [f"  rules only:  {row}" for row in less[:10]]
    return "\n".join(lines)
