"""The rounds that `src/protocol.rs` describes: a line of JSON asks, a line answers."""

import json
import math
import os
import sys
import time

RESIDENT_PAGES = 1


class Tally:
    """The results of the requests of one round."""

    def __init__(self):
        self.latencies = []
        self.failed = 0
        self.error = None
        self.before = resident()
        self.started = time.perf_counter()

    def goes_on(self, asked):
        return time.perf_counter() - self.started < asked["seconds"]

    def answered(self, begun):
        self.latencies.append(time.perf_counter() - begun)

    def broke_off(self, error):
        self.failed += 1
        self.error = self.error or repr(error)

    def sample(self):
        seconds = time.perf_counter() - self.started
        return {
            "done": len(self.latencies),
            "failed": self.failed,
            "error": self.error,
            "seconds": seconds,
            "p50": percentile(self.latencies, 50),
            "p99": percentile(self.latencies, 99),
            "resident_before": self.before,
            "resident_peak": max(self.before, resident()),
        }


def percentile(figures, of_100):
    if not figures:
        return 0.0
    return sorted(figures)[max(0, math.ceil(of_100 / 100 * len(figures)) - 1)]


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[RESIDENT_PAGES]) * os.sysconf("SC_PAGE_SIZE")


def asked():
    """The requested rounds, until the input ends."""
    for line in sys.stdin:
        yield json.loads(line)


def answer(tally):
    print(json.dumps(tally.sample()), flush=True)
