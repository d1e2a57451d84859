//! Bypasses egress: opens a socket to the address in its orders, and uses the system's resolver.

use std::net::{TcpListener, ToSocketAddrs, UdpSocket};

use http_step_test_guests::*;

struct Step;

fn report_result<T>(what: &str, got: std::io::Result<T>) {
    report(&format!(
        "{what}: {}",
        if got.is_ok() { "got" } else { "none" }
    ));
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let there = authority(&spec);
        #[expect(clippy::disallowed_methods, reason = "this is what it must not get")]
        let connection = std::net::TcpStream::connect(there);
        report_result("a connection", connection);
        report_result("a listener", TcpListener::bind("127.0.0.1:0"));
        let datagram =
            UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"here", there));
        report_result("a datagram", datagram);
        report_result("a name's address", ("localhost", 80).to_socket_addrs());
        success("tried")
    }
}

export!(Step);
