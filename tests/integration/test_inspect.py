#!/usr/bin/env python3
"""god model show and god tokenize on the demo's models: test_inspect.py GOD DEMO_FOLDER"""

import json
import subprocess
import sys
import tempfile
import unittest

GOD, DEMO = sys.argv[1], sys.argv[2]


def god(*arguments, text=None):
    return subprocess.run([GOD, *arguments], input=text, text=True, capture_output=True, check=False)


class ModelShow(unittest.TestCase):
    def test_base_is_described(self):
        run = god("model", "show", "--json", "--check", f"{DEMO}/models/base")
        self.assertEqual(run.returncode, 0, run.stderr)
        shown = json.loads(run.stdout)
        self.assertEqual(shown["architecture"], "LlamaForCausalLM")
        self.assertEqual(shown["parameters"], 951424)
        self.assertEqual(shown["dtypes"], {"BF16": 38})
        self.assertEqual(shown["tokenizer"]["eos"], "<|end_of_text|>")
        self.assertEqual(shown["refused"], [])

    def test_a_copy_has_the_same_digest_whatever_its_shards(self):
        digests = {json.loads(god("model", "show", "--json", f"{DEMO}/models/{name}").stdout)["weights_digest"]
                   for name in ("base", "copy")}
        self.assertEqual(len(digests), 1)

    def test_a_truncated_shard_is_refused_by_name(self):
        run = god("model", "show", f"{DEMO}/models/broken")
        self.assertEqual(run.returncode, 1)
        self.assertIn("would be refused: model-00002-of-00002.safetensors: the file is cut short", run.stdout)

    def test_an_adapter_is_told_apart(self):
        shown = json.loads(god("model", "show", "--json", f"{DEMO}/models/lora_r8").stdout)
        self.assertEqual((shown["kind"], shown["parameters"]), ("adapter", 14336))
        self.assertEqual((shown["adapter"]["r"], shown["adapter"]["lora_alpha"]), (8, 16))
        self.assertEqual(sorted(shown["adapter"]["target_modules"]), ["q_proj", "v_proj"])
        self.assertNotIn("use_dora", shown["adapter"])  # the default

    def test_an_adapter_is_checked_against_its_base(self):
        def check(name):
            return god("model", "show", "--check", "--base", f"{DEMO}/models/base", f"{DEMO}/models/{name}")
        self.assertEqual(check("lora_r16_rs").returncode, 0)
        diverged = check("lora_diverged")
        self.assertEqual(diverged.returncode, 1)
        self.assertIn("would be refused: ", diverged.stdout)

    def test_an_adapter_of_another_kind_is_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/adapter_config.json", "w", encoding="utf-8") as file:
                json.dump({"peft_type": "IA3"}, file)
            run = god("model", "show", folder)
        self.assertEqual(run.returncode, 1)
        self.assertIn("IA3", run.stdout)

    def test_lines_are_for_people(self):
        shown = god("model", "show", f"{DEMO}/models/base").stdout
        self.assertIn("dtypes                   BF16 38\n", shown)
        self.assertIn("tokenizer                size 2048, bos <|begin_of_text|>, eos <|end_of_text|>, pad none,", shown)

    def test_usage(self):
        self.assertEqual(god("model", "show", "no-such-folder").returncode, 2)
        self.assertEqual(god("model").returncode, 2)
        self.assertIn("usage: god model show", god("model", "--help").stdout)


class Tokenize(unittest.TestCase):
    def test_text_and_standard_input_agree(self):
        text = "Janet has 3 ducks."
        first = god("tokenize", "--model", f"{DEMO}/models/base", "--json", text)
        second = god("tokenize", "--model", f"{DEMO}/models/base", "--json", "-", text=text)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(first.stdout, second.stdout)
        shown = json.loads(first.stdout)
        self.assertEqual(shown["pieces"][0], "<|begin_of_text|>")
        self.assertEqual("".join(text.encode()[b:e].decode() for b, e in shown["offsets"]), text)

    def test_no_special_leaves_bos_out(self):
        shown = json.loads(god("tokenize", "--model", f"{DEMO}/models/base", "--no-special", "--json", "hi").stdout)
        self.assertNotIn("<|begin_of_text|>", shown["pieces"])

    def test_a_folder_without_a_tokenizer_is_named(self):
        run = god("tokenize", "--model", f"{DEMO}/models/full", "hi")
        self.assertEqual(run.returncode, 1)
        self.assertIn("tokenizer.json", run.stderr)
        self.assertEqual(god("tokenize", "hi").returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
