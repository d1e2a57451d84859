//! Encoded bodies decode to the original, however they are cut.

use http_step_coding::{DecodeError, PIECE, decode_all};
use proptest::prelude::*;

use crate::encoders::{all, codings, encoded, noise, text};
use crate::feeding::{decode, feed};

#[test]
fn every_coding_and_every_pair_decodes_to_the_original() {
    let bodies = [
        Vec::new(),
        b"!".to_vec(),
        text(1000),
        text(5 * PIECE + 1),
        noise(2 * PIECE),
        vec![0; 3 * PIECE],
    ];
    for codings in all() {
        for plain in &bodies {
            let outcome = decode(&codings, &encoded(&codings, plain));
            assert_eq!(outcome.error, None, "{codings}");
            assert!(outcome.decoded == *plain, "{codings}: {}", plain.len());
        }
    }
}

#[test]
fn a_body_of_no_bytes_is_empty_in_every_coding() {
    for codings in all() {
        let outcome = feed(&codings, [&b""[..], b""]);
        assert_eq!((outcome.report().as_str(), outcome.produced), (r#""""#, 0));
    }
}

#[test]
fn a_body_without_codings_passes_in_pieces() {
    let plain = text(2 * PIECE + 7);
    let outcome = decode(&codings("identity"), &plain);
    assert_eq!(outcome.error, None);
    assert!(outcome.decoded == plain);
    // Three pieces, and the steps that detect the ends of the frame and the body.
    assert_eq!(outcome.steps, 3 + 3);
}

#[test]
fn a_whole_body_is_decoded_to_no_more_than_its_limit() {
    let plain = text(1000);
    let one = codings("br");
    assert_eq!(
        decode_all(&one, &encoded(&one, &plain), 1000),
        Ok(plain.clone())
    );
    assert_eq!(
        decode_all(&one, &encoded(&one, &plain), 999),
        Err(DecodeError::TooLarge { limit: 999 })
    );
    // The output of the first coding counts as well.
    let two = codings("gzip, zstd");
    assert_eq!(
        decode_all(&two, &encoded(&two, &plain), 1000),
        Err(DecodeError::TooLarge { limit: 1000 })
    );
}

#[test]
fn a_body_in_single_bytes_is_the_same_body() {
    let plain = text(3000);
    for codings in all() {
        let body = encoded(&codings, &plain);
        let outcome = feed(&codings, body.chunks(1));
        assert_eq!(outcome.error, None, "{codings}");
        assert!(outcome.decoded == plain, "{codings}");
    }
}

#[test]
fn a_body_in_two_frames_is_the_same_body_wherever_it_is_cut() {
    let plain = text(300);
    for codings in all() {
        let body = encoded(&codings, &plain);
        for at in 0..=body.len() {
            let (front, back) = body.split_at(at);
            let outcome = feed(&codings, [front, b"", back]);
            assert_eq!(outcome.error, None, "{codings}, cut at {at}");
            assert!(outcome.decoded == plain, "{codings}, cut at {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_body_decodes_from_any_frames(
        // Repetitions, so that there is something to compress.
        unit in proptest::collection::vec(any::<u8>(), 0..400),
        times in 0_usize..400,
        which in 0..all().len(),
        lengths in proptest::collection::vec(0_usize..3000, 1..40),
    ) {
        let plain = unit.repeat(times);
        let codings = all().swap_remove(which);
        let body = encoded(&codings, &plain);
        let mut rest = body.as_slice();
        let mut frames = Vec::new();
        for length in lengths {
            let (frame, after) = rest.split_at(length.min(rest.len()));
            frames.push(frame);
            rest = after;
        }
        frames.push(rest);
        let outcome = feed(&codings, frames);
        prop_assert_eq!(outcome.error, None);
        prop_assert!(outcome.decoded == plain);
    }
}
