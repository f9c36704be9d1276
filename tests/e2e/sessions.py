"""Sessions of processes that tests start: who of one still lives, and how to end it.

Ray's own `ray stop` would end every cluster on the machine; a session holds only what we started.
"""

import os
import signal
import subprocess


def living(session: int) -> list[int]:
    """Return the processes of a session that are not dead yet."""
    table = subprocess.run(["ps", "-e", "-o", "pid=,stat="], capture_output=True, text=True)
    found = []
    for line in table.stdout.splitlines():
        pid, state = line.split()[:2]
        try:
            if os.getsid(int(pid)) == session and not state.startswith("Z"):
                found.append(int(pid))
        except ProcessLookupError:
            continue
    return found


def kill_session(leader: subprocess.Popen) -> None:
    """Kill every process of the session that `leader` opened, and reap it."""
    while alive := living(leader.pid):
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        leader.poll()
    leader.wait()
