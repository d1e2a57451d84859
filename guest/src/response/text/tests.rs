//! From pieces of bodies to text.

use super::*;
use crate::digest;
use proptest::prelude::*;

/// The text of a body that arrives in some pieces.
fn read(headers: &[(&str, &str)], pieces: &[&[u8]]) -> String {
    let headers: Vec<Header> = headers
        .iter()
        .map(|(name, value)| Header {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        })
        .collect();
    let mut reader = BodyText::new(&headers);
    let mut text = String::new();
    for piece in pieces {
        reader.push(piece, &mut text);
    }
    reader.end(&digest::digest(&pieces.concat()), &mut text);
    text
}

fn read_typed(content_type: &str, pieces: &[&[u8]]) -> String {
    read(&[("content-type", content_type)], pieces)
}

#[test]
fn charsets() {
    let utf_16 = b"\xff\xfea\0\n\0";
    for (content_type, pieces, text) in [
        ("text/plain", &[&b"gr\xc3\xb6\xc3\x9fe"[..]][..], "größe"),
        ("text/plain", &[b"gr\xf6\xdfe"], "größe"),
        // The start of what could be a UTF-8 character, but is not.
        ("text/plain", &[b"caf\xe9"], "café"),
        ("text/plain", &[b"caf\xe9", b" noir"], "café noir"),
        (
            "text/plain",
            &[b"plain, ", b"then gr", b"\xc3", b"\xb6\xc3\x9fe"],
            "plain, then größe",
        ),
        (
            "text/plain; charset=utf-8",
            &[b"gr\xf6\xdfe"],
            "gr\u{fffd}\u{fffd}e",
        ),
        (
            "text/plain; charset=iso-8859-1",
            &[b"\xf6", b"\xdf\x80"],
            "öß€",
        ),
        (
            "text/plain; charset=shift_jis",
            &[b"\x93\xfa\x96", b"\x7b"],
            "日本",
        ),
        // A byte order mark takes precedence over the header, and is not text.
        (
            "text/plain; charset=iso-8859-1",
            &[b"\xef\xbb\xbf\xc3\xb6"],
            "ö",
        ),
        ("text/plain", &[utf_16], "a\n"),
        ("application/octet", &[utf_16], "a\n"),
        ("text/plain; charset=utf-16be", &[b"\0a", b"\0", b"b"], "ab"),
        // A character that is split across pieces.
        ("text/plain", &[b"\xe2\x82", b"\xac"], "€"),
        ("text/plain", &[b"a", b"", b"\xe2", b"\x82", b"\xac"], "a€"),
        // The first non-ASCII character decides for those that follow.
        ("text/plain", &[b"a", b"\xf6"], "aö"),
        ("text/plain", &[b"\xc3\xb6", b"\xf6"], "ö\u{fffd}"),
        ("text/plain", &[b"\xf6", b"\xc3\xb6"], "öÃ¶"),
        (
            "text/plain",
            &[b"gr\xc3\xb6\xc3\x9fe ok \xff end"],
            "größe ok \u{fffd} end",
        ),
        ("text/plain", &[b"\xc3\xb6\xff\xc3"], "ö\u{fffd}\u{fffd}"),
        ("application/json", &[b"{\"a\":1}"], "{\"a\":1}"),
        ("text/plain; charset=martian", &[b"\xc3\xb6"], "ö"),
        ("", &[b"plain"], "plain"),
        ("image/svg+xml", &[b"<svg/>"], "<svg/>"),
        ("image/png", &[], ""),
        ("image/png", &[b""], ""),
    ] {
        assert_eq!(
            read_typed(content_type, pieces),
            text,
            "{content_type} {pieces:?}"
        );
    }
}

#[test]
fn binary_bodies_are_one_line() {
    // SHA-256 of "\0ab".
    let line = |label: &str| {
        format!(
            "<binary body: {label}, 3 bytes, SHA-256 {}>\n",
            digest::digest(b"\0ab").sha256
        )
    };
    for (content_type, label) in [
        ("image/png", "image/png"),
        ("Application/Octet-Stream; a=b", "application/octet-stream"),
        ("text/plain", "text/plain"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/x-mine", "application/x-mine"),
        ("", "no content type"),
    ] {
        assert_eq!(read_typed(content_type, &[b"\0", b"ab"]), line(label));
    }
    let encoded = [
        ("Content-Type", "text/plain"),
        ("content-encoding", " GZIP"),
    ];
    assert_eq!(read(&encoded, &[b"\0ab"]), line("text/plain in gzip"));
    let identity = [("Content-Encoding", "identity")];
    assert_eq!(read(&identity, &[b"abc"]), "abc");
}

#[test]
fn text_ends_before_binary_data() {
    for (content_type, pieces, shown) in [
        ("", &[&b"A"[..], b"\0\x01\x02"][..], "A\n"),
        ("", &[b"A\n", b"\0"], "A\n"),
        ("text/plain", &[b"\xc3\xb6", b"b\0", b"c"], "ö\n"),
        ("text/plain; charset=utf-8", &[b"\xe2\x82", b"\0"], ""),
        ("text/plain; charset=gbk", &[b"A", b"\0"], "A\n"),
    ] {
        let label = match content_type {
            "" => "no content type",
            _ => "text/plain",
        };
        let digest = digest::digest(&pieces.concat());
        assert_eq!(
            read_typed(content_type, pieces),
            format!(
                "{shown}<binary body: {label}, {} bytes, SHA-256 {}>\n",
                digest.size, digest.sha256
            ),
            "{content_type} {pieces:?}"
        );
    }
    assert_eq!(
        read_typed("text/plain; charset=utf-16le", &[b"a\0", b"\0\0"]),
        "a\0"
    );
}

#[test]
fn only_declared_text_may_have_control_characters() {
    let colours = b"\x1b[31mred\x1b[0m\x07";
    assert_eq!(
        read_typed("text/plain", &[colours]),
        "\u{1b}[31mred\u{1b}[0m\u{7}"
    );
    // An escape starts a colour, a bell does not.
    assert_eq!(read_typed("", &[b"\x1b[31mred"]), "\u{1b}[31mred");
    let digest = digest::digest(colours);
    assert_eq!(
        read_typed("", &[colours]),
        format!(
            "<binary body: no content type, {} bytes, SHA-256 {}>\n",
            digest.size, digest.sha256
        )
    );
}

proptest! {
    #[test]
    fn pieces_make_no_difference(text in "[^\0]{0,40}", cuts in prop::collection::vec(0usize..120, 0..6)) {
        let bytes = text.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        let expected = text.strip_prefix('\u{feff}').unwrap_or(&text);
        prop_assert_eq!(read_typed("text/plain; charset=utf-8", &pieces), expected);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in "(text/plain|image/png|x)?(; charset=(utf-16|gbk|iso-2022-jp|big5|x-user-defined))?") {
        let middle = bytes.len() / 2;
        read_typed(&kind, &[&bytes[..middle], &bytes[middle..]]);
    }
}
