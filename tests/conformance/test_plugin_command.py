#!/usr/bin/env python3
"""`god plugin list|check|new` as people use it: what is printed, and the exit codes.

    test_plugin_command.py GOD FAULTS_DIR
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

GOD, FAULTS = sys.argv[1], sys.argv[2]


class PluginCommand(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.work)
        os.mkdir(self.path("plugins"))
        self.write("god.yaml", f"plugins:\n  folders: [{self.path('plugins')}]\n"
                               f"paths:\n  state_dir: {self.path('state')}\n")

    def path(self, *names):
        return os.path.join(self.work, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def add(self, fault, name=None):
        shutil.copy(os.path.join(FAULTS, fault + ".so"), self.path("plugins", (name or fault) + ".so"))

    def god(self, *arguments, code=0):
        run = subprocess.run([GOD, "plugin", *arguments], cwd=self.work, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, code, f"{arguments}\n{run.stdout}\n{run.stderr}")
        return run

    def listed(self, *arguments):
        run = self.god("list", "--json", "--config", "god.yaml", *arguments)
        return {os.path.basename(plugin["path"]): plugin for plugin in json.loads(run.stdout)["plugins"]
                if plugin["path"].startswith(self.work)}

    # ---- list ----

    def test_list_shows_what_is_ready_and_why_others_are_refused(self):
        self.add("normal")
        self.add("abi_newer")
        self.add("crash_entry")
        plugins = self.listed()
        self.assertEqual(plugins["normal.so"]["state"], "ready")
        self.assertEqual(plugins["normal.so"]["id"], "fault.normal")
        self.assertEqual(plugins["normal.so"]["task_types"], ["FaultTask"])
        self.assertEqual(plugins["normal.so"]["interfaces"], ["god.task/1", "god.dataset/1", "god.eval/1"])
        self.assertEqual(plugins["normal.so"]["abi"], [1, 0])
        self.assertEqual(plugins["abi_newer.so"]["state"], "refused")
        self.assertIn("update the host", plugins["abi_newer.so"]["message"])
        self.assertIn("segmentation fault", plugins["crash_entry.so"]["message"])
        table = self.god("list", "--config", "god.yaml").stdout
        self.assertRegex(table, r"(?m)^id +version +state +task types +interfaces +path$")
        self.assertRegex(table, r"(?m)^fault\.normal +1\.0\.0 +ready +FaultTask +god\.task/1 god\.dataset/1 god\.eval/1 ")
        self.assertIn('\n    "abi_newer.so" was built for plug-in ABI 2', table)

    def test_list_sees_a_new_file_and_the_end_of_one(self):
        self.assertEqual(self.listed(), {})
        self.add("normal")
        self.assertEqual(list(self.listed()), ["normal.so"])
        os.remove(self.path("plugins", "normal.so"))
        self.assertEqual(self.listed(), {})

    def test_list_names_shadowed_and_disabled_ones(self):
        self.add("normal", "a")
        self.add("normal", "b")
        self.add("minor_newer")
        self.write("god.yaml", f"plugins:\n  folders: [{self.path('plugins')}]\n  disabled: [fault.minor_newer]\n"
                               f"paths:\n  state_dir: {self.path('state')}\n")
        plugins = self.listed()
        self.assertEqual(plugins["a.so"]["state"], "ready")
        self.assertEqual(plugins["b.so"]["state"], "shadowed")
        self.assertEqual(plugins["minor_newer.so"]["state"], "disabled")

    def test_list_remembers_and_asks_again_when_told(self):
        self.add("normal")
        self.listed()
        memory_path = self.path("state", "plugins.json")
        with open(memory_path, encoding="utf-8") as file:
            memory = json.load(file)
        for description in memory["plugins"].values():
            if description.get("id") == "fault.normal":
                description["version"] = "9.9.9"
        self.write(os.path.join("state", "plugins.json"), json.dumps(memory))
        self.assertEqual(self.listed()["normal.so"]["version"], "9.9.9")
        self.assertEqual(self.listed("--again")["normal.so"]["version"], "1.0.0")

    # ---- check ----

    def test_check_says_what_it_checked(self):
        run = self.god("check", os.path.join(FAULTS, "normal.so"))
        self.assertRegex(run.stdout, r"(?m)^pass  described ")
        self.assertRegex(run.stdout, r"(?m)^fault\.normal 1\.0\.0: \d+ passed, 0 failed, \d+ skipped$")

    def test_check_fails_with_the_reason(self):
        run = self.god("check", os.path.join(FAULTS, "noise.so"), code=1)
        self.assertRegex(run.stdout, r"(?m)^FAIL  opening .*\n +it prints 116 bytes$")
        run = self.god("check", "--json", os.path.join(FAULTS, "abi_older.so"), code=1)
        report = json.loads(run.stdout)
        self.assertEqual((report["failed"], report["passed"]), (1, 0))
        self.assertEqual(report["checks"][0]["id"], "described")
        self.assertIn("is older", report["checks"][0]["message"])

    def test_check_wants_a_file_and_sound_inputs(self):
        normal = os.path.join(FAULTS, "normal.so")
        self.write("broken.json", "{")
        for arguments, message in [
                (["check"], "FILE is missing"),
                (["check", "absent.so"], 'cannot find "absent.so"'),
                (["check", normal, "--task", "absent.json"], 'cannot find "absent.json"'),
                (["check", normal, "--task", "broken.json"], "line 1"),
                (["check", normal, "--submission", "alice"], "NAME=DIR is needed"),
                (["check", normal, "--submission", "alice=absent"], 'cannot find "absent"'),
                (["check", normal, "--time-limit", "0"], "a whole number from 1"),
                (["check", normal, normal], "given twice"),
                (["check", normal, "--tsak", "x"], 'did you mean "--task"?')]:
            run = self.god(*arguments, code=2)
            self.assertIn(message, run.stderr, arguments)
            self.assertEqual(run.stdout, "")

    def test_check_stops_when_asked_and_leaves_nothing_behind(self):
        os.mkdir(self.path("tmp"))
        self.write("task.json", '{"task_type": "FaultTask"}')
        self.write("rows", "")
        os.mkdir(self.path("alice"))
        run = subprocess.Popen([GOD, "plugin", "check", os.path.join(FAULTS, "hang_run.so"), "--task", "task.json",
                                "--data", "rows", "--submission", "alice=alice"], cwd=self.work, text=True,
                               env=dict(os.environ, TMPDIR=self.path("tmp")), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        for line in run.stdout:
            if "device-bytes" in line:  # the check before the one that hangs
                break
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, errors)
        self.assertIn("stopped before all checks were made", errors)
        self.assertEqual(os.listdir(self.path("tmp")), [])

    # ---- new ----

    def test_new_fills_in_the_name(self):
        self.god("new", "my-score2", "--dir", "folder")
        self.assertTrue(os.path.exists(self.path("folder", "my-score2.c")))
        for folder, _, names in os.walk(self.path("folder")):
            for name in names:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                self.assertNotRegex(text + name, r"@[A-Z_]+@")
        with open(self.path("folder", "example", "task.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["task_type"], "MyScore2Task")
        self.assertEqual(sorted(os.listdir(self.work)), ["folder", "god.yaml", "plugins"])

    def test_new_refuses_bad_names_and_folders_that_are_there(self):
        for name in ["", "My", "9lives", "a_b", "a/b", "../up", "a-", "x" * 41]:
            self.assertIn("will not do", self.god("new", name, code=2).stderr)
        self.god("new", "-x", code=2)
        self.assertIn("is there already", self.god("new", "plugins", code=2).stderr)
        self.assertIn("beside", self.god("new", "fine", "--dir", "absent/fine", code=2).stderr)
        self.assertEqual(sorted(os.listdir(self.work)), ["god.yaml", "plugins"])

    # ---- the command itself ----

    def test_help_and_mistakes(self):
        self.assertIn("usage: god plugin", self.god("--help").stdout)
        self.assertIn("usage: god plugin", self.god(code=2).stderr)
        self.assertIn('did you mean "list"?', self.god("lst", code=2).stderr)
        for part in ["list", "check", "new"]:
            self.assertIn("exit codes", self.god(part, "--help").stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
