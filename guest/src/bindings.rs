//! The contract in Rust: generated from `wit/`, nothing else.
//!
//! What `wasi:http` and its relatives define is taken from the `wasi` crate,
//! whose WIT is the version that `wit/deps` holds.

wit_bindgen::generate!({
    path: "../wit",
    world: "step",
    with: {
        "wasi:clocks/monotonic-clock@0.2.12": wasi::clocks::monotonic_clock,
        "wasi:http/outgoing-handler@0.2.12": wasi::http::outgoing_handler,
        "wasi:http/types@0.2.12": wasi::http::types,
        "wasi:io/error@0.2.12": wasi::io::error,
        "wasi:io/poll@0.2.12": wasi::io::poll,
        "wasi:io/streams@0.2.12": wasi::io::streams,
    },
    additional_derives: [PartialEq],
});
