"""The measuring process's side of the talk with the bench, as ../meter.js has it: a line `ready`, a wait for `go`, a
line with the result."""

import json
import resource
import sys
import time

WARM_UP_STEPS = 3
WARM_UP_SECONDS = 0.5


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def status_bytes(field: str) -> int:
    """A field of Linux's own account of this process, in bytes; elsewhere the peak stands for all of them."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def resident_bytes() -> int:
    return status_bytes("VmRSS")


def peak_bytes() -> int:
    return status_bytes("VmHWM")


def measure(step, began: float, per_step: float, seconds: float) -> dict:
    """Takes the first step and warms up, waits for the bench's word, then repeats the step for the given time.

    began: time.perf_counter() before the network was made. per_step: what one step counts for (images, or operations).
    """
    step()
    first_step = time.perf_counter() - began
    warm = time.perf_counter() + WARM_UP_SECONDS
    taken = 0
    while taken < WARM_UP_STEPS or time.perf_counter() < warm:
        step()
        taken += 1
    say({"ready": True})
    if sys.stdin.readline() == "":
        sys.exit(1)
    steps = 0
    start = time.perf_counter()
    while True:
        step()
        steps += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            break
    return {"rate": steps * per_step / elapsed, "firstStepMs": first_step * 1000, "steps": steps}
