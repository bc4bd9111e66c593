"""gpu_check.py without a GPU: what it makes of good, bad, slow and missing programs, and a whole run on the CPU device.
test_gpu_check.py CHECKER MODULES"""
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import devices
import gpu_check
import gpu_transformers

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKER, MODULES = None, None

PRODUCT = {"what": "product", "dtype": "bf16", "size": 8192, "seconds": 0.0015, "tflops": 700.0}
TIME = {"what": "time", "task": "loss", "shape": "8b", "dtype": "bf16", "tokens": 32768, "length": 2048, "seconds": 1.0,
        "tflops": 560.0, "weight_bytes": 16 << 30, "extra_bytes": 3 << 30, "loss": 12.0, "divergence": 0.0}
OWN = {"what": "attention", "shape": "8b", "kernel": "own", "tokens": 32768, "length": 2048, "seconds": 0.004,
       "tflops": 275.0, "repeats": 1, "same_bits": 1, "difference": 0.0}
CUDNN = {**OWN, "kernel": "cudnn", "seconds": 0.002, "tflops": 550.0, "same_bits": 0, "difference": 0.0078}
CHECK = {"what": "check", "name": "norm", "dtype": "bf16", "shapes": 72, "missed": 0, "worst_over_bound": 0.5,
         "first_miss": ""}


def make_run(folder, **more):
    words = ["--checker", "checker", "--modules", "modules", "--out", folder]
    for name, value in more.items():
        words += ["--" + name, str(value)]
    return gpu_check.Run(gpu_check.arguments(words))


def quietly(function, *words):
    """What a function returns and prints."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        return function(*words), said.getvalue()


class Reports(unittest.TestCase):
    def test_share_is_of_the_best_product_of_the_type(self):
        lines = [PRODUCT, {**PRODUCT, "tflops": 800.0}, {**PRODUCT, "dtype": "f32", "tflops": 50.0}]
        self.assertAlmostEqual(gpu_check.share_of(560.0, "bf16", lines), 0.7)
        self.assertIsNone(gpu_check.share_of(560.0, "f32", [PRODUCT]))

    def test_goals_that_are_met_are_not_named(self):
        self.assertEqual(list(gpu_check.judge([PRODUCT, TIME])), [])

    def test_goals_that_are_missed_are_named_with_their_figures(self):
        slow = {**TIME, "tflops": 350.0, "extra_bytes": 5 << 30}
        self.assertEqual(list(gpu_check.judge([PRODUCT, slow])),
                         ["8b, loss: 50 % of the measured product, the goal is 75 %",
                          "8b, loss: 5.00 GiB beside the weights, the goal is 4"])

    def test_transformers_is_compared_task_by_task_and_not_judged(self):
        theirs = {**TIME, "seconds": 3.0, "tflops": 100.0, "extra_bytes": 9 << 30, "program": "transformers"}
        self.assertEqual(list(gpu_check.ratios([TIME, theirs])), ["8b, loss: 3.00 times as fast as transformers"])
        self.assertEqual(list(gpu_check.judge([PRODUCT, theirs])), [])

    def test_the_faster_attention_is_named_and_advised_when_it_is_sound(self):
        sound = {**CHECK, "attention": "cudnn"}
        text = gpu_check.report([PRODUCT, sound, OWN, CUDNN], [], [])
        self.assertIn("| norm, by cuDNN | bf16 |", text)
        self.assertIn("| 8b | cudnn | 32768 in 2048 | 2.000 ms | 550 | 79 % |", text)
        self.assertIn("- 8b: cudnn is 2.00 times as fast, the largest difference is 0.0078", text)
        self.assertIn("GOD_NN_ATTENTION=cudnn is worth setting", text)

    def test_attention_that_is_slower_or_not_sound_is_not_advised(self):
        sound, other = {**CHECK, "attention": "cudnn"}, {**CUDNN, "shape": "1b", "seconds": 0.005}
        for lines, why in (([CHECK, OWN, CUDNN], "has not passed every check"),
                           ([{**sound, "missed": 1}, OWN, CUDNN], "has not passed every check"),
                           ([sound, OWN, {**CUDNN, "repeats": 0}], "has not passed every check"),
                           ([sound, OWN, CUDNN, {**OWN, "shape": "1b"}, other], "is not faster at every shape")):
            self.assertIn(why, list(gpu_check.attention_sentences(lines))[-1])

    def test_attention_that_fell_back_is_not_compared(self):
        said = list(gpu_check.attention_sentences([OWN, {**CUDNN, "same_bits": 1}]))
        self.assertEqual(len(said), 1)
        self.assertIn("cuDNN has no plan", said[0])

    def test_a_missed_bound_stands_in_the_table_with_its_shape(self):
        bad = {**CHECK, "missed": 2, "worst_over_bound": 1e9, "first_miss": "kind 1, 9 x 3 x 7"}
        text = gpu_check.report([{"what": "device", "name": "cuda 0 NVIDIA"}, CHECK, bad, PRODUCT, TIME], ["it broke"], [])
        self.assertIn("# GPU check: cuda 0 NVIDIA", text)
        self.assertIn("**2 missed**, first: kind 1, 9 x 3 x 7", text)
        self.assertIn("| 8b, loss, ours | bf16 | 32768 in 2048 | 1000.0 ms | 560 | 80 % | 3.00 |", text)
        self.assertIn("**What failed:**\n\n- it broke", text)

    def test_lines_that_are_not_ours_are_passed_over(self):
        self.assertEqual(list(gpu_check.parse('hello\n{"what": "x"}\n[1]\n{"a": 1}\n{')), [{"what": "x"}])

    def test_flops_are_those_of_the_other_program(self):
        # 1 layer of one head would be 2 * 2048 * ... ; the figure of 1b is 2 * parameters without the embedding
        per_token = gpu_transformers.flops("1b", 1, 1, 1) - 2 * 16 * 32 * 64 * 2
        self.assertEqual(per_token, 2 * 16 * 2048 * (2 * 2048 + 2 * 512 + 3 * 8192))


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_command(self, code, limit_s=60, **more):
        run = make_run(self.folder.name)
        self.addCleanup(run.record.close)
        quietly(lambda: run.command("step", [sys.executable, "-c", code], limit_s, **more))
        return run

    def test_lines_are_taken_and_told_apart(self):
        run = self.run_command("print('{\"what\": \"time\"}')", about={"program": "transformers"})
        self.assertEqual(run.lines, [{"what": "time", "program": "transformers"}])
        self.assertEqual(run.problems + run.notes, [])

    def test_a_failure_is_a_problem_with_the_last_line_said(self):
        run = self.run_command("import sys; print('noise', file=sys.stderr); sys.exit('no algorithm')")
        self.assertEqual(run.problems, ["step: exit status 1: no algorithm"])

    def test_a_skip_is_a_note(self):
        code = "import sys; print('no torch', file=sys.stderr); sys.exit(77)"
        run = self.run_command(code, may_skip=True)
        self.assertEqual((run.problems, run.notes), ([], ["step: skipped, no torch"]))
        self.assertEqual(self.run_command(code).problems, ["step: exit status 77: no torch"])

    def test_a_signal_is_a_problem(self):
        run = self.run_command("import os; os.kill(os.getpid(), 9)")
        self.assertEqual(run.problems, ["step: ended by signal 9: it said nothing"])

    def test_a_program_that_is_missing_is_a_problem(self):
        run = make_run(self.folder.name)
        self.addCleanup(run.record.close)
        quietly(lambda: run.command("step", ["/nonexistent/program"], 60))
        self.assertEqual(len(run.problems), 1)

    def test_time_that_is_up_is_a_problem_unless_it_may_be(self):
        endless = "import threading; threading.Event().wait()"
        self.assertEqual(self.run_command(endless, 1).problems, ["step: not done after 1 s"])
        self.assertEqual(self.run_command(endless, 1, may_be_slow=True).problems, [])

    def test_nothing_begins_when_the_minutes_are_used_up(self):
        run = make_run(self.folder.name, minutes=0.01)
        self.addCleanup(run.record.close)
        quietly(lambda: run.command("step", [sys.executable, "-c", ""], 60))
        self.assertEqual(run.notes, ["step: not run, because the 0.01 minutes were used up"])


class Devices(unittest.TestCase):
    def test_a_missing_driver_is_named(self):
        found, why = devices.find("libno-such-driver.so.1")
        self.assertEqual(found, [])
        self.assertIn("libno-such-driver.so.1", why)


class WholeRuns(unittest.TestCase):
    def check(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            code, said = quietly(gpu_check.main, ["--checker", CHECKER, "--modules", MODULES, "--out", folder, "--shapes",
                                                  "tiny", "--tokens", "128", "--length", "64", "--product", "64", *words])
            with open(os.path.join(folder, "gpu_check.md"), encoding="utf-8") as file:
                self.assertIn(file.read(), said)
        return code, said

    def test_the_cpu_device_passes_and_is_timed(self):
        code, said = self.check("--device", "cpu")
        self.assertEqual(code, 0, said)
        self.assertIn("| llama, losses and divergences | f32 |", said)
        self.assertIn("| tiny, loss and KL of an adapter, ours | bf16 |", said)
        self.assertIn("compute-sanitizer: not run, the device is not CUDA", said)
        self.assertIn("attention by cuDNN: not run, the device is not CUDA", said)

    def test_a_device_that_is_not_there_is_skipped_with_the_reason(self):
        environment = {**os.environ, "GOD_EMULATED_DEVICES": "0"}
        nn = os.path.join(os.path.dirname(CHECKER), "nn")
        done = subprocess.run([CHECKER, nn, "emulated", "bf16", "models"], env=environment, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 77)
        self.assertIn("there is no CUDA device on this machine that its driver can use", done.stderr)
        self.assertIn("--device cpu works everywhere", done.stderr)

    def lines_of(self, *words):
        done = subprocess.run([CHECKER, *words], capture_output=True, text=True, check=True)
        return list(gpu_check.parse(done.stdout))

    def test_both_kernels_of_attention_are_timed_and_compared(self):
        nn = os.path.join(os.path.dirname(CHECKER), "nn")
        environment = {**os.environ, "GOD_NN_CUDNN": os.path.join(nn, "cudnn-standin.so")}
        done = subprocess.run([CHECKER, nn, "emulated", "bf16", "attention-time", "tiny", "48", "24", "1"],
                              env=environment, capture_output=True, text=True, check=True)
        own, cudnn = gpu_check.parse(done.stdout)
        self.assertEqual([own["kernel"], cudnn["kernel"], own["repeats"], cudnn["repeats"]], ["own", "cudnn", 1, 1])
        self.assertEqual(cudnn["same_bits"], 0)
        self.assertTrue(0 < cudnn["difference"] < 0.05, cudnn)

    def test_without_cudnn_our_own_kernels_are_timed_alone(self):
        nn = os.path.join(os.path.dirname(CHECKER), "nn")
        environment = {**os.environ, "GOD_NN_CUDNN": "/nonexistent/libcudnn.so.9"}
        done = subprocess.run([CHECKER, nn, "emulated", "bf16", "attention-time", "tiny", "24", "24", "1"],
                              env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 77)
        self.assertEqual([line["kernel"] for line in gpu_check.parse(done.stdout)], ["own"])
        self.assertIn("cuDNN 9 cannot be opened", done.stderr)

    def test_what_a_pass_holds_is_what_was_counted(self):
        nn = os.path.join(os.path.dirname(CHECKER), "nn")
        last = self.lines_of(nn, "emulated", "bf16", "time", "tiny", "64", "32", "1")[-1]
        self.assertEqual(last["task"], "loss and KL of an adapter")
        # beside the plan: rotary tables, vectors, staging and padding, which are small
        self.assertLessEqual(last["planned_bytes"], 1.01 * last["extra_bytes"])
        self.assertLessEqual(last["extra_bytes"], last["planned_bytes"] + (1 << 20))

    def test_a_pack_of_32k_tokens_with_a_vocabulary_of_152k_stays_below_4_gib(self):
        plan, = self.lines_of("plan", "8b", "32768")
        self.assertEqual(plan["vocabulary"], 151936)
        self.assertLess(plan["planned_bytes"], gpu_check.GOAL_EXTRA_GIB * gpu_check.GIB)

    def test_the_script_says_why_it_skips(self):
        if devices.find()[0]:
            self.skipTest("this machine has a CUDA device: tests/kernels/gpu_check.sh runs the real thing")
        done = subprocess.run([os.path.join(HERE, "..", "gpu_check.sh")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 77)
        self.assertIn("skipped: no CUDA device is present", done.stdout)


if __name__ == "__main__":
    CHECKER, MODULES = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
