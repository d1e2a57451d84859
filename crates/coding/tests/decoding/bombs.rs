//! Small bodies that decode to large ones.

use std::cell::Cell;
use std::io;

use http_step_coding::{Coding, DecodeError, Decoded, PIECE, decode_all};

use crate::allowance::Decodes;
use crate::encoders::{codings, encoded, gzip, zeros};
use crate::feeding::feed;
use crate::source::{Event, Source, polls};

/// The decoded size of the bombs with one layer.
const GIB: usize = 1 << 30;

/// The limit of a reader.
const ALLOWED: usize = 1 << 20;

#[test]
fn a_bomb_is_stopped_within_a_piece_of_the_limit() {
    for coding in Coding::ALL {
        let bomb = zeros(coding, GIB);
        assert!(bomb.len() < GIB / 500, "{coding}: {}", bomb.len());
        let made = Cell::new(0);
        let allowance = Decodes(|length| {
            made.set(made.get() + length);
            if made.get() > ALLOWED {
                return Err(io::Error::other("too large"));
            }
            Ok(())
        });
        let body = Decoded::new(
            Source::new([Event::Data(bomb)]),
            &codings(coding.name()),
            allowance,
        );
        let report = polls(body, ALLOWED / PIECE + 2);
        let expected = format!(
            "{}error: too large\nend\n",
            "data of 65536 bytes\n".repeat(ALLOWED / PIECE)
        );
        assert_eq!(report, expected, "{coding}");
        assert_eq!(made.get(), ALLOWED + PIECE, "{coding}");
    }
}

#[test]
fn a_bomb_in_a_bomb_is_stopped_as_well() {
    let inner = zeros(Coding::Gzip, GIB);
    for outer in Coding::ALL {
        let bomb = encoded(&codings(outer.name()), &inner);
        assert!(bomb.len() < 20_000, "{outer}: {}", bomb.len());
        let both = codings(&format!("gzip, {outer}"));
        assert_eq!(
            decode_all(&both, &bomb, ALLOWED),
            Err(DecodeError::TooLarge { limit: ALLOWED })
        );
    }
}

/// The outer coding produces a gigabyte of the inner one's header, which decodes to nothing.
#[test]
fn a_bomb_between_two_codings_is_stopped_without_output() {
    let mut name = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
    name.resize(64 << 20, b'n');
    let bomb = gzip(&name);
    let both = codings("gzip, gzip");
    assert_eq!(
        decode_all(&both, &bomb, ALLOWED),
        Err(DecodeError::TooLarge { limit: ALLOWED })
    );
    let outcome = feed(&both, [bomb.as_slice()]);
    assert_eq!(
        outcome.error,
        Some(DecodeError::Truncated {
            coding: Coding::Gzip
        })
    );
    assert_eq!((outcome.decoded.len(), outcome.produced), (0, name.len()));
}
