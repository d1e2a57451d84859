"""Buildbot's HTTPStep itself: created, rendered and run for each request as in a build, without the
rest of the master. Its logs stay in memory; a master's go to a database."""

import sys

from buildbot.plugins import steps, util
from buildbot.process.buildstep import create_step_from_step_or_factory
from buildbot.process.properties import Properties
from buildbot.process.results import SUCCESS
from twisted.internet import defer

import reference
import twisted_rounds

build = Properties(number=42, branch="main", builder="x86_64")


class Log:
    """The methods that a step uses on a log of its build."""

    def __init__(self):
        self.texts = []

    def addHeader(self, text):
        self.texts.append(text)
        return defer.succeed(None)

    addStdout = addStderr = addHeader

    def finish(self):
        return defer.succeed(None)


def configured(origin):
    """The step as in a master.cfg."""
    return steps.POST(
        reference.url(origin),
        headers={**reference.HEADERS, "X-Builder": util.Interpolate("linux/%(prop:builder)s")},
        json={**reference.JSON, "number": util.Property("number"), "branch": util.Property("branch")},
        hide_request_headers=reference.HIDDEN,
    )


@defer.inlineCallbacks
def once(factory):
    step = create_step_from_step_or_factory(factory)
    # As `BuildStep.startStep` does.
    for name in step.renderables:
        rendered = yield build.render(getattr(step, name, None))
        setattr(step, name, rendered)
    step.addLog = lambda name: defer.succeed(Log())
    result = yield step.run()
    if result != SUCCESS:
        raise RuntimeError(step.descriptionDone)


def main(origin):
    factory = configured(origin)
    twisted_rounds.run(lambda: once(factory))


main(*sys.argv[1:])
