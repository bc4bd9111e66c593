"""`god db migrate|check|backup` as a person runs it.

test_db_command.py GOD            on a SQLite file
with-postgres test_db_command.py GOD    on the server whose address is in GOD_TEST_STORE
"""

import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import tempfile
import unittest

god = sys.argv.pop(1)
postgres = os.environ.get("GOD_TEST_STORE")
folder = tempfile.TemporaryDirectory(prefix="god-db-")
environment = dict(os.environ, XDG_STATE_HOME=folder.name, XDG_CONFIG_HOME=folder.name, HOME=folder.name)
environment.pop("GOD_CONFIG", None)
store = postgres or "sqlite:" + os.path.join(folder.name, "store", "god.db")


def run(*arguments, code=0):
    done = subprocess.run([god, "db", *arguments], capture_output=True, text=True, env=environment, cwd=folder.name)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout if code in (0, 1) else done.stderr


def sql(text):
    """Runs statements behind god's back."""
    if postgres:
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", postgres, "-c", text], check=True)
    else:
        connection = sqlite3.connect(store[len("sqlite:"):])
        connection.executescript("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;" + text)
        connection.close()


class Command(unittest.TestCase):
    def setUp(self):
        run("migrate", "--store", store)

    def check(self, code=0):
        return json.loads(run("check", "--store", store, "--json", code=code))

    def test_migrates_once(self):
        answer = json.loads(run("migrate", "--store", store, "--json"))
        self.assertEqual(answer["from"], answer["to"])
        self.assertGreaterEqual(answer["to"], 5)
        self.assertIn("already", run("migrate", "--store", store))
        if not postgres:
            path = store[len("sqlite:"):]
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            fresh = "sqlite:" + os.path.join(folder.name, "fresh.db")
            self.assertRegex(run("migrate", "--store", fresh), r"fresh\.db: schema 0 -> \d+")

    def test_refuses_a_newer_schema(self):
        sql("INSERT INTO schema_migrations (number, name, checksum, applied_at)"
            " VALUES (9999, 'later', 'x', '2026-06-18T14:07:00.000000Z')")
        try:
            for part in ("migrate", "check"):
                self.assertIn("use a newer build", run(part, "--store", store, code=2))
        finally:
            sql("DELETE FROM schema_migrations WHERE number = 9999")

    def test_every_rule_holds_in_an_empty_store(self):
        answer = self.check()
        self.assertTrue(answer["holds"])
        self.assertGreaterEqual(len(answer["rules"]), 15)
        self.assertIn("every rule holds", run("check", "--store", store))

    def test_finds_what_is_broken(self):
        moment = "'2026-06-18T14:07:00.000000Z'"
        sql("INSERT INTO coldkey_balances (coldkey, balance_rao, total_sent_rao, transfer_count, created_at,"
            f" updated_at) VALUES ('5Cold', 7, 5, 1, {moment}, {moment});"
            " INSERT INTO tournaments (tournament_id, tournament_type, status, winner_hotkey, created_at, updated_at)"
            f" VALUES ('tourn_x', 'text', 'active', '5Nobody', {moment}, {moment})")
        try:
            answer = self.check(code=1)
            broken = {rule["rule"]: rule["example"] for rule in answer["rules"] if rule["broken"]}
            self.assertEqual(broken, {"a balance is what was sent, less fees, plus refunds": "5Cold",
                                      "a winner took part": "tourn_x"})
            self.assertFalse(answer["holds"])
            self.assertRegex(run("check", "--store", store, code=1), r"BROKEN  a winner took part.*tourn_x")
        finally:
            sql("DELETE FROM tournaments; DELETE FROM coldkey_balances")

    @unittest.skipIf(postgres, "PostgreSQL watches over its own pages and keys")
    def test_finds_a_missing_parent_and_a_damaged_file(self):
        moment = "'2026-06-18T14:07:00.000000Z'"
        path = store[len("sqlite:"):]
        sql("INSERT INTO tournament_groups (group_id, round_id, created_at)"
            f" VALUES ('g', 'no such round', {moment})")
        broken = [rule["rule"] for rule in self.check(code=1)["rules"] if rule["broken"]]
        self.assertEqual(broken, ["every row that another one needs is there"])
        sql("DELETE FROM tournament_groups")
        damaged = os.path.join(folder.name, "damaged.db")
        run("backup", damaged, "--store", store)
        with open(damaged, "r+b") as file:
            file.seek(-3 * 4096, os.SEEK_END)
            file.write(b"\xff" * 4096)
        done = subprocess.run([god, "db", "check", "--store", "sqlite:" + damaged], capture_output=True, text=True)
        self.assertIn(done.returncode, (1, 3), done)

    def test_backs_up_and_comes_back(self):
        moment = "'2026-06-18T14:07:00.000000Z'"
        sql("INSERT INTO nodes (hotkey, netuid, coldkey, last_updated)"
            f" VALUES ('5Backup', 56, '5Cold', {moment})")
        path = os.path.join(folder.name, "copy")
        answer = json.loads(run("backup", path, "--store", store, "--json"))
        self.assertEqual(answer["bytes"], os.stat(path).st_size)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertIn("is there already", run("backup", path, "--store", store, code=2))
        self.assertEqual([name for name in os.listdir(folder.name) if name.startswith("copy")], ["copy"])
        if postgres:
            listing = subprocess.run(["pg_restore", "--data-only", "--table=nodes", "--file=-", path],
                                     capture_output=True, text=True, check=True).stdout
            self.assertIn("5Backup", listing)
        else:
            run("check", "--store", "sqlite:" + path)
            rows = sqlite3.connect(path).execute("SELECT coldkey FROM nodes WHERE hotkey = '5Backup'").fetchall()
            self.assertEqual(rows, [("5Cold",)])
        os.remove(path)

    def test_reports_failures_in_a_sentence(self):
        nowhere = "sqlite:" + os.path.join(folder.name, "nowhere.db")
        self.assertIn("god db migrate makes one", run("check", "--store", nowhere, code=2))
        self.assertFalse(os.path.exists(nowhere[len("sqlite:"):]))
        secret = run("check", "--store", "postgres://u:pa55@/x?host=/nowhere", code=2)
        self.assertNotIn("pa55", secret)
        self.assertIn("~/.pgpass", secret)
        self.assertIn("out of reach", run("check", "--store", "postgres://u@/x?host=/nowhere", code=3))
        self.assertIn("neither with", run("check", "--store", "mysql://x", code=2))
        self.assertIn("did you mean \"check\"", run("chekc", code=2))
        self.assertIn("No such file", run("backup", "/no/such/folder/x", "--store", store, code=3))

    def test_explains_itself(self):
        for part in ("migrate", "check", "backup"):
            text = run(part, "--help")
            self.assertRegex(text, r"usage: god db " + part)
            self.assertIn("example", text)
            self.assertIn("exit codes", text)

    @unittest.skipIf(postgres, "the default is a file")
    def test_uses_the_store_of_the_configuration(self):
        self.assertRegex(run("migrate"), re.escape(os.path.join(folder.name, "god", "god.db")))
        config = os.path.join(folder.name, "other.yaml")
        with open(config, "w") as file:
            file.write(f"store: {{url: 'sqlite:{folder.name}/other.db'}}\n")
        self.assertRegex(run("migrate", "--config", config), r"other\.db")


unittest.main(argv=sys.argv[:1])
