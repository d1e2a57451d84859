//! The decoder around a body, poll by poll.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;

use expect_test::expect;
use http_body::Body;
use http_step_coding::Decoded;

use crate::allowance::Decodes;
use crate::encoders::{codings, gzip, text, zstd};
use crate::source::{Event, Source, polls};

/// No limit.
fn freely(_: usize) -> Result<(), Infallible> {
    Ok(())
}

type Freely = Decodes<fn(usize) -> Result<(), Infallible>>;

fn decoded(names: &str, events: Vec<Event>) -> Decoded<Source, Freely> {
    Decoded::new(
        Source::new(events),
        &codings(names),
        Decodes(freely as fn(usize) -> _),
    )
}

#[test]
fn frames_are_decoded_as_they_arrive() {
    let body = gzip(b"hello");
    let (front, back) = body.split_at(12);
    let events = vec![
        Event::Data(Vec::new()),
        Event::Data(front.to_vec()),
        Event::Pending,
        Event::Data(back.to_vec()),
        Event::Data(Vec::new()),
    ];
    expect![[r#"
        data b"h"
        pending
        data b"ello"
        end
        end
    "#]]
    .assert_eq(&polls(decoded("gzip", events), 5));
}

#[test]
fn a_large_frame_comes_in_pieces() {
    let plain = text(150_000);
    let report = [("zstd", zstd(&plain)), ("identity", plain)]
        .map(|(names, body)| polls(decoded(names, vec![Event::Data(body)]), 4));
    expect![[r#"
        data of 65536 bytes
        data of 65536 bytes
        data of 18928 bytes
        end

        data of 65536 bytes
        data of 65536 bytes
        data of 18928 bytes
        end
    "#]]
    .assert_eq(&report.join("\n"));
}

#[test]
fn trailers_come_after_the_data() {
    let report =
        [("gzip", gzip(b"hello")), ("identity", b"hello".to_vec())].map(|(names, body)| {
            let events = vec![Event::Data(body), Event::Trailer("x-checksum", "7")];
            polls(decoded(names, events), 4)
        });
    expect![[r#"
        data b"hello"
        trailers {"x-checksum": "7"}
        end
        end

        data b"hello"
        trailers {"x-checksum": "7"}
        end
        end
    "#]]
    .assert_eq(&report.join("\n"));
}

#[test]
fn trailers_do_not_hide_that_data_is_missing() {
    let events = vec![
        Event::Data(gzip(b"hello")[..12].to_vec()),
        Event::Trailer("x-checksum", "7"),
    ];
    expect![[r#"
        data b"h"
        error: the body ends in the middle of its gzip coding
        end
    "#]]
    .assert_eq(&polls(decoded("gzip", events), 3));
}

#[test]
fn nothing_comes_after_an_error() {
    let corrupt = || {
        vec![
            Event::Data([gzip(b"hello"), gzip(b"!")[..12].to_vec(), vec![7; 100]].concat()),
            Event::Data(gzip(b"more")),
        ]
    };
    let broken = |data| vec![Event::Data(data), Event::Error, Event::Data(gzip(b"more"))];
    let report = [
        ("gzip", corrupt()),
        ("gzip", broken(gzip(b"hello"))),
        ("identity", broken(b"hello".to_vec())),
    ]
    .map(|(names, events)| polls(decoded(names, events), 4));
    expect![[r#"
        data b"hello"
        error: the body is not valid gzip: a DEFLATE block is malformed
        end
        end

        data b"hello"
        error: connection reset
        end
        end

        data b"hello"
        error: connection reset
        end
        end
    "#]]
    .assert_eq(&report.join("\n"));
}

#[test]
fn a_body_without_output_lets_other_tasks_run() {
    let name_without_end = || {
        vec![
            Event::Data(vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]),
            Event::Endless(vec![b'n'; 100]),
        ]
    };
    let report = [
        ("identity", vec![Event::Endless(Vec::new())]),
        ("br", vec![Event::Endless(Vec::new())]),
        ("gzip", name_without_end()),
        ("gzip", vec![Event::Data(gzip(b"").repeat(10_000))]),
        (
            "zstd",
            vec![Event::Endless(b"\x50\x2a\x4d\x18\x00\x00\x00\x00".to_vec())],
        ),
    ]
    .map(|(names, events)| polls(decoded(names, events), 2));
    expect![[r#"
        pending, and woken
        pending, and woken
        pending, and woken
        pending, and woken
        pending, and woken
        pending, and woken
        pending, and woken
        pending, and woken
        pending, and woken
        pending, and woken
    "#]]
    .assert_eq(&report.concat());
}

#[test]
fn every_byte_is_charged_to_the_allowance_which_stops_the_body() {
    let report = |names, body| {
        let requested = RefCell::new(Vec::new());
        let mut left = 100_000_usize;
        let allowance = Decodes(|length: usize| {
            requested.borrow_mut().push(length);
            left = left
                .checked_sub(length)
                .ok_or_else(|| io::Error::other("the step may decode 100000 bytes"))?;
            Ok::<_, io::Error>(())
        });
        let body = Decoded::new(Source::new([Event::Data(body)]), &codings(names), allowance);
        let polls = polls(body, 3);
        format!("{polls}asked for {:?}\n\n", requested.into_inner())
    };
    let plain = text(150_000);
    let once = gzip(&plain);
    let report = [
        report("identity", plain),
        report("gzip", once.clone()),
        report("gzip, zstd", zstd(&once)),
    ];
    expect![[r#"
        data of 65536 bytes
        error: the step may decode 100000 bytes
        end
        asked for [65536, 65536]

        data of 65536 bytes
        error: the step may decode 100000 bytes
        end
        asked for [65536, 65536]

        data of 65536 bytes
        error: the step may decode 100000 bytes
        end
        asked for [31092, 65536, 65536]

    "#]]
    .assert_eq(&report.concat());
}

#[test]
fn only_a_known_size_is_reported() {
    let report = |names, events: Vec<Event>| {
        let body = decoded(names, events);
        (body.is_end_stream(), body.size_hint().exact())
    };
    assert_eq!(report("gzip", Vec::new()), (true, Some(0)));
    assert_eq!(report("identity", Vec::new()), (true, Some(0)));
    assert_eq!(
        report("gzip", vec![Event::Data(gzip(b"hello"))]),
        (false, None)
    );
    let full = |names| {
        let source = http_body_util::Full::new(bytes::Bytes::from_static(b"hello"));
        Decoded::new(source, &codings(names), Decodes(freely as fn(usize) -> _))
            .size_hint()
            .exact()
    };
    assert_eq!(full("identity"), Some(5));
    assert_eq!(full("br"), None);
}

/// A reader that takes a body for ended loses the rest: data, trailers, or the error that it is
/// truncated.
#[test]
fn a_body_has_ended_only_when_nothing_can_follow() {
    let report = |names, events: Vec<Event>, times: usize| {
        let mut body = decoded(names, events);
        let lines: String = (0..times)
            .map(|_| {
                let (ended, size) = (body.is_end_stream(), body.size_hint().exact());
                format!("ended: {ended}, size: {size:?}; {}", polls(&mut body, 1))
            })
            .collect();
        format!("{names}\n{lines}\n")
    };
    let cut = || Event::Data(gzip(b"hello")[..12].to_vec());
    let empty = || Event::Data(Vec::new());
    let trailer = || Event::Trailer("x-checksum", "7");
    // The trailers are found in the last step of a poll.
    let late = || (0..31).map(|_| empty()).chain([trailer()]).collect();
    let report = [
        report("identity", vec![Event::Data(text(100_000))], 3),
        report("gzip", vec![Event::Data(gzip(b"hello"))], 3),
        report("gzip", vec![cut()], 3),
        report("gzip", vec![cut(), empty(), Event::Pending], 3),
        report("gzip", vec![empty(), Event::Pending], 2),
        report("identity", late(), 3),
        report("gzip", late(), 3),
    ];
    expect![[r#"
        identity
        ended: false, size: None; data of 65536 bytes
        ended: false, size: None; data of 34464 bytes
        ended: true, size: Some(0); end

        gzip
        ended: false, size: None; data b"hello"
        ended: false, size: None; end
        ended: true, size: Some(0); end

        gzip
        ended: false, size: None; data b"h"
        ended: false, size: None; error: the body ends in the middle of its gzip coding
        ended: true, size: Some(0); end

        gzip
        ended: false, size: None; data b"h"
        ended: false, size: None; pending
        ended: false, size: None; error: the body ends in the middle of its gzip coding

        gzip
        ended: false, size: None; pending
        ended: true, size: Some(0); end

        identity
        ended: false, size: None; pending, and woken
        ended: false, size: None; trailers {"x-checksum": "7"}
        ended: true, size: Some(0); end

        gzip
        ended: false, size: None; pending, and woken
        ended: false, size: None; trailers {"x-checksum": "7"}
        ended: true, size: Some(0); end

    "#]]
    .assert_eq(&report.concat());
}
