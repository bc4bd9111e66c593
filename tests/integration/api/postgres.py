"""A PostgreSQL server of a test's own, on a Unix socket in a folder that goes away."""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile


def tools():
    """The folder of initdb and pg_ctl, None when PostgreSQL's server is not installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return os.path.dirname(found[-1]) if found else None


class Server:
    def __init__(self):
        self.bin = tools()
        self.folder = tempfile.mkdtemp(prefix="god-pg-")
        self.as_user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]

    def _run(self, *command):
        subprocess.run([*self.as_user, os.path.join(self.bin, command[0]), *command[1:]], check=True, cwd="/",
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def __enter__(self):
        self.data = os.path.join(self.folder, "data")
        self._run("initdb", "-D", self.data, "-A", "trust", "-E", "UTF8", "-U", "god", "--no-sync")
        self.url = f"postgres://god@/postgres?host={self.folder}"
        self.start()
        return self

    def start(self):
        self._run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"), "-o",
                  f"-k {self.folder} -c listen_addresses='' -c fsync=off", "start")

    def crash(self):
        """No farewell to anybody."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    def __exit__(self, *_):
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)
