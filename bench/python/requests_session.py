"""requests alone: one session, one request after the other, and no log."""

import sys
import time

import requests

import reference
import rounds


def main(origin):
    session = requests.Session()
    for asked in rounds.asked():
        tally = rounds.Tally()
        while True:
            begun = time.perf_counter()
            try:
                response = session.post(
                    reference.url(origin), headers=reference.HEADERS, json=reference.JSON
                )
                response.raise_for_status()
                response.text
                tally.answered(begun)
            except requests.RequestException as error:
                tally.broke_off(error)
            if not tally.goes_on(asked):
                break
        rounds.answer(tally)


main(*sys.argv[1:])
