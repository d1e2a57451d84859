//! Bodies in which a server that doesn't read them finds a request, and others.

use super::*;

/// Whether a connection can take another request after a body, which is written in these pieces.
fn is_harmless<'b>(pieces: impl IntoIterator<Item = &'b [u8]>, length: u64) -> bool {
    let is_harmless = Arc::<AtomicBool>::default();
    let mut body = UnreadBody::new(length, Arc::clone(&is_harmless));
    for piece in pieces {
        body.read(piece);
    }
    is_harmless.load(Ordering::Acquire)
}

fn is_harmless_as_a_whole(body: &[u8]) -> bool {
    is_harmless([body], body.len() as u64)
}

#[test]
fn bodies_of_apis() {
    for body in [
        "",
        "{}",
        r#"{"a":1}"#,
        r#"{"a": "POST / HTTP/1.1", "b": [true, null]}"#,
        "[1, 2]",
        "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n",
        "{\r\n\t\"a\": \"é\"\r\n}\r\n",
        "{\"a\":1}\n{\"b\":2}\n",
        "\"text\"",
        "<a/>",
        "<?xml version=\"1.0\"?>\n<a b=\"c\">\n  <d>e</d>\n</a>",
        "a=b",
        "a=b&c=d",
        "a=",
        "=b",
        "grant_type=client_credentials&scope=a+b%20c",
        "a%5Bb%5D=c",
    ] {
        assert!(is_harmless_as_a_whole(body.as_bytes()), "{body:?}");
    }
}

#[test]
fn requests() {
    for body in [
        &b"POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 42\r\n\r\n"[..],
        b"POST /notes HTTP/1.1\r\nX: ",
        b"POST /notes?q=",
        b"G",
        b"x",
        b"1",
        // The next method follows.
        b"X-",
        b"M-SEARCH\t*",
        // Before a request line, servers skip line breaks and blanks.
        b"\nPOST /",
        b"\r\nPOST /",
        b" POST /",
        b"\x0bPOST /",
        b"\0POST /",
        b"\r\n{}",
        b" {}",
        b"\n",
        b" ",
        // Python's `split` reads Latin-1.
        b"\xa0POST /",
        b"\xc2\xa0POST /",
        b"\xef\xbb\xbfPOST /",
        b"POST\xa0/?{\xa0HTTP/1.1\nX: ",
        b"POST\x85/?a=b",
        b"POST\x1c/?a=b",
        b"POST\x0c{",
        // In another line, after an error or a part of the body.
        b"{\nPOST / HTTP/1.1",
        b"{\rPOST / HTTP/1.1",
        b"{\r\nPOST / HTTP/1.1",
        b"{\n \t POST / HTTP/1.1",
        b"{\x0bPOST / HTTP/1.1",
        b"a=b\nPOST / HTTP/1.1",
        // Header fields.
        b"{\"a\" / HTTP/1.1\r\nContent-Length: 42\r\nX: ",
        b"{\"a\" / HTTP/1.1\nX:",
        b"{\"a\" / HTTP/1.1\nX",
        b"{\"a\" / HTTP/1.1\n:",
        // The end of a header.
        b"{\n\n",
        b"{\r\n\r\n",
        b"{\r\r",
        b"{\n\r\n",
        b"{\r\n\n{",
        b"{\n\r",
        b"{\n \n",
        b"{\n\t\r\n}",
        b"{\n ",
        // Servers that accept any method.
        b"a=b / HTTP/1.1",
        b"a=b\t/ HTTP/1.1",
        b"http://x/",
        b"/",
        b"a:b",
        b"--boundary\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--boundary--\r\n",
    ] {
        assert!(!is_harmless_as_a_whole(body), "{}", body.escape_ascii());
    }
}

/// Of a body that is not complete, a server reads the next request as the rest.
#[test]
fn incomplete_bodies() {
    assert!(!is_harmless([], 1));
    assert!(!is_harmless([&b"{}"[..]], 3));
    assert!(is_harmless([&b"{"[..], b"}\n"], 3));
    // The rest is not written.
    assert!(is_harmless([&b"{}POST"[..]], 2));
    assert!(is_harmless([&b"POST / HTTP/1.1"[..]], 0));
    assert!(!is_harmless([&b"a"[..], b"=b"], 1));
    assert!(!is_harmless([&b"a=b"[..]], 1));
    assert!(!is_harmless([&b"a=b\n"[..], b"\n"], 5));
}

/// The rule, as it is documented: line by line.
fn is_harmless_by_lines(body: &[u8]) -> bool {
    if body.is_empty() {
        return true;
    }
    let Ok(text) = str::from_utf8(body) else {
        panic!("the test has text only");
    };
    if text.starts_with([' ', '\t']) || text.contains('\u{b}') {
        return false;
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    text.split('\n').all(|line| {
        let line = line.trim_start_matches([' ', '\t']);
        let signs = "!#$%&'*+-.^_`|~";
        let is_tchar = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
        match line.trim_start_matches(is_tchar).chars().next() {
            Some('=') => !line.contains([' ', '\t']),
            Some(sign) => "\",<[]{}".contains(sign),
            None => false,
        }
    })
}

/// All texts of a few characters of each kind.
#[test]
fn the_rule_holds_for_each_line() {
    const SIGNS: [&str; 10] = ["P", "%", " ", "\t", "\r", "\n", "{", "=", "\u{b}", "é"];
    let mut texts = vec![String::new()];
    for _ in 0..5 {
        let longer = texts
            .iter()
            .flat_map(|text| SIGNS.map(|sign| text.clone() + sign));
        texts = longer.collect();
        for text in &texts {
            let body = text.as_bytes();
            let expected = is_harmless_by_lines(body);
            assert_eq!(is_harmless_as_a_whole(body), expected, "{text:?}");
            assert_eq!(
                is_harmless(body.chunks(1), body.len() as u64),
                expected,
                "{text:?}"
            );
        }
    }
}
