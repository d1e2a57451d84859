//! The row of a request that was not completed.

use tokio::time::advance;

use super::*;
use crate::usage::facts::ConnectionFacts;

const STOPPED: &str = "the step was stopped";

/// A request that has reached some stages.
fn entry(come_to: &[fn(&AuditEntry)]) -> AuditEntry {
    let entry = AuditEntry::new("GET");
    for stage in come_to {
        stage(&entry);
    }
    entry
}

fn row(entry: &AuditEntry) -> AuditRow {
    entry.row(&Redactor::empty())
}

fn sent_on(entry: &AuditEntry) {
    entry.sent_on(&ConnectionFacts::empty(), ConnectionUse::New);
}

fn answered(entry: &AuditEntry) {
    entry.answered(200, None);
}

#[test]
fn an_aborted_run_aborts_its_requests() {
    type Case = (&'static [fn(&AuditEntry)], Option<(Stage, Sent)>);
    let cases: [Case; 5] = [
        (&[], Some((Stage::Policy, Sent::No))),
        (&[sent_on], Some((Stage::Head, Sent::Unknown))),
        (
            &[sent_on, AuditEntry::start_connecting],
            Some((Stage::Resolve, Sent::Unknown)),
        ),
        (&[sent_on, answered], Some((Stage::Body, Sent::Yes))),
        (&[sent_on, answered, AuditEntry::ended], None),
    ];
    for (come_to, expected) in cases {
        let entry = entry(come_to);
        entry.abort(ErrorKind::Cancelled, STOPPED);
        let error = expected.map(|(stage, sent)| AuditError {
            kind: ErrorKind::Cancelled,
            stage,
            message: STOPPED.to_owned(),
            sent,
            grant: None,
        });
        assert_eq!(row(&entry).error, error);
    }
}

/// Whether it needed a new connection says whether its host is that of an earlier request.
#[test]
fn the_row_of_a_secret_url_hides_its_connection() {
    let timings = Timings {
        resolve: Duration::from_secs(1),
        connect: Duration::from_secs(2),
        tls: Duration::from_secs(3),
    };
    let facts = ConnectionFacts {
        timings,
        ..ConnectionFacts::empty()
    };
    for is_secret in [false, true] {
        let rows = [ConnectionUse::New, ConnectionUse::Reused].map(|connection| {
            let entry = entry(&[]);
            if is_secret {
                entry.hide_origin();
            }
            entry.sent_on(&facts, connection);
            assert!(entry.may_have_reached_server());
            let AuditRow {
                connection,
                seconds,
                ..
            } = row(&entry);
            (connection, seconds.resolve, seconds.connect, seconds.tls)
        });
        let expected = match is_secret {
            true => [(None, 0.0, 0.0, 0.0); 2],
            false => [
                (Some(ConnectionUse::New), 1.0, 2.0, 3.0),
                (Some(ConnectionUse::Reused), 0.0, 0.0, 0.0),
            ],
        };
        assert_eq!(rows, expected);
    }
}

#[test]
fn an_error_before_the_end_of_the_run_is_kept() {
    let refused = TransportError::Refused("no".to_owned());
    let entry = entry(&[]);
    entry.failed(&refused);
    entry.abort(ErrorKind::Cancelled, STOPPED);
    assert_eq!(row(&entry).error.unwrap().message, "no");
}

#[test]
fn unanswered_requests_of_a_finished_component() {
    let is_left = |come_to: &[fn(&AuditEntry)]| {
        let entry = entry(come_to);
        entry.abandon();
        row(&entry).error.map(|error| error.message)
    };
    let left = "the component did not wait for the answer".to_owned();
    assert_eq!(is_left(&[]), Some(left.clone()));
    assert_eq!(is_left(&[sent_on]), Some(left));
    assert_eq!(is_left(&[sent_on, answered]), None);
}

#[tokio::test(start_paused = true)]
async fn a_failed_stage_has_a_duration() {
    const SOME: Duration = Duration::from_secs(2);
    let from = || "http://one.test".to_owned();
    let silent = TransportError::ReadTimeout {
        from: from(),
        within: SOME,
    };
    let stopped = TransportError::BodyTimeout {
        from: from(),
        within: SOME,
    };
    let entry = entry(&[sent_on]);
    advance(SOME).await;
    entry.failed(&silent);
    let head = SOME.as_secs_f64();
    let seconds = row(&entry).seconds;
    assert_eq!((seconds.head, seconds.body), (head, 0.0));
    answered(&entry);
    advance(2 * SOME).await;
    entry.failed(&stopped);
    let seconds = row(&entry).seconds;
    assert_eq!((seconds.head, seconds.body), (head, 2.0 * head));
}
