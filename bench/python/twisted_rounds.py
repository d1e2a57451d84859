"""Rounds within Twisted's reactor: a number of concurrent requests, each a Deferred."""

import json
import sys
import time

from twisted.internet import defer, task, threads

import rounds


@defer.inlineCallbacks
def play(asked, once):
    tally = rounds.Tally()

    @defer.inlineCallbacks
    def place():
        while True:
            begun = time.perf_counter()
            try:
                yield once()
                tally.answered(begun)
            # Whatever the error is, the request has failed.
            except Exception as error:
                tally.broke_off(error)
            if not tally.goes_on(asked):
                return

    yield defer.gatherResults([place() for _ in range(asked["at_a_time"])])
    rounds.answer(tally)


def run(once):
    """Answer rounds with a function that makes one request."""

    @defer.inlineCallbacks
    def main(_):
        while True:
            line = yield threads.deferToThread(sys.stdin.readline)
            if not line:
                return
            yield play(json.loads(line), once)

    task.react(main)
