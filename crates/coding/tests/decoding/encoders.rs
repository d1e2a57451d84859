//! The other direction: how servers encode.

use std::io::Write;

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http_step_coding::{Coding, Codings};

/// The codings of a list of names.
pub(crate) fn codings(names: &str) -> Codings {
    Codings::parse([names.as_bytes()].into_iter()).unwrap()
}

/// Every coding, and every pair of them.
pub(crate) fn all() -> Vec<Codings> {
    let alone = Coding::ALL.map(|coding| coding.to_string());
    let pairs = Coding::ALL
        .iter()
        .flat_map(|first| Coding::ALL.map(|second| format!("{first}, {second}")));
    alone
        .into_iter()
        .chain(pairs)
        .map(|names| codings(&names))
        .collect()
}

/// Apply codings in order.
pub(crate) fn encoded(codings: &Codings, plain: &[u8]) -> Vec<u8> {
    codings
        .iter()
        .fold(plain.to_vec(), |bytes, coding| match coding {
            Coding::Gzip => gzip(&bytes),
            Coding::Deflate => zlib(&bytes),
            Coding::Brotli => brotli(&bytes),
            Coding::Zstd => zstd(&bytes),
        })
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn raw_deflate(plain: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn brotli(mut plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    let params = BrotliEncoderParams {
        quality: 5,
        lgwin: 24,
        ..BrotliEncoderParams::default()
    };
    brotli::BrotliCompress(&mut plain, &mut coded, &params).unwrap();
    coded
}

/// With a checksum of the content, as the `zstd` program writes it, and the largest window that a
/// server may use.
pub(crate) fn zstd(plain: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.window_log(23).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Text that compresses somewhat, with distinguishable pieces.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let lines = (0_u64..).flat_map(|number| {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        format!("{number}: build {mixed} of branch main\n").into_bytes()
    });
    lines.take(length).collect()
}

/// Bytes that do not compress.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    });
    bytes.take(length).collect()
}

/// This many zeros, of which only a few are in memory at a time.
pub(crate) fn zeros(coding: Coding, length: usize) -> Vec<u8> {
    const BLOCK: usize = 16 << 20;
    let block = vec![0; BLOCK];
    assert_eq!(length % BLOCK, 0);
    let times = length / BLOCK;
    match coding {
        // Several members or frames form one body.
        Coding::Gzip => gzip(&block).repeat(times),
        Coding::Zstd => zstd(&block).repeat(times),
        // A flush ends with a whole byte, so that the output can be repeated.
        Coding::Deflate => {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&block).unwrap();
            encoder.flush().unwrap();
            let end = raw_deflate(b"", 6);
            [encoder.get_ref().repeat(times), end].concat()
        }
        // The same, from the second time on: the header comes only once.
        Coding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), BLOCK, 5, 24);
            encoder.write_all(&block).unwrap();
            encoder.flush().unwrap();
            let first = encoder.get_ref().clone();
            encoder.write_all(&block).unwrap();
            encoder.flush().unwrap();
            let next = encoder.get_ref().split_at(first.len()).1.repeat(times - 1);
            [first, next, vec![0x03]].concat()
        }
    }
}
