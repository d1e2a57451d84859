//! Headers of parts that all servers read in the same way, and others, with which a body is one value.

use super::{is_whole, read};

const MULTIPART: &str = "multipart/form-data; boundary=b-0123456789abcd";

/// A part with this header, after which a value may be.
fn body(header: &str, content: &str) -> String {
    format!("--b-0123456789abcd\r\n{header}\r\n\r\n{content}\r\n")
}

fn with_value(part: &str) -> String {
    let value = body("Content-Disposition: form-data; name=\"value\"", "{}");
    format!("{part}{value}--b-0123456789abcd--\r\n")
}

#[test]
fn headers_of_parts() {
    let plain = [
        "Content-Disposition: form-data; name=\"a\"",
        "content-disposition:form-data;name=a",
        "Content-Disposition: form-data; name=\"$a[b][]\"",
        "Content-Disposition: form-data; name=\"a\"; filename=\"\"",
        "Content-Disposition: form-data; name=\"a\"; filename=\"größe (1)/x, %22b%22.tar.gz\"",
        "Content-Disposition: form-data; name=a; filename=b.txt",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Type: application/vnd.x+json; charset=UTF-8",
        "Content-Type: image/svg+xml\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: binary",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: text/plain",
    ];
    for header in plain {
        let part = body(header, "x");
        assert!(is_whole(MULTIPART, &with_value(&part)), "{header}");
        let reader = read(MULTIPART, &with_value(&part));
        assert_eq!(reader.override_field(), None, "{header}");
    }
    let more = [
        // actix-multipart and aiohttp read as much as it says.
        "\r\nContent-Length: 3",
        "\r\nContent-Length: 1",
        // Netty, Tomcat and Python's cgi read parts within it, past the delimiter of this one.
        "\r\nContent-Type: multipart/mixed; boundary=yy",
        "\r\nContent-Type: multipart/mixed",
        "\r\nContent-Type: Multipart/Mixed",
        "\r\nContent-Type: x-multipart/mixed",
        "\r\nContent-Type: message/rfc822",
        // Python's cgi reads it up to the end of the body.
        "\r\nContent-Type: application/x-www-form-urlencoded",
        // A request of a batch, with its own method.
        "\r\nContent-Type: application/http",
        "\r\nContent-Type: x/y",
        "\r\nContent-Type: text",
        "\r\nContent-Type: ",
        "\r\nContent-Type: text/plain; charset=iso-8859-1",
        "\r\nContent-Type: text/plain; charset=\"utf-8\"",
        "\r\nContent-Type: text/plain; boundary=yy",
        "\r\nContent-Type: text/plain; format=flowed",
        "\r\nContent-Type: text/plain\r\nContent-Type: text/plain",
        "\r\nContent-Type : text/plain",
        "\r\nContent_Type: text/plain",
        "\r\nContent-Type: text/plain ",
        "\r\nContent-Type:\ttext/plain",
        "\r\nContent-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: 8bit",
        "\r\nContent-Transfer-Encoding: 8bit, base64",
        "\r\nContent-Location: x",
        "\r\nX-Part: 1",
        "\r\nx",
        "\r\n folded",
        "; filename*=utf-8''a",
        "; filename=a; filename*=utf-8''a",
        "; filename=a; filename=b",
        "; filename=ä",
        "; filename=a b",
        "; filename=\"a;b\"",
        "; filename=\"a=b\"",
        "; filename=\"Content-Type: multipart/mixed\"",
        "; filename=\"a\\\"",
        "; filename=\"a\tb\"",
        "; filename=\"a",
        "; filename=\"a\"b",
        "; size=1",
        ";",
        " ",
    ];
    let more = more.map(|it| format!("Content-Disposition: form-data; name=\"a\"{it}"));
    let other = [
        "Content-Disposition: form-data ; name=\"a\"",
        "Content-Disposition: form-data;  name=\"a\"",
        "Content-Disposition: Form-Data; name=\"a\"",
        "Content-Disposition: form-data; Name=\"a\"",
        "Content-Disposition: form-data; name=a[b]",
        "Content-Disposition: form-data; name=$a",
        "Content-Disposition: form-data; filename=\"b\"; name=\"a\"",
        "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition : form-data; name=\"a\"",
        " Content-Disposition: form-data; name=\"a\"",
    ];
    for header in more.iter().map(String::as_str).chain(other) {
        for part in [body(header, "x"), body(header, "{}")] {
            assert!(!is_whole(MULTIPART, &with_value(&part)), "{header}");
        }
        let part = body(header, "x");
        let reader = read(MULTIPART, &with_value(&part));
        assert!(reader.override_field().is_some(), "{header}");
    }
}

/// Some servers read a part as what its type says.
#[test]
fn types_of_parts_with_values() {
    for (content_type, is_for_value) in [
        ("text/plain", true),
        ("text/csv; charset=utf-8", true),
        ("application/octet-stream", true),
        ("application/cbor", false),
        ("application/json", false),
        ("text/xml", false),
        ("image/png", false),
    ] {
        let header =
            format!("Content-Disposition: form-data; name=\"a\"\r\nContent-Type: {content_type}");
        let part = body(&header, "{}");
        let is_read = is_whole(MULTIPART, &with_value(&part));
        assert_eq!(is_read, is_for_value, "{content_type}");
        let part = body(&header, "x");
        assert!(is_whole(MULTIPART, &with_value(&part)), "{content_type}");
    }
}

/// The value would be in the middle of a part of the inner multipart.
#[test]
fn nested_parts() {
    let nested = "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: multipart/mixed; boundary=yy\r\n\r\n\
        --yy\r\nContent-Disposition: attachment; filename=\"f\"\r\n\r\npad\r\n";
    let end = body("Content-Disposition: form-data; name=\"z\"", "x\r\n--yy--");
    let value = body("Content-Disposition: form-data; name=\"q\"", "{}");
    let body = format!("{nested}{value}{end}--b-0123456789abcd--\r\n");
    assert!(!is_whole(MULTIPART, &body));
}
