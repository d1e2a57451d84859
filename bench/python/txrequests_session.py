"""requests in threads, as in Buildbot: txrequests' session with its default number of threads,
and a log like HTTPStep's in memory."""

import sys

import txrequests
from twisted.internet import defer

import reference
import twisted_rounds

session = txrequests.Session()
hidden = {name.casefold() for name in reference.HIDDEN}


@defer.inlineCallbacks
def once(origin):
    url = reference.url(origin)
    log = [f"Performing POST request to {url}\n"]
    response = yield session.request(
        method="POST", url=url, headers=reference.HEADERS, json=reference.JSON
    )
    response.raise_for_status()
    log.append("Request Headers:\n")
    for name, value in response.request.headers.items():
        shown = "<HIDDEN>" if name.casefold() in hidden else value
        log.append(f"\t{name}: {shown}\n")
    log.append(f"URL: {response.url}\nStatus: {response.status_code}\nResponse Headers:\n")
    for name, value in response.headers.items():
        log.append(f"\t{name}: {value}\n")
    log.append(f" ------ Content ------\n{response.text}")


def main(origin):
    twisted_rounds.run(lambda: once(origin))


main(*sys.argv[1:])
