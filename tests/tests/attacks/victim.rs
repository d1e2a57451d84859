//! What must not be reached, and how often each answer was given instead.

use std::net::SocketAddr;

use http_step_tests::{Answer, Service};

/// A server that no run may reach.
pub async fn victim() -> Service {
    Service::start(|_| Answer::new("inside".into())).await
}

pub fn untouched(victim: &Service) {
    assert_eq!(victim.connections(), 0, "the victim was reached");
}

pub fn open_port(service: &Service) -> u16 {
    let address = service.origin.strip_prefix("http://").unwrap();
    address.parse::<SocketAddr>().unwrap().port()
}

/// How often each answer was given.
pub fn tally(log: &str) -> String {
    let mut answers: Vec<(&str, usize)> = Vec::new();
    for line in log.lines() {
        let (_, answer) = line.rsplit_once(": ").unwrap();
        match answers.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, count)) => *count += 1,
            None => answers.push((answer, 1)),
        }
    }
    let report: Vec<_> = answers
        .iter()
        .map(|(answer, count)| format!("{count} × {answer}"))
        .collect();
    report.join(", ")
}
