"""The tournament rules a second time, for checking the first: written from the tournament specification in plain Python,
without a look at core/tournament. One function per kind of vector, from `in` to `out`. Standard library only.
Section numbers are those of the specification."""
import hashlib
import math
from datetime import datetime, timedelta, timezone

TYPES = ("text", "image", "environment")
FEE = {"text": 250000000, "image": 200000000, "environment": 250000000}
BASE = {"text": 0.15, "image": 0.125, "environment": 0.15}
CAP = {"text": 0.48, "image": 0.32, "environment": 0.16}
WINDOW = {"text": (3, 14), "image": (3, 15), "environment": (0, 14)}
LOWER_BETTER = {"InstructTextTask", "ChatTask", "DpoTask", "ImageTask"}
CUT = datetime(2025, 11, 26, tzinfo=timezone.utc)


# ---- times (0, 6)

def parse_time(text):
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc)


def write_time(moment):
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond:
        text += (".%06d" % moment.microsecond).rstrip("0")
    return text + "Z"


def days(start, end):
    return (end - start).total_seconds() / 86400


def schedule(v):
    weekday, hour = WINDOW[v["type"]]
    last, now = parse_time(v["last_completed"]), parse_time(v["now"])
    ref = max(last, now)
    window = ref.replace(hour=hour, minute=0, second=0, microsecond=0)
    delta = (weekday - ref.weekday()) % 7
    if delta == 0:
        start = window if ref.hour == hour or window > ref else window + timedelta(days=7)
    else:
        start = window + timedelta(days=delta)
    return {"start_now": now.weekday() == weekday and now.hour == hour and now >= start, "next_start": write_time(start)}


# ---- draws and brackets (10)

class Stream:
    def __init__(self, round_id, label):
        self.prefix, self.k, self.numbers = f"{round_id}/{label}/", 0, []

    def x(self):
        if not self.numbers:
            digest = hashlib.sha256((self.prefix + str(self.k)).encode()).digest()
            self.k += 1
            self.numbers = [int.from_bytes(digest[i:i + 8], "big") for i in range(0, 32, 8)]
        return self.numbers.pop(0)

    def below(self, n):
        if n == 1:
            return 0
        r = 2 ** 64 % n
        while True:
            x = self.x()
            if not (r > 0 and x >= 2 ** 64 - r):
                return x % n

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


def spread(n, groups):
    return [n // groups + (1 if i < n % groups else 0) for i in range(groups)]


def text_group_sizes(n):
    g = math.ceil(n / 32)
    if n / g < 20:
        g = max(1, g - 1)
    return spread(n, g)


def environment_group_sizes(n):
    g = math.ceil(n / 6)
    while g > 1 and n // g < 2:
        g -= 1
    return spread(n, g)


def cut(items, sizes):
    out = []
    for size in sizes:
        out.append(items[:size])
        items = items[size:]
    return out


def organise(tournament_type, entrants, stream):
    entrants = sorted(entrants, key=lambda s: s.encode())
    stream.shuffle(entrants)
    if tournament_type == "environment":
        return cut(entrants, environment_group_sizes(len(entrants)))
    if len(entrants) <= 14:
        if len(entrants) % 2:
            if "BOSS" in entrants:
                entrants.remove("BOSS")
            else:
                entrants.append("BOSS")
        stream.shuffle(entrants)
        slots = [entrants[i:i + 2] for i in range(0, len(entrants), 2)]
    else:
        slots = cut(entrants, text_group_sizes(len(entrants)))
    stream.shuffle(slots)
    return slots


def bracket_draw(v):
    return organise(v["type"], v["entrants"], Stream(v["round_id"], "bracket"))


def next_field(tournament_type, winners):
    """("retains" | "final" | "organise", field), 10.3"""
    if tournament_type == "environment":
        contenders = [w for w in winners if w != "BOSS"]
        if not contenders:
            return "retains", []
        return ("final" if len(contenders) == 1 else "organise"), contenders + ["BOSS"]
    if not winners or winners == ["BOSS"]:
        return "retains", []
    if len(winners) == 1:
        return "final", winners + ["BOSS"]
    if len(winners) == 2 and "BOSS" in winners:
        return "final", [w for w in winners if w != "BOSS"] + ["BOSS"]
    if len(winners) % 2:
        if "BOSS" in winners:
            return "organise", [w for w in winners if w != "BOSS"]
        return "organise", winners + ["BOSS"]
    return "organise", winners


def bracket_shape(v):
    field, out = [f"m{i:05d}" for i in range(v["n"])], []
    step, number = "organise", 0
    while step == "organise":
        number += 1
        slots = organise("text", field, Stream(f"r{number}", "bracket"))
        if len(field) > 14:
            out.append(["group", text_group_sizes(len(field))])
            winners = field[:8]
        else:
            out.append(["knockout", len(slots), False])
            winners = []
            for a, b in slots:
                other = b if a == "BOSS" else a
                winners.append("BOSS" if "BOSS" in (a, b) and v["boss_wins_every_non_final_match"] else other)
        step, field = next_field("text", winners)
    if step == "final":
        out.append(["knockout", 1, True])
    return out


def environment_shape(v):
    field, out, number, step = [f"m{i:05d}" for i in range(v["n"])], [], 0, "organise"
    while step == "organise":
        number += 1
        slots = organise("environment", field, Stream(f"r{number}", "bracket"))
        out.append([[len(s) for s in slots], min(2 * number, v["supported_envs"]), len(slots), False])
        step, field = next_field("environment", [[m for m in s if m != "BOSS"][0] for s in slots])
    if step == "final":
        out.append([[2], min(2 * (number + 1), v["supported_envs"]), 3, True])
    return out


# ---- scores and winners (14.3, 15, 16, 17)

def valid(x):
    return x is not None and math.isfinite(x)


def ranked(direction, scores):
    sign = 1 if direction == "lower" else -1
    names = [h for h in scores if valid(scores[h])]
    return sorted(names, key=lambda h: (sign * scores[h], h.encode()))


def quality_scores(v):
    order, out = ranked(v["direction"], v["scores"]), {}
    punished = max(1, math.floor(0.25 * len(order))) if len(order) > 8 else 0
    for place, h in enumerate(order):
        out[h] = 3.0 if place == 0 else -1.0 if place >= len(order) - punished else 0.0
    for h in v["scores"]:
        out.setdefault(h, -1.0 if order else 0.0)
    return out


def task_winner(direction, scores):
    order = ranked(direction, scores)
    return order[0] if order else None


def group_advance_text(v):
    return ranked("lower" if v["task_type"] in LOWER_BETTER else "higher", v["scores"])[:8]


def threshold(wins):
    return max(0.03, [0.0625, 0.05, 0.05 * 0.8, 0.05 * 0.8 * 0.8, 0.03][min(wins, 4)])


def boss_task_winner(direction, t, b, c):
    if valid(b) and valid(c):
        keeps = b * (1 - t) < c if direction == "lower" else b * (1 + t) > c
        return "boss" if keeps else "challenger"
    return "challenger" if valid(c) else "boss"


def boss_task(v):
    return boss_task_winner(v["direction"], threshold(v["consecutive_wins"]), v["boss"], v["challenger"])


def boss_round(v):
    tasks = v["decided_tasks"]
    return "challenger" if tasks.count("challenger") > len(tasks) // 2 else "boss"


def consecutive_wins(history, champion):
    wins = 0
    for row in history:
        winner, base = row.get("winner_hotkey"), row.get("base_winner_hotkey")
        if winner == champion or (winner == "BURN_HOTKEY" and base == champion):
            wins += 1
        else:
            break
    return wins


def streak_from_history(v):
    out = []
    for champion in v["champions"]:
        wins = consecutive_wins(v["completed_newest_first"], champion)
        out.append({"champion": champion, "consecutive_wins": wins, "threshold": threshold(wins)})
    return out


def environment_advance(v):
    winners = []
    for group in v["groups"]:
        scored = {h: s for h, s in group.items() if h != "BOSS" and valid(s)}
        if not scored:
            continue
        best = max(scored.values())
        if len(v["groups"]) == 1 and valid(group.get("BOSS")) and group["BOSS"] >= best:
            continue
        winners += sorted((h for h in scored if scored[h] == best), key=lambda h: h.encode())
    return {"winners": winners, "next": {0: "boss_retains", 1: "final"}.get(len(winners), "group_round")}


def environment_final(v):
    wins = losses = 0
    for contender, boss in v["tasks_contender_boss"]:
        boss = boss if valid(boss) else 0
        if not valid(contender):
            return {"winner": "boss"}
        wins += contender > boss
        losses += contender < boss
    return {"winner": "contender" if losses == 0 and wins >= 1 else "boss"}


def environment_points(v):
    points = {h: 0 for h in v["hotkeys"]}
    rows, pairs = {}, []
    for raw in v["pair_rows"]:
        row = dict(zip(v["pair_row_fields"], raw))
        pair = (row["hotkey_a"], row["hotkey_b"])
        if pair not in pairs:
            pairs.append(pair)
        rows.setdefault(pair, []).append(row)

    def give(a, b, ahead):
        points[a] += 3 if ahead > 0 else 1 if ahead == 0 else 0
        points[b] += 3 if ahead < 0 else 1 if ahead == 0 else 0

    for a, b in pairs:
        exhausted = any(r["status"] != "complete" for r in rows[a, b])
        for r in rows[a, b]:
            give(a, b, 0 if exhausted else r["model_a_wins"] - r["model_b_wins"])
        for _ in v["individual_envs"]:
            sa, sb = (v["individual_scores"].get(h) or 0 for h in (a, b))
            margin = abs(sb) * 0.015
            give(a, b, 1 if sa > sb + margin else -1 if sb > sa + margin else 0)
    groups = [points] + [{}] * (v["round_has_groups"] - 1)
    answer = environment_advance({"groups": groups})
    step = answer["next"] if len(groups) == 1 else "group_round"
    return {"points": points, "winners": answer["winners"], "tournament": step}


# ---- tasks (11)

def text_task_draw(v):
    return ["InstructTextTask" if u < 0.75 else "DpoTask" if u < 0.95 else "GrpoTask" for u in v["u"]]


def gpu_requirement(v):
    out = []
    for task_type, params in v["cases_type_params"]:
        if task_type == "EnvTask":
            out.append("4xH100")
        elif task_type == "ImageTask" or params is None:
            out.append("1xH100")
        else:
            b = params / 1e9 * {"DpoTask": 3, "GrpoTask": 2}.get(task_type, 1)
            out.append(f"{1 if b <= 4 else 2 if b <= 12 else 4 if b <= 40 else 8}xH100")
    return out


def training_hours(v):
    out = []
    for rows, params, task_type in v["cases_rows_params_type"]:
        t = min(1, max(0, (rows - 75000) / 425000))
        h = max(1, round(2 * (1 + 5 * t)) / 2)
        if params is not None and params < 14e9:
            h = max(1, round(2 * h * (0.5 + 0.5 * params / 14e9)) / 2)
        h = max(1, round(2 * h * {"DpoTask": 1.4, "GrpoTask": 1.3}.get(task_type, 1.0)) / 2)
        out.append(min(h, 6))
    return out


def context_hours(v):
    out = []
    for h, p95, p50 in v["cases_hours_p95_p50"]:
        if p95 is not None:
            packed = max(p95, 2 * (p50 if p50 is not None else p95))
            h = min(6, max(1, round(2 * h * min(3, max(0.25, (packed / 1024) ** 2))) / 2))
        out.append(h)
    return out


# ---- performance and allocation (19, 20.1, 22)

def performance(direction, b, c):
    if not valid(b) or not valid(c):
        return None
    if direction == "lower":
        return (b - c) / c if c > 0 else 0.0
    return (c - b) / b if b > 0 else 0.0


def median(values):
    values = sorted(x for x in values if valid(x))
    if not values:
        return 0.0
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def performance_text_image(v):
    per_task = [performance(*task) for task in v["tasks"]]
    return {"per_task": per_task, "median": median(per_task)}


def from_win_share(p):
    return 0.0 if p < 0.60 else 0.05 + (p - 0.60) * 0.125


def performance_environment(v):
    c, b, e = v["challenger_points"], v["boss_points"], v["num_envs"]
    return from_win_share(max(0, (2 * c + b - 3 * e) / (3 * e)))


def boost_of(d):
    return 2.0 * (d - 0.05) if d > 0.05 else 0.0


def allocation_after(tournament_type, d, decay):
    return min(max(0, BASE[tournament_type] + boost_of(d) - decay), CAP[tournament_type])


def allocation(v):
    return allocation_after(v["type"], v["performance_difference"], 0.0033 * v["days_since_first_win"])


def decay_regimes(v):
    out, base, cap = [], BASE[v["type"]], CAP[v["type"]]
    for raw in v["cases"]:
        case = dict(zip(v["case_fields"], raw))
        boost = boost_of(case["performance_difference"])
        first, now = parse_time(case["first_championship_time"]), parse_time(case["now"])
        old = max(0, case["consecutive_wins"] - 1) * 0.01
        hybrid = False
        if now < CUT:
            new, amount = 0.0, max(0, base + max(0, boost - old))
        elif first < CUT:
            hybrid, new = True, 0.0033 * days(CUT, now)
            amount = base + (boost - old) if boost > old else max(0, base - new)
        else:
            old, new = 0.0, 0.0033 * days(first, now)
            amount = max(0, base + boost - new)
        out.append({"old_decay": old, "new_decay": new, "hybrid": hybrid, "allocation": min(amount, cap)})
    return out


def weight_projection(v):
    scale, results = 1 - 0.0001 * v["active_participants"], []
    for raw in v["cases"]:
        case = dict(zip(v["case_fields"], raw))
        kind, fraction = case["type"], case["percentage_improvement"] / 100
        n = max(1, case["participant_rows_in_latest_tournament"])
        if kind == "environment":
            perf, limit = from_win_share(fraction), 0.60
            wins = fraction >= limit
        else:
            perf, limit = fraction, threshold(case["current_champion_consecutive_wins"])
            wins = perf > limit
        if wins:
            weight = lambda d: share(1, n) * allocation_after(kind, perf, 0.0033 * d) * scale
        else:
            n = max(2, n)
            weight = lambda d: share(2, n) * BASE[kind] * scale
        results.append({
            "dethrone_threshold": limit,
            "emission_boost": boost_of(perf) if wins else 0.0,
            "placement": "champion" if wins else "runner_up",
            "initial_weight": weight(0),
            "projections": [{"days": d, "weight": weight(d), "total_alpha": d * 2952 * (weight(0) + weight(d)) / 2}
                            for d in (7, 30, 90, 180)]})
    return {"daily_alpha_to_miners": 2952, "results": results}


# ---- points, shares, weights (20.2 to 20.4)

def share(rank, n):
    return 0.3 ** (rank - 1) / sum(0.3 ** (r - 1) for r in range(1, n + 1))


def decay_shares(v):
    return [share(r, v["n"]) for r in range(1, v["n"] + 1)]


def place(champion, points):
    """hotkey -> (rank, share)"""
    keys = {h: round(p * 1e9) for h, p in points.items() if p > 0 and h != champion}
    if not keys:
        return {}
    n, out = len(keys) + 1, {champion: (1, share(1, len(keys) + 1))}
    for h, key in keys.items():
        before = sum(1 for k in keys.values() if k > key)
        same = sum(1 for k in keys.values() if k == key)
        rank = 2 + before + (same - 1) / 2
        out[h] = (rank, share(rank, n))
    return out


def placement(v):
    return {h: s for h, (_, s) in place(v["champion"], v["points"]).items()}


def points_text(v):
    points = {}
    for number, winners in v["rounds"]:
        for winner in winners:
            if winner is None or winner == v["champion"] or (winner == "BOSS" and v["base_winner"] is not None):
                continue
            points[winner] = points.get(winner, 0) + number * BASE["text"]
    return points


def points_environment(v):
    points = {}
    for number, tasks in v["rounds"]:
        for task in tasks:
            scores = {h: s for h, s in task.items() if h not in ("BOSS", v["champion"]) and s != 0}
            order = ranked("higher", scores)
            for i, h in enumerate(order, 1):
                gain = number * BASE["environment"] * (len(order) - i + 1) / len(order)
                points[h] = points.get(h, 0) + gain
    return points


def full_weights(v):
    def node(h):
        return "BURN_HOTKEY" if h == "BOSS" else h

    active = sorted(set(map(node, v["active_participants"])))
    nodes = set(map(node, v["registered"]))
    weights, scale = {h: 0.0 for h in nodes}, 1 - 0.0001 * len(active)
    undistributed = total = 0.0
    for kind in TYPES:
        entry = v[kind]
        amount = entry["allocation"] if entry else BASE[kind]
        total += amount
        given = 0.0
        if entry:
            champion = node(entry["champion"])
            for h, (_, part) in place(champion, {node(k): p for k, p in entry["points"].items()}).items():
                if h in nodes and h != "BURN_HOTKEY":
                    pay = part * (amount if h == champion else BASE[kind]) * scale
                    weights[h] += pay
                    given += pay
        undistributed += amount * scale - given
    for h in active:
        if h in nodes:
            weights[h] += 0.0001
    if "BURN_HOTKEY" in nodes:
        weights["BURN_HOTKEY"] = (1 - total) * scale + undistributed
    return {"scale": scale, "weights": weights, "sum": sum(weights.values())}


# ---- the way in (8, 9, 13, 23)

def one_per(entries, group_of):
    """entries: (name, has_token, ...); None groups survive and come first"""
    alone = [e for e in entries if group_of(e) is None]
    groups = {}
    for e in entries:
        if group_of(e) is not None:
            groups.setdefault(group_of(e), []).append(e)
    return alone + [next((e for e in members if e[1]), members[0]) for members in groups.values()]


def github_owner(url):
    at = url.lower().find("github.com/")
    if at < 0:
        return None
    segments = [s for s in url[at + len("github.com/"):].split("/") if s]
    return segments[0].lower() if len(segments) >= 2 else None


def registration_dedupe(v):
    good = v["tokens_that_pass_github_check"]
    entries = [(n["hotkey"], n.get("github_token") in good, n["ip"], n["github_repo"]) for n in v["nodes_in_order"]]
    after_ip = one_per(entries, lambda e: e[2])
    after_owner = one_per(after_ip, lambda e: github_owner(e[3]))
    return {"after_ip": [e[0] for e in after_ip], "after_github_account": [e[0] for e in after_owner]}


def clusters_of(names, pairs):
    parts = [{n} for n in names]
    for a, b in pairs:
        pa, pb = (next(p for p in parts if x in p) for x in (a, b))
        if pa is not pb:
            parts.remove(pb)
            pa |= pb
    return sorted(sorted(p) for p in parts if len(p) > 1)


def submission_dedup(v):
    r1 = v["r1_candidates"]
    pairs = [(a["hotkey"], b["hotkey"]) for i, a in enumerate(r1) for b in r1[i + 1:]
             if a["head_commit"].lower() == b["head_commit"].lower()
             or (a["normalized_digest"] is not None and a["normalized_digest"] == b["normalized_digest"])]
    r1_clusters = clusters_of([c["hotkey"] for c in r1], pairs)
    verdicts = v["r2_pair_verdicts"]
    r2_clusters = clusters_of(v["r2_entrants"], [(a, b) for a, b, word in verdicts if word == "duplicate"])
    flagged = {h for c in r2_clusters for h in c}
    for a, b, word in verdicts:
        if word == "drop_evasion":
            flagged.add(b if v["content_chars"].get(b, 0) > v["content_chars"].get(a, 0) else a)
    flagged.discard("BOSS")
    return {"r1_clusters": r1_clusters, "r1_eliminated": sorted(h for c in r1_clusters for h in c),
            "r2_clusters": r2_clusters, "r2_flagged": sorted(flagged),
            "r2_gate": "pending_review" if flagged else "skipped"}


def training_trace(v):
    out = []
    for trace in v["traces"]:
        state, attempts, rows = "pending", 0, []
        for event in trace:
            if isinstance(event, list) or event == "no_response":
                answers = event if isinstance(event, list) else []
                if state == "training":
                    if "success" in answers:
                        state = "success"
                    elif all(a == "failure" for a in answers):
                        state = "pending"
            elif state == "pending":
                if attempts >= v["max_training_attempts"] or event == "start_no_retry":
                    state = "failure"
                elif event == "start_ok":
                    state, attempts = "training", attempts + 1
            rows.append([state, attempts])
        out.append(rows)
    return out


def fee_ledger(v):
    fee, balances, charged, events = FEE[v["type"]], dict(v["balances_rao"]), set(), []

    def charge(rows):
        words = []
        for hotkey, coldkey in rows:
            if hotkey in charged:
                words.append("already_charged")
            elif balances.get(coldkey, 0) < fee:
                words.append("insufficient_balance")
            else:
                balances[coldkey] -= fee
                charged.add(hotkey)
                events.append([coldkey, "participation_fee", -fee])
                words.append("charged")
        return words

    out = {"pass_1": charge(v["pass_1"])}
    for coldkey, amount in v["then_transfer_in"].items():
        balances[coldkey] = balances.get(coldkey, 0) + amount
    out["pass_2"] = charge(v["pass_2_after_30_min"])
    out["balances_before_refund"] = dict(balances)
    out["refunds_processed"] = []
    for _ in range(v["refund_calls"]):
        credited = 0
        for coldkey in sorted({e[0] for e in events}):
            total = sum(e[2] for e in events if e[0] == coldkey)
            if total < 0:
                balances[coldkey] -= total
                events.append([coldkey, "refund", -total])
                credited += 1
        out["refunds_processed"].append(credited)
    out["balances_after"], out["events"] = balances, events
    return out


# ---- a whole tournament (15, 16, 19, 20)

def end_to_end_text(v):
    rounds = [v[f"round_{n}_pairs"] for n in range(1, 100) if f"round_{n}_pairs" in v]
    final_number = len(rounds) + 1
    final = v[f"round_{final_number}_final_tasks"]
    t = threshold(v["champion_consecutive_wins"])
    alive = {h for _, values in rounds[0] for h in values} | {"BOSS"}
    round_winners, eliminated, point_rounds = [], {}, []
    for number, pairs in enumerate(rounds, 1):
        winners = [w for w in (task_winner(*pair) for pair in pairs) if w is not None]
        round_winners.append(winners)
        out = sorted(h for h in alive if h not in winners and h != "BOSS")
        eliminated[str(number)] = out
        alive -= set(out)
        point_rounds.append([number, winners])
    challenger = next(h for _, values in final for h in values if h != "BOSS")
    words = [boss_task_winner(d, t, values.get("BOSS"), values.get(challenger)) for d, values in final]
    winners = [challenger if w == "challenger" else "BOSS" for w in words]
    round_winners.append(winners)
    point_rounds.append([final_number, winners])
    dethroned = boss_round({"decided_tasks": words}) == "challenger"
    eliminated[str(final_number)] = sorted(h for h in alive if h != (challenger if dethroned else "BOSS"))
    per_task = [performance(d, values.get("BOSS"), values.get(challenger)) for d, values in final]
    champion = challenger if dethroned else v["base_winner_hotkey"]
    points = points_text({"champion": champion, "base_winner": v["base_winner_hotkey"], "rounds": point_rounds})
    return {
        "round_winners": round_winners,
        "round_2_entrants": next_field("text", round_winners[0])[1],
        "eliminated_in_round": eliminated,
        "threshold": t,
        "winner_hotkey": challenger if dethroned else "BURN_HOTKEY",
        "points": points,
        "shares": placement({"champion": champion, "points": points}),
        "performance_differences": per_task,
        "winning_performance_difference": median(per_task),
        "allocation_on_day_0": allocation_after("text", median(per_task) if dethroned else 0, 0)}


ANSWERS = {
    "allocation": allocation, "boss_round": boss_round, "boss_task": boss_task, "bracket_draw": bracket_draw,
    "bracket_shape": bracket_shape, "context_hours": context_hours, "decay_regimes": decay_regimes,
    "decay_shares": decay_shares, "end_to_end_text": end_to_end_text, "environment_advance": environment_advance,
    "environment_final": environment_final, "environment_points": environment_points,
    "environment_shape": environment_shape, "fee_ledger": fee_ledger, "full_weights": full_weights,
    "gpu_requirement": gpu_requirement, "group_advance_text": group_advance_text,
    "group_sizes_environment": lambda v: environment_group_sizes(v["n"]),
    "group_sizes_text_image": lambda v: text_group_sizes(v["n"]),
    "performance_environment": performance_environment, "performance_text_image": performance_text_image,
    "placement": placement, "points_environment": points_environment, "points_text": points_text,
    "quality_scores": quality_scores, "registration_dedupe": registration_dedupe, "schedule": schedule,
    "streak_from_history": streak_from_history, "submission_dedup": submission_dedup,
    "text_task_draw": text_task_draw, "threshold": lambda v: threshold(v["consecutive_wins"]),
    "training_hours": training_hours, "training_trace": training_trace, "weight_projection": weight_projection,
    "weights_edge": full_weights,
}
