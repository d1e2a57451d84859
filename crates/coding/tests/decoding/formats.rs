//! What the formats allow beyond the plain case, and the messages of errors.

use expect_test::expect;

use crate::encoders::{codings, gzip, raw_deflate, zlib, zstd};
use crate::feeding::{decode, feed};

/// One line per body, decoded all at once and byte by byte: the results have to agree.
fn report(coding: &str, bodies: &[(&str, Vec<u8>)]) -> String {
    let codings = codings(coding);
    let line = |(name, body): &(&str, Vec<u8>)| {
        let whole = decode(&codings, body).report();
        let bytes = feed(&codings, body.chunks(1)).report();
        assert_eq!(whole, bytes, "{name}");
        format!("{name}: {whole}\n")
    };
    bodies.iter().map(line).collect()
}

/// A gzip header with these flags, and the fields that they announce.
fn head(flags: u8, fields: &[u8]) -> Vec<u8> {
    [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3][..], fields].concat()
}

#[test]
fn gzip_bodies() {
    let hello = gzip(b"hello");
    let (plain_head, content) = hello.split_at(10);
    assert_eq!(plain_head[3], 0, "no flags");
    let long = [vec![b'n'; 100_000], vec![0]].concat();
    let with = |flags, fields: &[u8]| [head(flags, fields), content.to_vec()].concat();
    let changed = |at: usize, to: u8| {
        let mut body = hello.clone();
        let at = at % body.len();
        body[at] = to;
        body
    };
    let bodies = [
        ("one member", hello.clone()),
        ("two members", [gzip(b"hel"), gzip(b"lo")].concat()),
        (
            "an empty member between",
            [hello.clone(), gzip(b""), gzip(b"!")].concat(),
        ),
        ("a name", with(0x08, b"body.txt\0")),
        ("a name without bounds", with(0x08, &long)),
        ("a name without end", head(0x08, &[b'n'; 100_000])),
        ("a comment without bounds", with(0x10, &long)),
        ("extra fields", with(0x04, b"\x04\x00abcd")),
        ("a wrong checksum of the head", with(0x02, b"\0\0")),
        ("an unknown flag", with(0x80, b"")),
        ("an unknown method", changed(2, 7)),
        ("a wrong checksum", changed(content.len() + 2, 0)),
        ("a wrong length", changed(content.len() + 6, 9)),
        ("a reserved kind of block", with(0, b"\x07")[..11].to_vec()),
        ("text", b"hello".to_vec()),
        ("zlib instead", zlib(b"hello")),
        (
            "padding after the end",
            [hello.clone(), vec![0; 512]].concat(),
        ),
        (
            "text after a second member",
            [hello.clone(), hello, b"!".to_vec()].concat(),
        ),
    ];
    expect![[r#"
        one member: "hello"
        two members: "hello"
        an empty member between: "hello!"
        a name: "hello"
        a name without bounds: "hello"
        a name without end: the body ends in the middle of its gzip coding
        a comment without bounds: "hello"
        extra fields: "hello"
        a wrong checksum of the head: the body is not valid gzip: header crc mismatch
        an unknown flag: the body is not valid gzip: unknown header flags set
        an unknown method: the body is not valid gzip: unknown compression method
        a wrong checksum: the body is not valid gzip: incorrect data check
        a wrong length: the body is not valid gzip: incorrect length check
        a reserved kind of block: the body is not valid gzip: invalid block type
        text: the body is not valid gzip: incorrect header check
        zlib instead: the body is not valid gzip: incorrect header check
        padding after the end: the body continues after the end of its gzip coding
        text after a second member: the body continues after the end of its gzip coding
    "#]]
    .assert_eq(&report("gzip", &bodies));
}

#[test]
fn deflate_bodies() {
    let bodies = [
        ("zlib", zlib(b"hello")),
        ("raw", raw_deflate(b"hello", 6)),
        ("raw and empty", raw_deflate(b"", 6)),
        ("raw and stored", raw_deflate(b"hello", 0)),
        ("zlib with a window of 512 bytes", {
            let mut body = zlib(b"hello");
            body[..2].copy_from_slice(&[0x18, 0x19]);
            body
        }),
        ("zlib with a wrong checksum", {
            let mut body = zlib(b"hello");
            *body.last_mut().unwrap() ^= 1;
            body
        }),
        (
            "zlib that needs a dictionary",
            vec![0x78, 0xbb, 0, 0, 0, 1, 3, 0],
        ),
        (
            "stored with bits in its padding, like zlib",
            b"\x08\x01\x00\xfe\xff!\x03\x00".to_vec(),
        ),
        (
            "stored with more bits in its padding than zlib has windows",
            [b"\x88\x1c\x00\xe3\xff", &[b'!'; 28][..], b"\x03\x00"].concat(),
        ),
        // A zlib header except for the method: a multiple of 31.
        ("raw, begun with 0x4bce", b"\x4b\xce\x07\x00".to_vec()),
        ("raw, begun with 0xcbcd", b"\xcb\xcd\x07\x00".to_vec()),
        ("text after zlib", [zlib(b"hello"), b"!".to_vec()].concat()),
        (
            "text after raw",
            [raw_deflate(b"hello", 6), b"!".to_vec()].concat(),
        ),
        ("one byte of zlib", vec![0x78]),
        ("text", b"hello".to_vec()),
        ("gzip instead", gzip(b"hello")),
    ];
    expect![[r#"
        zlib: "hello"
        raw: "hello"
        raw and empty: ""
        raw and stored: "hello"
        zlib with a window of 512 bytes: "hello"
        zlib with a wrong checksum: the body is not valid deflate: incorrect data check
        zlib that needs a dictionary: the body is not valid deflate: it needs a dictionary
        stored with bits in its padding, like zlib: "!"
        stored with more bits in its padding than zlib has windows: "!!!!!!!!!!!!!!!!!!!!!!!!!!!!"
        raw, begun with 0x4bce: "co"
        raw, begun with 0xcbcd: "mo"
        text after zlib: the body continues after the end of its deflate coding
        text after raw: the body continues after the end of its deflate coding
        one byte of zlib: the body ends in the middle of its deflate coding
        text: the body is not valid deflate: invalid stored block lengths
        gzip instead: the body is not valid deflate: invalid block type
    "#]]
    .assert_eq(&report("deflate", &bodies));
}

#[test]
fn brotli_bodies() {
    let bodies = [
        ("empty", vec![0x06]),
        ("empty, with a window of 16 MiB", vec![0x3f]),
        // The extension: 0x11, and six bits with the logarithm of the window.
        ("a large window", vec![0x11, 30 | 0xc0]),
        ("text", b"hello".to_vec()),
        ("gzip instead", gzip(b"hello")),
        ("text after the end", b"\x06!".to_vec()),
    ];
    expect![[r#"
        empty: ""
        empty, with a window of 16 MiB: ""
        a large window: the body is not valid br: error in window bits
        text: the body ends in the middle of its br coding
        gzip instead: the body is not valid br: error in cl space
        text after the end: the body continues after the end of its br coding
    "#]]
    .assert_eq(&report("br", &bodies));
}

#[test]
fn zstd_bodies() {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    // A header with only a window descriptor, and an empty last block.
    let window = |descriptor| [&MAGIC[..], &[0, descriptor, 1, 0, 0]].concat();
    let skippable = |content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [&[0x5a, 0x2a, 0x4d, 0x18], &length[..], content].concat()
    };
    let hello = zstd(b"hello");
    let bodies = [
        ("one frame", hello.clone()),
        ("two frames", [zstd(b"hel"), zstd(b"lo")].concat()),
        ("a skippable frame alone", skippable(b"skipped")),
        (
            "skippable frames around",
            [skippable(b"skipped"), hello.clone(), skippable(b"")].concat(),
        ),
        (
            "half a skippable frame",
            skippable(b"skipped")[..10].to_vec(),
        ),
        ("a window of 8 MiB", window(0x68)),
        ("a window of 9 MiB", window(0x69)),
        ("a window of 16 MiB", window(0x70)),
        // A single segment: the content's size is the window.
        (
            "16 MiB in a single segment",
            [&MAGIC[..], &[0xa0, 0, 0, 0, 1, 1, 0, 0]].concat(),
        ),
        (
            "a wide window in a second frame",
            [hello.clone(), window(0x70)].concat(),
        ),
        (
            "a dictionary",
            [&MAGIC[..], &[1, 0x58, 7, 1, 0, 0]].concat(),
        ),
        (
            "a reserved kind of block",
            [&MAGIC[..], &[0, 0x58, 7, 0, 0]].concat(),
        ),
        ("a wrong checksum", {
            let mut body = hello.clone();
            *body.last_mut().unwrap() ^= 1;
            body
        }),
        ("text", b"hello".to_vec()),
        ("gzip instead", gzip(b"hello")),
        ("text after the end", [&hello[..], b"! and more"].concat()),
    ];
    expect![[r#"
        one frame: "hello"
        two frames: "hello"
        a skippable frame alone: ""
        skippable frames around: "hello"
        half a skippable frame: the body ends in the middle of its zstd coding
        a window of 8 MiB: ""
        a window of 9 MiB: the body's zstd coding needs a window larger than 8 MiB
        a window of 16 MiB: the body's zstd coding needs a window larger than 8 MiB
        16 MiB in a single segment: the body's zstd coding needs a window larger than 8 MiB
        a wide window in a second frame: the body's zstd coding needs a window larger than 8 MiB
        a dictionary: the body is not valid zstd: dictionary mismatch
        a reserved kind of block: the body is not valid zstd: data corruption detected
        a wrong checksum: the body is not valid zstd: restored data doesn't match checksum
        text: the body is not valid zstd: unknown frame descriptor
        gzip instead: the body is not valid zstd: unknown frame descriptor
        text after the end: the body continues after the end of its zstd coding
    "#]]
    .assert_eq(&report("zstd", &bodies));
}
