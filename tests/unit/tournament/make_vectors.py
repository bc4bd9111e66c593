#!/usr/bin/env python3
"""Writes rule vectors whose answers come from reference.py.

    ./make_vectors.py > more_kinds.json              the examples of this file
    ./make_vectors.py --random 5000 --seed 7 > FILE  random ones of every kind, for `god rules FILE`
"""
import argparse
import json
import random
import sys
from datetime import timedelta

from reference import ANSWERS, CUT, write_time

HISTORY = [
    {"winner_hotkey": "BURN_HOTKEY", "base_winner_hotkey": "a"},
    {"winner_hotkey": "BURN_HOTKEY", "base_winner_hotkey": "a"},
    {"winner_hotkey": "a", "base_winner_hotkey": "b"},
    {"winner_hotkey": "b", "base_winner_hotkey": None},
    {"winner_hotkey": "a", "base_winner_hotkey": "c"},
]
NO_CHAMPION = [{"winner_hotkey": "BURN_HOTKEY", "base_winner_hotkey": None}] * 2 + HISTORY[3:4]

PAIR_FIELDS = ["hotkey_a", "hotkey_b", "environment_name", "model_a_wins", "model_b_wins", "draws", "status",
               "n_attempts"]
DECAY_FIELDS = ["performance_difference", "first_championship_time", "consecutive_wins", "now"]
PROJECTION_FIELDS = ["type", "percentage_improvement", "current_champion_consecutive_wins",
                     "participant_rows_in_latest_tournament"]


def node(hotkey, ip, repo, token=None):
    return {"hotkey": hotkey, "ip": ip, "github_repo": repo, "github_token": token}


def candidate(hotkey, commit, digest):
    return {"hotkey": hotkey, "head_commit": commit, "normalized_digest": digest}


def games(rows, individual, groups, hotkeys=("BOSS", "a", "b"), pvp=("gin_rummy", "liars_dice")):
    return {"hotkeys": list(hotkeys), "pvp_envs": list(pvp), "individual_envs": ["intercode"] if individual else [],
            "pair_rows": rows, "pair_row_fields": PAIR_FIELDS, "individual_scores": individual or {},
            "round_has_groups": groups}


def pvp_rows(results, envs=("gin_rummy", "liars_dice")):
    """{(a, b): [(a wins, b wins), ...]} with 100 games each; None is an exhausted row."""
    rows = []
    for (a, b), scores in results.items():
        for env, score in zip(envs, scores):
            if score is None:
                rows.append([a, b, env, 7, 3, 0, "pending", 3])
            else:
                rows.append([a, b, env, *score, 100 - sum(score), "complete", 1])
    return rows


ALL_BEAT_BOSS = {("BOSS", "a"): [(20, 80), (30, 70)], ("BOSS", "b"): [(45, 55), (50, 50)], ("a", "b"): [(60, 40), (40, 60)]}
BOSS_STRONG = {("BOSS", "a"): [(80, 20), (70, 30)], ("BOSS", "b"): [(55, 45), (50, 50)], ("a", "b"): [(60, 40), (40, 60)]}
ONE_EXHAUSTED = {("BOSS", "a"): [(20, 80), None], ("BOSS", "b"): [(45, 55), (50, 50)], ("a", "b"): [(60, 40), (40, 60)]}

WEIGHTS = {"text": None, "image": None, "environment": None, "active_participants": [],
           "registered": ["A", "B", "C", "BURN_HOTKEY"]}
STANDING = {"allocation": 0.3, "champion": "A", "points": {"B": 0.3, "C": 0.15}}

LOSSES = [["lower", {"m1": 1.0, "m2": 1.1}], ["lower", {"m3": 0.7, "m4": 0.9}], ["higher", {"m5": 0.2, "m6": 0.1}],
          ["lower", {"m7": None, "m8": 2.0}]]
SEASON = {
    "base_winner_hotkey": "Z", "champion_consecutive_wins": 2, "round_1_pairs": LOSSES,
    "round_2_pairs": [["lower", {"m1": 1.0, "m3": 0.9}], ["higher", {"m5": 0.4, "m8": 0.4}]],
    "round_3_pairs": [["lower", {"m3": 0.5, "m5": 0.49}]],
    "round_4_final_tasks": [["lower", {"BOSS": 1.0, "m5": 0.96}], ["lower", {"BOSS": 1.0, "m5": 0.961}],
                            ["lower", {"BOSS": 2.0, "m5": 1.6}], ["higher", {"BOSS": 0.5, "m5": 0.52}],
                            ["higher", {"BOSS": 0.4, "m5": None}], ["lower", {"BOSS": None, "m5": 3.0}]],
    "value_form": ["direction", {"hotkey": "test_loss or reward"}],
}
DEFENDED = dict(SEASON, champion_consecutive_wins=1)
ODD_SEASON = {
    "base_winner_hotkey": "Z", "champion_consecutive_wins": 5,
    "round_1_pairs": [["lower", {"m1": 1.0, "m2": 1.1}], ["lower", {"m3": 0.7, "m4": 0.9}],
                      ["lower", {"m5": 0.7, "BOSS": 0.7}], ["lower", {"m6": None, "m7": None}]],
    "round_2_pairs": [["lower", {"m1": 1.0, "m3": 0.9}]],
    "round_3_final_tasks": [["lower", {"BOSS": 1.0, "m3": 0.5}], ["lower", {"BOSS": 1.0, "m3": 0.6}],
                            ["lower", {"BOSS": 1.0, "m3": 0.97}]],
    "value_form": ["direction", {"hotkey": "test_loss or reward"}],
}

EXAMPLES = [
    ("streak_from_history", {"completed_newest_first": HISTORY, "champions": ["a", "b", "c", "BURN_HOTKEY"]}),
    ("streak_from_history", {"completed_newest_first": NO_CHAMPION, "champions": ["BURN_HOTKEY", "b"]}),
    ("streak_from_history", {"completed_newest_first": [], "champions": ["a"]}),
    ("fee_ledger", {
        "type": "text", "balances_rao": {"ck1": 600000000, "ck2": 100000000},
        "pass_1": [["m1", "ck1"], ["m2", "ck1"], ["m3", "ck1"], ["m4", "ck2"], ["m5", "ck9"]],
        "then_transfer_in": {"ck2": 150000000},
        "pass_2_after_30_min": [["m1", "ck1"], ["m3", "ck1"], ["m4", "ck2"]], "refund_calls": 2}),
    ("fee_ledger", {"type": "image", "balances_rao": {"ck1": 200000000}, "pass_1": [["m1", "ck1"], ["m1", "ck1"]],
                    "then_transfer_in": {"ck7": 1}, "pass_2_after_30_min": [], "refund_calls": 1}),
    ("registration_dedupe", {
        "nodes_in_order": [
            node("a", "1.1.1.1", "https://github.com/One/repo"), node("b", "1.1.1.1", "https://github.com/two/repo", "t1"),
            node("c", "1.1.1.1", "https://github.com/three/repo", "t2"), node("d", "2.2.2.2", "git@example.org:x/y"),
            node("e", "3.3.3.3", "https://GitHub.com/TWO/other", "bad"), node("f", "4.4.4.4", "https://github.com/four"),
            node("g", "5.5.5.5", "https://github.com/one/tools", "t3"), node("h", "6.6.6.6", "https://github.com/ONE/x")],
        "tokens_that_pass_github_check": ["t1", "t2", "t3"]}),
    ("registration_dedupe", {
        "nodes_in_order": [node("a", "1.1.1.1", "https://github.com/me/r/", "x"), node("b", "1.1.1.1", "http://github.com//me//q"),
                           node("c", "9.9.9.9", "https://github.com/me/"), node("d", "8.8.8.8", "github.com/ME/r/tree/main")],
        "tokens_that_pass_github_check": []}),
    ("submission_dedup", {
        "r1_candidates": [candidate("a", "AA11", "d1"), candidate("b", "aa11", "d2"), candidate("c", "cc", "d2"),
                          candidate("d", "dd", None), candidate("e", "ee", None), candidate("f", "ff", "d9")],
        "r2_entrants": ["BOSS", "f", "g", "h", "i"],
        "r2_pair_verdicts": [["f", "g", "distinct"], ["f", "h", "drop_evasion"], ["g", "i", "duplicate"],
                             ["BOSS", "i", "duplicate"]],
        "content_chars": {"f": 100, "g": 200, "h": 100}}),
    ("submission_dedup", {
        "r1_candidates": [], "r2_entrants": ["f", "g"], "r2_pair_verdicts": [["f", "g", "distinct"]],
        "content_chars": {}}),
    ("submission_dedup", {
        "r1_candidates": [candidate("x", "12", "same"), candidate("y", "34", "same")],
        "r2_entrants": ["BOSS", "f", "g"],
        "r2_pair_verdicts": [["BOSS", "f", "drop_evasion"], ["f", "g", "drop_evasion"]],
        "content_chars": {"BOSS": 50, "f": 50, "g": 51}}),
    ("decay_regimes", {"type": "text", "case_fields": DECAY_FIELDS, "cases": [
        [0.2, "2025-10-01T00:00:00Z", 4, "2025-11-20T00:00:00Z"],
        [0.12, "2025-11-01T00:00:00Z", 3, "2025-12-06T00:00:00Z"],
        [0.055, "2025-11-01T00:00:00Z", 3, "2025-12-06T00:00:00Z"],
        [0.05, "2025-11-01T00:00:00Z", 1, "2025-11-26T00:00:00Z"],
        [0.15, "2025-11-26T00:00:00Z", 3, "2026-01-05T12:00:00Z"],
        [0.0, "2026-01-01T00:00:00Z", 9, "2026-12-01T00:00:00Z"],
        [9.0, "2025-01-01T00:00:00Z", 9, "2026-12-01T00:00:00Z"]]}),
    ("decay_regimes", {"type": "environment", "case_fields": DECAY_FIELDS[::-1], "cases": [
        ["2025-12-26T06:30:00.5Z", 2, "2025-11-26T00:00:00Z", 0.1], ["2025-11-25T23:59:59Z", 0, "2025-11-26T00:00:00Z", 0.1]]}),
    ("weights_edge", dict(WEIGHTS, text=dict(STANDING, champion="gone"), active_participants=["A", "nobody"])),
    ("weights_edge", dict(WEIGHTS, text=dict(STANDING, points={}), active_participants=["BOSS", "B"])),
    ("weights_edge", dict(WEIGHTS, image=dict(STANDING, champion="BURN_HOTKEY", points={"B": 0.25, "BOSS": 0.125}))),
    ("weights_edge", dict(WEIGHTS, environment=dict(STANDING, allocation=0.0), text=dict(STANDING, champion="B"),
                          registered=["A", "B"], active_participants=["A", "B", "C"])),
    ("weights_edge", dict(WEIGHTS, text=dict(STANDING, points={"B": 0.1 + 0.2, "C": 0.3}, allocation=0.48))),
    ("full_weights", WEIGHTS),
    ("training_trace", {"max_training_attempts": 2, "traces": [
        ["no_gpu", "start_failed", "start_ok", ["training"], ["failure", "training"], ["failure", "failure"], "start_ok",
         "no_response", "schedule", "start_ok"],
        ["start_ok", ["failure", "success"], ["failure"], "schedule"], ["start_no_retry", "start_ok"],
        ["start_ok", [], "start_no_retry"], ["schedule", ["success"], "no_response", "start_ok", ["success"]],
        ["start_ok", "no_response", "start_ok", "no_response", "no_gpu"], []]}),
    ("training_trace", {"max_training_attempts": 0, "traces": [["start_ok"]]}),
    ("environment_points", games(pvp_rows(ALL_BEAT_BOSS), {"a": 0.5, "b": 0.495, "BOSS": 0.4}, 1)),
    ("environment_points", games(pvp_rows(BOSS_STRONG), {"a": 0.5, "b": None, "BOSS": 0.6}, 1)),
    ("environment_points", games(pvp_rows(ONE_EXHAUSTED), {"a": -0.5, "b": -0.505, "BOSS": 0.0}, 2)),
    ("environment_points", games(pvp_rows({("b", "a"): [(50, 50), (10, 10)]}), None, 1, ("a", "b"))),
    ("environment_points", games([["b", "a", "x", 0, 0, 9, "complete", 0]], {"a": 100.0, "b": 101.5}, 1, ("a", "b"), ("x",))),
    ("weight_projection", {"active_participants": 12, "case_fields": PROJECTION_FIELDS, "cases": [
        ["text", 15, 1, 33], ["text", 4, 1, 33], ["text", 5, 1, 33], ["text", 3.2, 9, 1], ["image", 60, 3, 2],
        ["image", 0, 0, 0], ["environment", 59.9, 2, 6], ["environment", 60, 2, 6], ["environment", 100, 2, 1]]}),
    ("end_to_end_text", SEASON),
    ("end_to_end_text", DEFENDED),
    ("end_to_end_text", ODD_SEASON),
    ("bracket_draw", {"type": "text", "round_id": "r", "entrants": [f"m{i:02d}" for i in range(65)]}),
    ("bracket_draw", {"type": "image", "round_id": "r", "entrants": ["a", "BOSS", "b"]}),
    ("bracket_draw", {"type": "text", "round_id": "r", "entrants": ["only"]}),
    ("bracket_draw", {"type": "environment", "round_id": "r", "entrants": ["only"]}),
    ("bracket_draw", {"type": "environment", "round_id": "r", "entrants": ["é", "z", "A", "BOSS", "~", "0", "aa", "a"]}),
    ("bracket_shape", {"n": 1, "boss_wins_every_non_final_match": False}),
    ("bracket_shape", {"n": 1, "boss_wins_every_non_final_match": True}),
    ("bracket_shape", {"n": 97, "boss_wins_every_non_final_match": True}),
    ("environment_shape", {"n": 1, "supported_envs": 4}),
    ("environment_shape", {"n": 200, "supported_envs": 9}),
    ("quality_scores", {"direction": "lower", "scores": {"a": None, "b": None}}),
    ("quality_scores", {"direction": "higher", "scores": {h: 1.0 for h in "cabdefghi"}}),
    ("schedule", {"type": "text", "last_completed": "2026-06-18T14:30:00Z", "now": "2026-06-18T14:59:59.999Z"}),
    ("schedule", {"type": "image", "last_completed": "2026-06-25T15:00:00Z", "now": "2026-06-18T15:00:00Z"}),
    ("schedule", {"type": "environment", "last_completed": "2024-02-29T15:00:00Z", "now": "2024-02-29T15:00:00Z"}),
]


class Maker:
    """Random `in` objects of each kind, small enough to read when one fails."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def names(self, most, least=0):
        count = self.r.randint(least, most)
        return self.r.sample([f"{letter}{i}" for letter in "Bmxé" for i in range(most)], count)

    def value(self, none=0.15):
        # Few distinct values, so that ties happen
        return None if self.r.random() < none else self.r.choice([0.25, 0.5, -1.0, 1.0, 2.0, 0.0, round(self.r.uniform(-3, 3), 3)])

    def scores(self, most, least=0, none=0.15):
        return {h: self.value(none) for h in self.names(most, least)}

    def direction(self):
        return self.r.choice(["lower", "higher"])

    def type(self):
        return self.r.choice(["text", "image", "environment"])

    def moment(self, around=CUT, days=400):
        return write_time(around + timedelta(seconds=self.r.randint(-days * 86400, days * 86400)))

    def allocation(self):
        return {"type": self.type(), "performance_difference": self.r.choice([0.05, self.r.uniform(-0.1, 0.6)]),
                "days_since_first_win": self.r.uniform(0, 200), "first_win_after_cutoff": True}

    def boss_round(self):
        return {"decided_tasks": [self.r.choice(["boss", "challenger"]) for _ in range(self.r.randint(0, 7))]}

    def boss_task(self):
        return {"direction": self.direction(), "boss": self.value(), "challenger": self.value(),
                "consecutive_wins": self.r.randint(0, 9)}

    def bracket_draw(self):
        boss = ["BOSS"] if self.r.random() < 0.5 else []
        return {"type": self.type(), "round_id": f"round{self.r.random()}",
                "entrants": self.names(self.r.choice([3, 14, 20, 150]), 1) + boss}

    def bracket_shape(self):
        return {"n": self.r.randint(1, 300), "boss_wins_every_non_final_match": self.r.random() < 0.5}

    def context_hours(self):
        maybe = lambda x: None if self.r.random() < 0.3 else x
        return {"cases_hours_p95_p50": [[self.r.randint(2, 12) / 2, maybe(self.r.randint(1, 5000)), maybe(self.r.randint(1, 3000))]
                                        for _ in range(5)]}

    def decay_regimes(self):
        return {"type": self.type(), "case_fields": DECAY_FIELDS, "cases": [self.decay_case() for _ in range(5)]}

    def decay_case(self):
        first, now = sorted([self.moment(), self.moment()])
        return [self.r.choice([0.05, self.r.uniform(0, 0.5)]), first, self.r.randint(0, 8), now]

    def decay_shares(self):
        return {"n": self.r.randint(0, 60)}

    def season_pairs(self, field):
        self.r.shuffle(field)
        pairs = []
        for a, b in zip(field[::2], field[1::2]):
            pairs.append([self.direction(), {a: self.value(), b: self.value(0)}])
        return pairs

    def end_to_end_text(self):
        from reference import next_field, task_winner
        v = {"base_winner_hotkey": "Z", "champion_consecutive_wins": self.r.randint(0, 6),
             "value_form": ["direction", {"hotkey": "test_loss or reward"}]}
        field = self.names(8, 1)
        if len(field) % 2:
            field.append("BOSS")
        step, number = "organise", 0
        while step == "organise":
            number += 1
            pairs = self.season_pairs(field)
            v[f"round_{number}_pairs"] = pairs
            step, field = next_field("text", [task_winner(*p) for p in pairs])
        if step == "retains":
            return self.end_to_end_text()
        v[f"round_{number + 1}_final_tasks"] = [
            [self.direction(), {"BOSS": self.value(), field[0]: self.value()}] for _ in range(6)]
        return v

    def environment_advance(self):
        names = self.names(12, 1)
        groups = [{} for _ in range(self.r.randint(1, 3))]
        for h in names:
            self.r.choice(groups)[h] = self.value()
        if self.r.random() < 0.7:
            groups[0]["BOSS"] = self.value()
        return {"groups": groups}

    def environment_final(self):
        return {"tasks_contender_boss": [[self.value(0.05), self.value()] for _ in range(3)]}

    def environment_points(self):
        hotkeys = sorted(self.names(4, 2)) + (["BOSS"] if self.r.random() < 0.7 else [])
        envs, rows = ["e1", "e2", "e3"][:self.r.randint(1, 3)], []
        for i, a in enumerate(hotkeys):
            for b in hotkeys[i + 1:]:
                for env in envs:
                    done = self.r.random() < 0.95
                    rows.append([a, b, env, self.r.randint(0, 3), self.r.randint(0, 3), 0,
                                 "complete" if done else "pending", self.r.randint(0, 2) if done else 3])
        individual = {h: self.value() for h in hotkeys} if self.r.random() < 0.7 else None
        v = games(rows, individual, self.r.randint(1, 2), hotkeys, envs)
        return v

    def environment_shape(self):
        return {"n": self.r.randint(1, 300), "supported_envs": self.r.randint(1, 9)}

    def fee_ledger(self):
        coldkeys, hotkeys = [f"ck{i}" for i in range(4)], [f"m{i}" for i in range(6)]
        owner = {h: self.r.choice(coldkeys + ["unknown"]) for h in hotkeys}
        one_pass = lambda: [[h, owner[h]] for h in hotkeys if self.r.random() < 0.8]
        return {"type": self.type(), "balances_rao": {c: self.r.randint(0, 5) * 125000000 for c in coldkeys[:3]},
                "pass_1": one_pass(), "then_transfer_in": {c: 200000000 for c in coldkeys if self.r.random() < 0.4},
                "pass_2_after_30_min": one_pass(), "refund_calls": self.r.randint(0, 3)}

    def full_weights(self):
        hotkeys = self.names(9, 1) + ["BURN_HOTKEY"]
        v = {"active_participants": self.names(12) + (["BOSS"] if self.r.random() < 0.5 else []),
             "registered": [h for h in hotkeys if self.r.random() < 0.8]}
        for kind in ("text", "image", "environment"):
            points = {h: self.r.choice([0.15, 0.3, self.r.uniform(0, 1)]) for h in hotkeys if self.r.random() < 0.6}
            champion = self.r.choice(hotkeys)
            points.pop(champion, None)
            points.pop("BURN_HOTKEY", None)
            v[kind] = None if self.r.random() < 0.2 else {
                "allocation": self.r.uniform(0, 0.3), "champion": champion, "points": points}
        return v

    weights_edge = full_weights

    def gpu_requirement(self):
        kinds = ["InstructTextTask", "ChatTask", "DpoTask", "GrpoTask", "ImageTask", "EnvTask"]
        return {"cases_type_params": [[self.r.choice(kinds), self.r.choice([None, self.r.randint(1, 72) * 10 ** 9])]
                                      for _ in range(6)]}

    def group_advance_text(self):
        return {"task_type": self.r.choice(["InstructTextTask", "GrpoTask"]), "scores": self.scores(40)}

    def group_sizes_environment(self):
        return {"n": self.r.randint(1, 5000)}

    group_sizes_text_image = group_sizes_environment

    def performance_environment(self):
        return {"challenger_points": self.r.randint(0, 18), "boss_points": self.r.randint(0, 18),
                "num_envs": self.r.randint(1, 6)}

    def performance_text_image(self):
        return {"tasks": [[self.direction(), self.value(), self.value()] for _ in range(self.r.randint(0, 7))]}

    def placement(self):
        points = {h: self.r.choice([0.0, 0.15, 0.3, 0.1 + 0.2, self.r.uniform(0, 2)]) for h in self.names(12)}
        return {"champion": self.r.choice(["Z"] + list(points)), "points": points}

    def points_text(self):
        names = self.names(8, 2) + ["BOSS"]
        return {"champion": names[0], "base_winner": self.r.choice([None, "Z"]),
                "rounds": [[n, self.r.choices(names, k=self.r.randint(0, 6))] for n in range(1, 5)]}

    def points_environment(self):
        rounds = []
        for n in range(1, 4):
            tasks = [self.scores(6) for _ in range(self.r.randint(1, 3))]
            tasks[0]["BOSS"] = self.value()
            rounds.append([n, tasks])
        return {"champion": self.r.choice(["Z"] + list(rounds[0][1][0])[:1]), "base_winner": "Z", "rounds": rounds}

    def quality_scores(self):
        return {"direction": self.direction(), "scores": self.scores(30)}

    def registration_dedupe(self):
        repos = ["https://github.com/%s/r", "https://GITHUB.com/%s/q/", "github.com/%s", "https://example.org/%s/r"]
        return {"nodes_in_order": [
            node(h, f"10.0.0.{self.r.randint(1, 8)}", self.r.choice(repos) % self.r.choice(["one", "One", "two", "x", "y"]),
                 self.r.choice([None, "good", "bad"])) for h in sorted(self.names(14))],
            "tokens_that_pass_github_check": ["good"]}

    def schedule(self):
        window = CUT + timedelta(days=self.r.randint(0, 20), hours=self.r.choice([0, 13, 14, 15, 16]),
                                 minutes=self.r.randint(0, 59))
        return {"type": self.type(), "last_completed": write_time(window - timedelta(hours=self.r.randint(-30, 200))),
                "now": write_time(window)}

    def streak_from_history(self):
        who = lambda: self.r.choice(["a", "a", "b", None])
        rows = [{"winner_hotkey": self.r.choice(["a", "b", "BURN_HOTKEY", "BURN_HOTKEY"]), "base_winner_hotkey": who()}
                for _ in range(self.r.randint(0, 7))]
        return {"completed_newest_first": rows, "champions": ["a", "b", "BURN_HOTKEY"]}

    def submission_dedup(self):
        hotkeys = sorted(self.names(12))
        r2 = sorted(self.names(8, 2) + ["BOSS"])
        verdicts = []
        for _ in range(self.r.randint(0, 8)):
            verdicts.append(self.r.sample(r2, 2) + [self.r.choice(["distinct", "duplicate", "drop_evasion"])])
        return {"r1_candidates": [candidate(h, self.r.choice(["AB", "ab", "cd", h]), self.r.choice([None, "d1", h]))
                                  for h in hotkeys],
                "r2_entrants": r2, "r2_pair_verdicts": verdicts,
                "content_chars": {h: self.r.randint(1, 3) for h in r2 if self.r.random() < 0.8}}

    def text_task_draw(self):
        return {"u": [self.r.random() for _ in range(9)]}

    def threshold(self):
        return {"consecutive_wins": self.r.randint(0, 100)}

    def training_hours(self):
        kinds = ["InstructTextTask", "ChatTask", "DpoTask", "GrpoTask"]
        return {"cases_rows_params_type": [[self.r.randint(0, 700000), self.r.choice([None, self.r.randint(1, 700) * 10 ** 8]),
                                            self.r.choice(kinds)] for _ in range(6)]}

    def training_trace(self):
        events = ["no_gpu", "start_ok", "start_ok", "start_failed", "start_no_retry", "schedule", "no_response"]
        poll = lambda: self.r.choices(["success", "training", "failure", "failure"], k=self.r.randint(0, 3))
        return {"max_training_attempts": self.r.randint(1, 3), "traces": [
            [self.r.choice([self.r.choice(events), poll()]) for _ in range(12)] for _ in range(4)]}

    def weight_projection(self):
        return {"active_participants": self.r.randint(0, 100), "case_fields": PROJECTION_FIELDS, "cases": [
            [self.type(), self.r.choice([5, 60, self.r.uniform(0, 100)]), self.r.randint(0, 7), self.r.randint(0, 50)]
            for _ in range(5)]}


def main():
    options = argparse.ArgumentParser(description="Writes rule vectors to standard output.")
    options.add_argument("--random", type=int, default=0, metavar="N", help="N random vectors in place of the examples")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    cases = [(f"M{i:02d}", kind, given) for i, (kind, given) in enumerate(EXAMPLES, 1)]
    if chosen.random:
        maker, kinds = Maker(chosen.seed), sorted(ANSWERS)
        cases = [(f"R{i}", kinds[i % len(kinds)], getattr(maker, kinds[i % len(kinds)])()) for i in range(chosen.random)]
    lines = [json.dumps({"id": name, "kind": kind, "in": given, "out": ANSWERS[kind](given)}, ensure_ascii=False)
             for name, kind, given in cases]
    sys.stdout.write("[\n  " + ",\n  ".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
