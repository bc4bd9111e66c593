"""A Slurm cluster of four nodes on one host, for tests: munged, slurmctld and slurmd n0 to n3, two GPUs each.

The GPUs are device files that lead nowhere; the nodes share this host's file system. Nothing is started from the system's
configuration, and stop() ends everything.
"""
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")


def missing():
    """Which of Slurm's programs are not installed."""
    search = os.environ.get("PATH", "") + ":/usr/sbin"
    return [name for name in PROGRAMS if not shutil.which(name, path=search)]


class Cluster:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.processes = {}
        self.host = socket.gethostname()
        self.top.mkdir(mode=0o755)
        for name in ("state", "spool"):
            (self.top / name).mkdir()
        self.write_configuration()

    def free_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def write_configuration(self):
        ports = [self.free_port() for _ in range(6)]
        lines = ["ClusterName=test", f"SlurmctldHost={self.host}(127.0.0.1)", f"SlurmctldPort={ports[4]}",
                 "AuthType=auth/munge", f"AuthInfo=socket={self.top}/munge.socket", "SlurmUser=root", "SlurmdUser=root",
                 f"StateSaveLocation={self.top}/state", f"SlurmdSpoolDir={self.top}/spool/%n",
                 f"SlurmctldPidFile={self.top}/slurmctld.pid", f"SlurmdPidFile={self.top}/slurmd.%n.pid",
                 f"SlurmctldLogFile={self.top}/slurmctld.log", f"SlurmdLogFile={self.top}/slurmd.%n.log",
                 "SlurmdParameters=config_overrides", "ProctrackType=proctrack/pgid", "TaskPlugin=task/none",
                 "SelectType=select/cons_tres", "SelectTypeParameters=CR_Core", "GresTypes=gpu", "ReturnToService=2",
                 "SlurmdTimeout=10", "SlurmctldTimeout=10", "KillWait=2", "SchedulerParameters=batch_sched_delay=0",
                 # With an epilog a node says itself that it is free, and the next job goes there at once; otherwise
                 # the controller looks for free nodes once a second.
                 "Epilog=/bin/true",
                 "MpiDefault=none", "JobRequeue=1", "MinJobAge=60", "MailProg=/bin/true",
                 "PreemptType=preempt/partition_prio", "PreemptMode=REQUEUE"]
        for i in range(4):
            lines.append(f"NodeName=n{i} NodeHostname={self.host} NodeAddr=127.0.0.1 Port={ports[i]} Sockets=1 "
                         "CoresPerSocket=2 ThreadsPerCore=1 RealMemory=8000 Gres=gpu:2 State=UNKNOWN")
        lines.append("PartitionName=all Nodes=n[0-3] Default=YES MaxTime=INFINITE State=UP PriorityTier=1")
        lines.append("PartitionName=urgent Nodes=n[0-3] MaxTime=INFINITE State=UP PriorityTier=10")
        (self.top / "slurm.conf").write_text("\n".join(lines) + "\n")
        for i in range(2):
            os.mknod(self.top / f"gpu{i}", 0o600 | 0o020000, os.makedev(1, 3))
        (self.top / "gres.conf").write_text(f"Name=gpu File={self.top}/gpu[0-1]\n")
        os.environ["SLURM_CONF"] = str(self.top / "slurm.conf")

    def spawn(self, name, *command):
        log = (self.top / f"{name}.out").open("ab")
        path = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin")
        self.processes[name] = subprocess.Popen([path, *command[1:]], stdout=log, stderr=log, start_new_session=True)

    def start_controller(self):
        self.spawn("slurmctld", "slurmctld", "-D", "-f", str(self.top / "slurm.conf"))

    def start_node(self, i):
        self.spawn(f"n{i}", "slurmd", "-D", "-N", f"n{i}", "-f", str(self.top / "slurm.conf"))

    def start(self):
        key = self.top / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        self.spawn("munged", "munged", "--foreground", "--force", "--key-file", str(key), "--socket",
                   str(self.top / "munge.socket"), "--pid-file", str(self.top / "munged.pid"), "--seed-file",
                   str(self.top / "munge.seed"), "--log-file", str(self.top / "munged.log"))
        self.wait(lambda: (self.top / "munge.socket").exists(), "munged does not start")
        self.start_controller()
        for i in range(4):
            self.start_node(i)
        self.wait(lambda: self.idle_count() == 4, "the nodes do not become idle")

    def idle_count(self):
        done = subprocess.run(["sinfo", "-h", "-N", "-p", "all", "-o", "%T"], capture_output=True, text=True, check=False)
        return done.stdout.split().count("idle")

    def wait(self, condition, what):
        deadline = time.monotonic() + 90
        while not condition():
            if time.monotonic() > deadline:
                logs = "".join(p.read_text(errors="replace")[-500:] for p in self.top.glob("*.log"))
                raise RuntimeError(f"{what}: {logs}")
            time.sleep(0.1)

    def kill(self, name):
        process = self.processes.pop(name)
        os.killpg(process.pid, 9)
        process.wait()

    def stop(self):
        subprocess.run(["scancel", "--user", "root"], check=False, capture_output=True, timeout=30)
        for name in list(self.processes):
            self.kill(name)
