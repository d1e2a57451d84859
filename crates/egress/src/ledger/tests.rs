//! What a row says of a request that was not brought to its end.

use tokio::time::advance;

use super::super::connection::Facts;
use super::*;

const STOPPED: &str = "the step was stopped";

/// A request that has come so far.
fn entry(come_to: &[fn(&Entry)]) -> Entry {
    let entry = Entry::new("GET");
    for stage in come_to {
        stage(&entry);
    }
    entry
}

fn row(entry: &Entry) -> LedgerRow {
    entry.row(&Veil::of_nothing())
}

fn goes_out(entry: &Entry) {
    entry.goes_out(&Facts::of_nothing(), ConnectionUse::New);
}

fn answered(entry: &Entry) {
    entry.answered(200);
}

#[test]
fn a_run_that_is_broken_off_breaks_off_what_is_under_way() {
    type Case = (&'static [fn(&Entry)], Option<(Stage, Sent)>);
    let cases: [Case; 5] = [
        (&[], Some((Stage::Policy, Sent::No))),
        (&[goes_out], Some((Stage::Head, Sent::Unknown))),
        (
            &[goes_out, Entry::connects],
            Some((Stage::Resolve, Sent::Unknown)),
        ),
        (&[goes_out, answered], Some((Stage::Body, Sent::Yes))),
        (&[goes_out, answered, Entry::ended], None),
    ];
    for (come_to, expected) in cases {
        let entry = entry(come_to);
        entry.broken_off(ErrorKind::Cancelled, STOPPED);
        let error = expected.map(|(stage, sent)| LedgerError {
            kind: ErrorKind::Cancelled,
            stage,
            message: STOPPED.to_owned(),
            sent,
        });
        assert_eq!(row(&entry).error, error);
    }
}

#[test]
fn what_went_wrong_before_the_end_of_the_run_stays() {
    let refused = TransportError::Refused("no".to_owned());
    let entry = entry(&[]);
    entry.failed(&refused);
    entry.broken_off(ErrorKind::Cancelled, STOPPED);
    assert_eq!(row(&entry).error.unwrap().message, "no");
}

#[test]
fn a_component_that_ends_leaves_behind_what_is_not_answered() {
    let is_left = |come_to: &[fn(&Entry)]| {
        let entry = entry(come_to);
        entry.left_behind();
        row(&entry).error.map(|error| error.message)
    };
    let left = "the component did not wait for the answer".to_owned();
    assert_eq!(is_left(&[]), Some(left.clone()));
    assert_eq!(is_left(&[goes_out]), Some(left));
    assert_eq!(is_left(&[goes_out, answered]), None);
}

#[tokio::test(start_paused = true)]
async fn the_stage_that_fails_has_taken_its_time() {
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
    let entry = entry(&[goes_out]);
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
