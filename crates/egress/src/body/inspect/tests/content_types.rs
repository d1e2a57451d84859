//! Types of bodies that all servers read in the same way, and others, with which a body is one value.

use super::{is_whole, read};

#[test]
fn types_in_plain_syntax() {
    let part = "--b-0123456789abcd\r\nContent-Disposition: form-data; name=a\r\n\r\n{}\r\n--b-0123456789abcd--";
    let multipart = "multipart/form-data; boundary=b-0123456789abcd";
    let plain = [
        ("application/x-www-form-urlencoded", "a={}"),
        ("application/x-www-form-urlencoded;charset=UTF-8", "a={}"),
        ("application/json", "[\"{}\"]"),
        ("application/vnd.api_v1+json; charset=utf-8", "[\"{}\"]"),
        ("text/xml; charset=iso-8859-1", "<a>{}</a>"),
        (multipart, part),
        ("multipart/form-data;boundary=b-0123456789abcd", part),
    ];
    for (content_type, body) in plain {
        assert!(is_whole(content_type, body), "{content_type}");
    }
    let other = [
        (
            "application/x-www-form-urlencoded; charset=\"utf-8\"",
            "a={}",
        ),
        ("application/x-www-form-urlencoded;", "a={}"),
        ("application/x-www-form-urlencoded ; charset=utf-8", "a={}"),
        ("application/x-www-form-urlencoded;\tcharset=utf-8", "a={}"),
        ("application/x-www-form-urlencoded; a=b", "a={}"),
        (
            "application/x-www-form-urlencoded; boundary=b-0123456789abcd",
            "a={}",
        ),
        ("Application/X-WWW-Form-Urlencoded", "a={}"),
        ("text/x-www-form-urlencoded", "a={}"),
        ("application/json; charset=utf-8; charset=utf-8", "[\"{}\"]"),
        ("application/json; x", "[\"{}\"]"),
        ("application/json-seq", "\u{1e}[\"{}\"]\n"),
        ("application/json; Charset=utf-8", "[\"{}\"]"),
        ("application/(json)+json", "[\"{}\"]"),
        ("/json", "[\"{}\"]"),
        ("a/b/json", "[\"{}\"]"),
        // Servers look for words of other formats.
        ("application/octet-stream+json", "[\"{}\"]"),
        ("application/json+xml", "<a>{}</a>"),
        ("application/x; json+xml", "<a>{}</a>"),
        ("application/xml; x=multipart/form-data", "<a>{}</a>"),
        ("application/xml; boundary=b-0123456789abcd", "<a>{}</a>"),
        (
            "multipart/form-data; boundary=urlencoded-0123456789ab",
            part,
        ),
        ("multipart/form-data; boundary=0123456789abcd-Json", part),
        ("multipart/form-data; boundary=\"b-0123456789abcd\"", part),
        ("multipart/form-data; Boundary=b-0123456789abcd", part),
        ("multipart/mixed; boundary=b-0123456789abcd", part),
        ("multipart/related; boundary=b-0123456789abcd", part),
        ("Multipart/Form-Data; boundary=b-0123456789abcd", part),
        (
            "multipart/form-data; boundary=b-0123456789abcd; type=text/plain",
            part,
        ),
        (
            "multipart/form-data; boundary=b-0123456789abcd; boundary=b-0123456789abcd",
            part,
        ),
        // Some servers take `b-0123456789abcd; charset=utf-8` for the boundary.
        (
            "multipart/form-data; boundary=b-0123456789abcd; charset=utf-8",
            part,
        ),
        (
            "multipart/form-data;charset=utf-8;boundary=b-0123456789abcd",
            part,
        ),
    ];
    for (content_type, body) in other {
        assert!(!is_whole(content_type, body), "{content_type}");
        assert!(!is_whole(content_type, "{}"), "{content_type}");
    }
}

/// In binary formats, the first characters of a value may be its length.
#[test]
fn whole_bodies() {
    for content_type in [
        "text/plain",
        "text/plain; charset=utf-8",
        "text/csv",
        "text/x-anything",
        "application/octet-stream",
    ] {
        assert!(is_whole(content_type, "{}"), "{content_type}");
        for body in ["x{}", "{}\n", "{}{}"] {
            assert!(!is_whole(content_type, body), "{content_type}: {body}");
        }
    }
    for content_type in [
        "application/cbor",
        "application/msgpack",
        "application/x-protobuf",
        "application/pdf",
        "image/png",
        "text/plain; x=application/cbor",
        "text/plain; charset=\"utf-8\"",
        "text/x-www-form-urlencoded",
        "text/yaml",
        "text/x+cbor",
        "text",
        "x",
        "",
    ] {
        assert!(!is_whole(content_type, "{}"), "{content_type}");
    }
}

/// formidable and Perl's CGI take the first `boundary=`, wherever it is.
#[test]
fn boundaries_in_types() {
    for content_type in [
        "multipart/form-data-boundary=x-0123456789abcd; boundary=b-0123456789abcd",
        "multipart/form-data;x=boundary=x-0123456789abcd; boundary=b-0123456789abcd",
    ] {
        let body = "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\
            --x-0123456789abcd\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\npad\r\n\
            --b-0123456789abcd\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\n{}\r\n--b-0123456789abcd--\r\n";
        assert!(!is_whole(content_type, body), "{content_type}");
    }
    // formidable finds `multipart` anywhere in a type.
    let body = "<r><a>\r\n--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\npad</a><b>{}</b><c>\r\n--b-0123456789abcd--\r\n</c></r>";
    let content_type = "application/xml; x=multipart/form-data; boundary=b-0123456789abcd";
    assert!(!is_whole(content_type, body));
}

/// A method may be in a field of a format that only some servers find.
#[test]
fn overrides_beside_words() {
    for content_type in [
        "application/xml; x=multipart/form-data; boundary=b-0123456789abcd",
        "application/json; x=multipart",
        "multipart/mixed; boundary=b-0123456789abcd",
        "multipart/form-data; boundary=b",
    ] {
        let reader = read(content_type, "<a/>");
        assert!(reader.override_field().is_some(), "{content_type}");
    }
}
