"""Programs that end with the test."""
import os
import shutil
import signal
import subprocess
import time


def need(program):
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise SystemExit(f"{program} is not installed; run scripts/setup")
    return path


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return done.stdout


def ends_with_us():
    import ctypes
    ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)


class Process:
    def __init__(self, words, log):
        self.words, self.log, self.child = [str(w) for w in words], log, None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          preexec_fn=ends_with_us)
        return self

    def kill(self):
        if self.child:
            self.child.kill()
            self.child.wait()
            self.child = None

    def stop(self):
        if self.child:
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.child = None


def until(condition, what, seconds):
    end = time.monotonic() + seconds
    while True:
        if condition():
            return
        if time.monotonic() > end:
            raise RuntimeError(f"not in {seconds} s: {what}")
        time.sleep(0.1)
