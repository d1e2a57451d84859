//! The contract in Rust, generated from `wit/`.
//!
//! `wasi:http` and the other WASI interfaces are those of the `wasi` crate, whose WIT has the
//! version of `wit/deps`.

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
