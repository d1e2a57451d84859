"""The request of the benchmark, as parameters of Buildbot. `src/contestants/reference.rs` has it for all
others."""

HEADERS = {
    "X-Builder": "linux/x86_64",
    "X-Token": "xoxb-1234567890-abcdefghijklmnopqrstuvwx",
    **{f"X-Field-{number}": f"the value of field {number}" for number in range(2, 6)},
}

HIDDEN = ["X-Token"]

JSON = {"number": 42, "branch": "main", "note": ""}


def url(origin):
    return f"{origin}/builds?answer=0"
