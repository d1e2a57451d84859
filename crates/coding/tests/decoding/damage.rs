//! Bodies that are truncated, too long, or invalid.

use http_step_coding::{Coding, DecodeError};
use proptest::prelude::*;

use crate::encoders::{all, codings, encoded, gzip, text, zstd};
use crate::feeding::{decode, feed, feed_leniently};

#[test]
fn a_truncated_body_is_an_error_wherever_it_is_cut() {
    let plain = text(500);
    for coding in Coding::ALL {
        let codings = codings(coding.name());
        let body = encoded(&codings, &plain);
        // At 0 there is no body, which is not an error.
        for at in 1..body.len() {
            let outcome = decode(&codings, &body[..at]);
            assert_eq!(
                outcome.error,
                Some(DecodeError::Truncated { coding }),
                "{coding}, cut at {at}"
            );
            assert!(plain.starts_with(&outcome.decoded), "{coding}");
        }
    }
}

#[test]
fn a_truncated_body_of_two_codings_is_an_error_of_the_outer_one() {
    let plain = text(500);
    for codings in all() {
        let Some((_, outer)) = codings.iter().next().zip(codings.iter().nth(1)) else {
            continue;
        };
        let body = encoded(&codings, &plain);
        for at in 1..body.len() {
            assert_eq!(
                decode(&codings, &body[..at]).error,
                Some(DecodeError::Truncated { coding: outer }),
                "{codings}, cut at {at}"
            );
        }
    }
}

#[test]
fn truncation_inside_a_complete_coding_is_an_error_of_the_inner_one() {
    let plain = text(500);
    for inner in Coding::ALL {
        let body = encoded(&codings(inner.name()), &plain);
        for outer in Coding::ALL {
            let both = codings(&format!("{inner}, {outer}"));
            let cut = encoded(&codings(outer.name()), &body[..body.len() - 1]);
            assert_eq!(
                decode(&both, &cut).error,
                Some(DecodeError::Truncated { coding: inner }),
                "{both}"
            );
        }
    }
}

#[test]
fn trailing_bytes_are_an_error() {
    let plain = text(500);
    for coding in Coding::ALL {
        let codings = codings(coding.name());
        let body = encoded(&codings, &plain);
        for more in 0..=u8::MAX {
            let expected = match (coding, more) {
                // These start another member, or another frame.
                (Coding::Gzip, 0x1f) | (Coding::Zstd, 0x28 | 0x50..=0x5f) => {
                    DecodeError::Truncated { coding }
                }
                _ => DecodeError::TrailingData { coding },
            };
            for outcome in [
                decode(&codings, &[&body[..], &[more]].concat()),
                feed(&codings, [&body[..], &[more]]),
            ] {
                assert_eq!(
                    outcome.error.as_ref(),
                    Some(&expected),
                    "{coding}, {more:#x}"
                );
                assert!(outcome.decoded == plain, "{coding}, {more:#x}");
            }
        }
    }
}

#[test]
fn trailing_bytes_are_ignored_in_lenient_mode() {
    let plain = text(500);
    for codings in all() {
        let body = encoded(&codings, &plain);
        let outer = codings.iter().next_back();
        for more in [
            &b"\0"[..],
            b"\n",
            b"\r\n",
            &[0; 600],
            b"and more of it",
            // What another member or frame could start with.
            b"\x1f",
            b"\x1f\x8bnot gzip",
            &gzip(b"")[..4],
            b"(\xb5/",
            b"P*M",
        ] {
            let whole = [&body[..], more].concat();
            let (front, back) = body.split_at(body.len() / 2);
            for outcome in [
                feed_leniently(&codings, [&whole[..]]),
                feed_leniently(&codings, [front, back, more]),
                feed_leniently(&codings, whole.chunks(1)),
                feed_leniently(&codings, [&body[..], more, more]),
            ] {
                assert_eq!(outcome.error, None, "{codings}, {more:?}");
                assert!(outcome.decoded == plain, "{codings}, {more:?}");
                assert_eq!(outcome.ignored_after, outer, "{codings}, {more:?}");
            }
        }
        let outcome = feed_leniently(&codings, [&body[..]]);
        assert_eq!((outcome.error, outcome.ignored_after), (None, None));
    }
}

#[test]
fn lenient_mode_still_reports_truncated_and_corrupt_bodies() {
    let plain = text(500);
    for coding in Coding::ALL {
        let codings = codings(coding.name());
        let body = encoded(&codings, &plain);
        for at in 1..body.len() {
            let outcome = feed_leniently(&codings, [&body[..at]]);
            assert_eq!(outcome.error, Some(DecodeError::Truncated { coding }));
        }
    }
    for (name, body) in [("gzip", gzip(&plain)), ("zstd", zstd(&plain))] {
        let codings = codings(name);
        let coding = codings.iter().next().unwrap();
        // A whole one, and the start of another.
        let cut = [&body[..], &body[..body.len() - 1]].concat();
        let outcome = feed_leniently(&codings, [&cut[..]]);
        assert_eq!(outcome.error, Some(DecodeError::Truncated { coding }));
        // Its header is complete, and what follows is invalid.
        let mut corrupt = [&body[..], &body[..12], &[0xff; 20]].concat();
        if name == "zstd" {
            corrupt.extend_from_slice(&[0xff; 600]);
        }
        let outcome = feed_leniently(&codings, [&corrupt[..]]);
        assert!(outcome.error.is_some(), "{name}");
        let mut wrong_sum = [&body[..], &body[..]].concat();
        let last = wrong_sum.len() - if name == "gzip" { 8 } else { 4 };
        wrong_sum[last] ^= 1;
        let outcome = feed_leniently(&codings, [&wrong_sum[..]]);
        assert!(outcome.error.is_some(), "{name}");
    }
}

/// Gzip, and zstd with a checksum, detect every change of a bit that matters.
#[test]
fn a_flipped_bit_never_changes_what_a_checksum_covers() {
    let plain = text(200);
    for (name, body) in [("gzip", gzip(&plain)), ("zstd", zstd(&plain))] {
        let codings = codings(name);
        for at in 0..body.len() * 8 {
            let mut body = body.clone();
            body[at / 8] ^= 1 << (at % 8);
            let outcome = decode(&codings, &body);
            assert!(
                outcome.error.is_some() || outcome.decoded == plain,
                "{name}, bit {at}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn decoding_any_bytes_ends(
        body in proptest::collection::vec(any::<u8>(), 0..2000),
        split in 0_usize..2000,
    ) {
        for codings in all() {
            let (front, back) = body.split_at(split.min(body.len()));
            feed(&codings, [front, back]);
        }
    }

    /// This gets further than arbitrary bytes, since the start is valid.
    #[test]
    fn decoding_damaged_bodies_ends(
        length in 0_usize..5000,
        which in 0..all().len(),
        damages in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let codings = all().swap_remove(which);
        let mut body = encoded(&codings, &text(length));
        for (at, byte) in damages {
            let at = at.index(body.len());
            body[at] = byte;
        }
        decode(&codings, &body);
    }
}
