//! Which handles are whole, however a body is split into pieces.

use std::sync::Arc;

use std::time::Duration;

use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_step_policy::Secret;

mod content_types;
mod json;
mod names;
mod part_headers;
mod xml;

use super::*;
use crate::secrets::GrantedSecrets;
use crate::usage::cpu::thread_time;

fn secrets() -> Arc<GrantedSecrets> {
    let secret = |name: &str| Secret::new(name, "env:TOKEN".parse().unwrap());
    Arc::new(GrantedSecrets::with_values(&[
        (secret("TOKEN"), "a-value"),
        (secret("OTHER"), "another-value"),
    ]))
}

/// The reader after a body, with handles in place of `{}` and `{other}`.
fn read(content_type: &str, body: &str) -> BodyReader {
    let secrets = secrets();
    let mut header = HeaderMap::new();
    let value = HeaderValue::from_str(content_type).unwrap();
    header.insert(CONTENT_TYPE, value);
    let handle = |name| secrets.handle(name).unwrap().unwrap();
    let body = body
        .replace("{}", &handle("TOKEN"))
        .replace("{other}", &handle("OTHER"));
    let whole = read_in(&header, &secrets, body.as_bytes(), body.len().max(1));
    for length in [1, 7] {
        let pieces = read_in(&header, &secrets, body.as_bytes(), length);
        assert_eq!(pieces.found.len(), whole.found.len(), "{body}");
        let is_same = |found| whole.found.contains(found);
        assert!(pieces.found.iter().all(is_same), "{body}");
        assert_eq!(pieces.override_field(), whole.override_field(), "{body}");
    }
    whole
}

fn read_in(header: &HeaderMap, secrets: &GrantedSecrets, body: &[u8], length: usize) -> BodyReader {
    let mut reader = BodyReader::new(header, None, secrets.secrets());
    for piece in body.chunks(length) {
        reader.read(piece);
        // Only a handle and the possible end of its value are held back.
        assert!(reader.read - reader.cleared() < 150);
    }
    reader.finish();
    assert_eq!(reader.cleared(), body.len() as u64);
    reader
}

/// Whether all handles are whole, and there is at least one.
fn is_whole(content_type: &str, body: &str) -> bool {
    let found = read(content_type, body).found;
    assert!(!found.is_empty(), "{body}");
    let mut found = found.iter();
    found.all(|found| found.placement == OwnedPlacement::Whole)
}

fn check(content_type: &str, whole: &[&str], composed: &[&str]) {
    for body in whole {
        assert!(is_whole(content_type, body), "{content_type}: {body}");
    }
    for body in composed {
        assert!(!is_whole(content_type, body), "{content_type}: {body}");
    }
}

#[test]
fn forms() {
    check(
        "application/x-www-form-urlencoded",
        &[
            "a={}",
            "a=1&token={}&b=2",
            "a={}&b={other}",
            "a&b={}",
            "&a=b&&c={}&",
            "a[b]=x&a[c]={}",
            "a[b][c]=x&a[d]={}",
        ],
        &[
            "{}",
            "a=x{}",
            "a={}x",
            "a={}{other}",
            "a={};b=c",
            "a=b;c={}",
            "a=%20{}",
            "a={}%20",
            "a={}+",
            "a=+{}",
            "a==={}",
            "{}=a",
            "a={}\n",
            // ASP.NET joins these as `x,VALUE`.
            "a=x&a={}",
            "a={}&a=x",
            "A=x&a={}",
            "a={}&b=c&%61=x",
            "a={}&%u0061=x",
            "a+b={}&a%20b=x",
            "a[]=x&a={}",
            "a[0]=x&a[1]={}",
            // qs makes a list of the text and the object, or takes the text for a key of it.
            "a=x&a[b]={}",
            "a[b]=x&a={}",
            "a={}&a[b]=x",
            "a[b]={}&a=x",
            "a[b][c]={}&%61%5Bb%5D=x",
            "a[1][b]={}&a=x",
            "q=x&q:list={}",
            "a[b][c][d][e][f][g][h][i][j]={}",
            // Some servers split at `;`.
            "a=x;b={}",
            "b;a=x&a={}",
            "a={}&b=x;c=y",
            // Many servers read JSON as such, whatever its type is.
            "{\"a\": \"x&b={}&c=\"}",
            " [\"x&b={}&c=\"]",
            "\u{feff}{\"a\": \"x&b={}&c=\"}",
            "\"x&b={}&c=\"",
            "<a>x&b={}&c=</a>",
        ],
    );
    // However long the name is, and in any notation.
    let long = "a".repeat(90);
    let written = "%61".repeat(90);
    for body in [
        format!("{long}={{}}&{written}=x"),
        format!("{written}=x&{long}={{}}"),
    ] {
        assert!(!is_whole("application/x-www-form-urlencoded", &body));
    }
    let found = read("application/x-www-form-urlencoded", "a={}&b=1&a=x").found;
    assert_eq!(
        found,
        [
            Found {
                secret: 0,
                placement: OwnedPlacement::Whole
            },
            Found {
                secret: 0,
                placement: OwnedPlacement::Repeated("a".to_owned())
            }
        ]
    );
}

#[test]
fn placements_of_joined_values() {
    for (content_type, body) in [
        ("application/json", r#"["{}", 1]"#),
        ("text/xml", "<a><b>{}</b><b/></a>"),
    ] {
        let found = read(content_type, body).found;
        let last = found.last().map(|found| &found.placement);
        assert_eq!(last, Some(&OwnedPlacement::Joined), "{body}");
    }
}

#[test]
fn many_names() {
    let fields: String = (0..5000).map(|number| format!("f{number}=x&")).collect();
    assert!(!is_whole(
        "application/x-www-form-urlencoded",
        &format!("{fields}a={{}}")
    ));
    let elements: String = (0..5000).map(|number| format!("<f{number}/>")).collect();
    assert!(!is_whole(
        "text/xml",
        &format!("<a>{elements}<b>{{}}</b></a>")
    ));
}

#[test]
fn multipart() {
    let part = |content: &str| {
        format!(
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{content}\r\n--b-0123456789abcd--\r\n"
        )
    };
    // A part with another one in its content, where a delimiter is not after CRLF.
    let hidden = |before: &str, line_end: &str| {
        let disposition = "Content-Disposition: form-data; name=";
        format!(
            "--b-0123456789abcd\r\n{disposition}c\r\n\r\n{before}--b-0123456789abcd{line_end}{disposition}a{line_end}{line_end}x\r\n"
        )
    };
    let whole = [
        part("{}"),
        format!(
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name=b\r\n\r\n\r\nx\r\n\r\r\n{}",
            part("{}")
        ),
        "--b-0123456789abcd\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name=b\r\nContent-Transfer-Encoding: binary\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        format!(
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name=b; filename=\"x\"\r\n\r\n\0\r\n--b-\r\n--b\r\n{}",
            part("{}")
        ),
    ];
    let composed = [
        part("x{}"),
        part("{}x"),
        part("\r\n{}"),
        part("{}\r\n"),
        part("{}\n"),
        part(" {}"),
        part("{}{other}"),
        part("x\r\n--b-{}"),
        part("{}\r\n--b-"),
        // Not an end, so it is content.
        part("{}\r\n--b-2"),
        part("{}\r\n-"),
        part("\r{}"),
        "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\nx\r\n--b-0123456789abcd--".to_owned(),
        "{}--b-0123456789abcd\r\n\r\nx\r\n--b-0123456789abcd--".to_owned(),
        // Django finds a delimiter anywhere in a line, Werkzeug after a CR or an empty content.
        part("{} --b-0123456789abcd"),
        part("{}\n--b-0123456789abcd--"),
        format!("{}{}", hidden("x", "\r\n"), part("{}")),
        format!("{}{}", hidden("x\r", "\r"), part("{}")),
        format!("{}{}", hidden("x\n", "\n"), part("{}")),
        format!("{}{}", hidden("", "\r\n"), part("{}")),
        format!("{}{}", hidden("\r\n-", "\r\n"), part("{}")),
        format!("{}{}", hidden("--b-0123456789abc", "\r\n"), part("{}")),
        // Rack takes other fields for the name, or the type.
        "--b-0123456789abcd\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        "--b-0123456789abcd\r\nContent-Type: text/plain\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        "--b-0123456789abcd\r\nContent-Disposition: form-data\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        "--b-0123456789abcd\r\nContent-Disposition: form-data\r\nContent-Type: text/plain; name=b\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        "--b-0123456789abcd\r\nContent-Disposition: form-data; filename=a\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        format!("--b-0123456789abcd\r\nContent-ID: a\r\n\r\nx\r\n{}", part("{}")),
        "--b-0123456789abcd\r\n\r\n{}".to_owned(),
        "--b-0123456789abcd\r\n\r\nx\r\n--b-0123456789abcd--\r\n{}".to_owned(),
        // Lenient servers find another start of the content.
        "--b-0123456789abcd\nContent-Disposition: form-data; name=a\n\nx\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        "--b-0123456789abcd\r\nContent-Disposition: form-data; name=a\n\nx\r\n\r\n{}\r\n--b-0123456789abcd--".to_owned(),
        format!("--b-0123456789abcd\r\n\r\nx\n--b-0123456789abcd\nA: b\n\ny\r\n{}", part("{}")),
        format!("--b-0123456789abcd \r\n\r\nx\r\n{}", part("{}")),
    ];
    // Several names of one part: each server chooses one of them, and joins parts with that name.
    let names = [
        "name=A",
        "name=\"a\"; name=\"b\"",
        "name=\"b\"; name=\"a\"",
        "name=a; x=\"y;name=b\"",
        "name=\"a\"\r\nContent-Type: text/plain; name=\"b\"",
        "name=\"b\"; x=\"; name=a\"",
        "\r\n name=a",
        "name = 'a'; filename=x",
        "name=%61",
        "name=\"a[]\"",
        // With an escape, in a charset, or encoded in an unknown way.
        "name=\"\\a\"",
        "name*=utf-8''%61",
        "name*0=a",
        "name=\"=?utf-8?q?a?=\"",
        "name=b\r\nContent-ID: a",
        "name=b\r\nA: b",
        "name=b; x=\"Content-ID: a\"",
    ];
    let composed: Vec<String> = composed
        .into_iter()
        .chain(names.into_iter().map(|names| {
            format!(
                "--b-0123456789abcd\r\nContent-Disposition: form-data; {names}\r\n\r\nx\r\n{}",
                part("{}")
            )
        }))
        .collect();
    check(
        "multipart/form-data; boundary=b-0123456789abcd",
        &whole.each_ref().map(String::as_str),
        &composed.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x; boundary=b-0123456789abcd",
        "multipart/form-data; boundary*0=b; boundary=b-0123456789abcd",
        "multipart/form-data; boundary=\"b\\-1\"",
        // PHP ends the boundary at the comma.
        "multipart/form-data; boundary=b-0123456789abcd,c",
    ] {
        check(content_type, &[], &["{}", &part("{}")]);
    }
}

/// Some servers split a body at the boundary alone, or compare it in lower case.
#[test]
fn boundaries_in_a_part() {
    const BOUNDARY: &str = "----WebKitFormBoundary7MA4YWxk";
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    for (text, is_other) in [
        ("WebKitFormBoundary7MA4YWx", true),
        ("WebKitFormBoundary7MA4YWxk", false),
        ("webkitformboundary7ma4ywxk", false),
        ("-WEBKITFORMBOUNDARY7MA4YWXK", false),
        ("----WebKitFormBoundary7MA4YWxk", false),
        ("------webkitFormBoundary7MA4YWxk", false),
    ] {
        for name in ["z", text] {
            for content in ["{}", text] {
                let value = if content == "{}" { "x" } else { "{}" };
                let disposition = "Content-Disposition: form-data; name";
                let body = format!(
                    "--{BOUNDARY}\r\n{disposition}=a\r\n\r\n{value}\r\n\
                     --{BOUNDARY}\r\n{disposition}={name}\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
                );
                let is_beside = name == text || content == text;
                assert_eq!(
                    is_whole(&content_type, &body),
                    is_other || !is_beside,
                    "{body}"
                );
            }
        }
    }
}

/// A server that finds a boundary in the middle of a value would show what follows `--` in it. Some
/// read it as a regular expression.
#[test]
fn boundaries() {
    for (boundary, is_plain) in [
        ("k", false),
        ("----------------", false),
        ("---------------_", true),
        ("---------------d", false),
        ("0123456789abcde", false),
        ("0123456789abcdef", true),
        ("------------------------d74496d66958873e", true),
        ("----WebKitFormBoundary7MA4YWxkTrZu0gW_", true),
        ("S...............", false),
        ("................", false),
        ("S3cr+++++++++++++", false),
        ("0123456789abcdef?", false),
        ("0123456789abcdef*", false),
        ("0123456789(abcdef)", false),
    ] {
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=a\r\n\r\n{{}}\r\n--{boundary}--"
        );
        assert_eq!(is_whole(&content_type, &body), is_plain, "{boundary}");
    }
}

/// In another charset or coding the value would not be recognized, whatever its placement is.
#[test]
fn recoded_bodies() {
    let part = |header: &str| {
        format!("--b-0123456789abcd\r\n{header}\r\n\r\n{{}}\r\n--b-0123456789abcd--\r\n")
    };
    let multipart = "multipart/form-data; boundary=b-0123456789abcd";
    let charset = "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nutf-16\r\n";
    for (content_type, body) in [
        ("text/plain; charset=utf-16le", "{}".to_owned()),
        ("application/json; charset=UTF-32", r#"["{}"]"#.to_owned()),
        (
            "application/json; charset=utf-8; charset=ibm037",
            r#"["x{}"]"#.to_owned(),
        ),
        (
            "application/x-www-form-urlencoded; charset=utf-7",
            "a={}".to_owned(),
        ),
        (
            "application/x-www-form-urlencoded",
            "_charset_=utf-16&a={}".to_owned(),
        ),
        (
            "multipart/form-data; boundary=b-0123456789abcd; charset=utf-7",
            part(""),
        ),
        (
            multipart,
            part("Content-Type: text/plain; charset=utf-16le"),
        ),
        (
            multipart,
            part("content-type: text/plain;\r\n Charset=\"utf-32\""),
        ),
        (multipart, part("Content-Transfer-Encoding: base64")),
        (
            multipart,
            part("Content-Transfer-Encoding:\r\n quoted-printable"),
        ),
        (multipart, part("Content-Encoding: gzip")),
        (
            "application/x-www-form-urlencoded",
            "q:utf_16_le={}".to_owned(),
        ),
        (multipart, format!("{charset}{}", part(""))),
    ] {
        let found = read(content_type, &body).found;
        let recoded = [Found {
            secret: 0,
            placement: OwnedPlacement::Recoded,
        }];
        assert_eq!(found, recoded, "{content_type}: {body}");
    }
    // A later field applies to the earlier ones.
    let after = "a={}&_charset_=utf-16";
    let found = read("application/x-www-form-urlencoded", after).found;
    let last = found.last().map(|found| &found.placement);
    assert_eq!(last, Some(&OwnedPlacement::Recoded));
    for (content_type, body) in [
        ("text/plain; charset=UTF-8", "{}".to_owned()),
        (
            multipart,
            part(
                "Content-Transfer-Encoding: 8bit\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=a",
            ),
        ),
    ] {
        assert!(is_whole(content_type, &body), "{content_type}: {body}");
    }
}

/// Frameworks may read the method from a body whose type is not a form.
#[test]
fn overrides_in_possible_forms() {
    let field = |content_type: Option<&str>, body: &str| {
        let mut header = HeaderMap::new();
        if let Some(content_type) = content_type {
            header.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
        }
        let reader = read_in(&header, &secrets(), body.as_bytes(), 3);
        reader.override_field().map(str::to_owned)
    };
    let part = "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nDELETE\r\n--b-0123456789abcd--\r\n";
    for (content_type, body, overrides) in [
        (None, "_method=DELETE", true),
        (None, "a=b", false),
        (Some("text/plain"), "_method=DELETE", true),
        (Some("text/plain"), "a=b", false),
        (Some("text/plain"), r#"{"_method": "DELETE"}"#, true),
        (Some("application/json"), r#"["&_method=DELETE&"]"#, true),
        (
            Some("application/xml"),
            r#"{"a": 1, "_method": "DELETE"}"#,
            true,
        ),
        (
            Some("application/x-www-form-urlencoded+xml"),
            "_method=DELETE",
            true,
        ),
        (Some("multipart/xml; boundary=b-0123456789abcd"), part, true),
        (
            Some("multipart/form-data+xml; boundary=b-0123456789abcd"),
            part,
            true,
        ),
        (
            Some("application/x-www-form-urlencoded, text/plain"),
            "_method=DELETE",
            true,
        ),
        (
            Some("application/x-www-form-urlencoded; charset=utf-16"),
            "a=b",
            true,
        ),
        (Some("multipart/form-data; boundary=\"b=b\""), "a=b", true),
        (
            Some("multipart/form-data; boundary=b-0123456789abcd"),
            part,
            true,
        ),
        (
            Some("multipart/form-data; boundary=b-0123456789abcd"),
            &part.replace("_method", "a"),
            false,
        ),
        (
            Some("multipart/form-data; boundary=b-0123456789abcd"),
            &format!("--b-0123456789abcd\r\n\r\nx\r\n--b-0123456789abcd--\r\n{part}"),
            true,
        ),
    ] {
        let found = field(content_type, body).is_some();
        assert_eq!(found, overrides, "{content_type:?}: {body}");
    }
}

#[test]
fn other_types() {
    for content_type in [
        // Some servers interpret these as a form or as parts, others don't.
        "application/x-www-form-urlencoded+json",
        "multipart/xml; boundary=b-0123456789abcd",
        "multipart/form-data+xml; boundary=b-0123456789abcd",
        // Some servers take the last type of a list.
        "application/x-www-form-urlencoded;, text/plain",
    ] {
        check(
            content_type,
            &[],
            &["{}", "{}\n", "x{}", "a={}", "\"{}\"", "{}{other}"],
        );
    }
    let secrets = secrets();
    let handle = secrets.handle("TOKEN").unwrap().unwrap();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let json = HeaderValue::from_static("application/json");
    // With two types, or compressed, the syntax is unknown.
    let mut two = HeaderMap::new();
    two.append(CONTENT_TYPE, form.clone());
    two.append(CONTENT_TYPE, json);
    let mut coded = HeaderMap::new();
    coded.append(CONTENT_TYPE, form);
    coded.append(CONTENT_ENCODING, HeaderValue::from_static("deflate"));
    for (header, placement) in [
        (two, OwnedPlacement::Composed),
        (coded, OwnedPlacement::Recoded),
        (HeaderMap::new(), OwnedPlacement::Composed),
    ] {
        let body = format!("a={handle}");
        let found = read_in(&header, &secrets, body.as_bytes(), 3).found;
        assert_eq!(found[0].placement, placement);
    }
}

#[test]
fn overrides() {
    let form = "application/x-www-form-urlencoded";
    let part = "multipart/form-data; boundary=b-0123456789abcd";
    let json = "application/json";
    for (content_type, body) in [
        (form, "_method=DELETE"),
        (form, "a=b&_METHOD=DELETE"),
        (form, "%5Fmethod=DELETE"),
        (form, "a=b;_method=DELETE"),
        (form, &format!("{}_method=DELETE", "+".repeat(300))),
        (json, r#"{"a": 1, "_method": "DELETE"}"#),
        (json, r#"{"\u005fmethod": "DELETE"}"#),
        (
            json,
            &format!(r#"{{"{}": 0, "_method": "DELETE"}}"#, "k".repeat(256)),
        ),
        (
            json,
            &format!(r#"{{{}"_method": "DELETE"}}"#, r#""k": 0,"#.repeat(5000)),
        ),
        (
            json,
            &format!(
                r#"[{}{}, {{"_method": "DELETE"}}]"#,
                "[".repeat(513),
                "]".repeat(513)
            ),
        ),
        (json, r#"{"\ud800": 0, "_method": "DELETE"}"#),
        (json, "\u{feff}{\"_method\": \"DELETE\"}"),
        (json, r#"{"a": NaN, "_method": "DELETE"}"#),
        (json, r#"/* {" */ {"_method": "DELETE"}"#),
        (json, r#"{"a": 1,, "_method": "DELETE"}"#),
        (json, r#"{'a': 1, '\x5fmethod': 'DELETE'}"#),
        (json, "{/**/ _method : 'DELETE'}"),
        (json, "{\0\"\0_\0m\0e\0t\0h\0o\0d\0\"\0:\0\"\0D\0\"\0}\0"),
        ("text/plain", r#"{"\ud800": 0, "_method": "DELETE"}"#),
        // A string that may be a value.
        (json, r#"{"a": "_method"}"#),
        (
            part,
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nDELETE\r\n--b-0123456789abcd--",
        ),
        (
            part,
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name*=UTF-8''%5fmethod\r\n\r\nDELETE\r\n--b-0123456789abcd--",
        ),
        (
            part,
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name=\"\\_method\"\r\n\r\nDELETE\r\n--b-0123456789abcd--",
        ),
        // Rack takes it for the name.
        (
            part,
            "--b-0123456789abcd\r\nContent-ID: _method\r\n\r\nDELETE\r\n--b-0123456789abcd--\r\n",
        ),
        (
            part,
            "--b-0123456789abcd\r\nContent-ID: <_method>\r\n\r\nDELETE\r\n--b-0123456789abcd--\r\n",
        ),
        (
            part,
            "--b-0123456789abcd\r\n\r\nDELETE\r\n--b-0123456789abcd--\r\n",
        ),
        // Servers interpret this differently.
        (
            part,
            "--b-0123456789abcd\nContent-Disposition: form-data; name=_method\n\nDELETE\n--b-0123456789abcd--",
        ),
    ] {
        assert!(
            read(content_type, body).override_field().is_some(),
            "{body}"
        );
    }
    for (content_type, body) in [
        (form, "a=_method&b=c"),
        (json, r#"{"a": "the _method", "method": 1}"#),
        (
            part,
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name=a\r\n\r\n_method\r\n--b-0123456789abcd--",
        ),
    ] {
        assert_eq!(read(content_type, body).override_field(), None, "{body}");
    }
    // For Plack and Catalyst.
    for (content_type, body) in [
        (form, "x-tunneled-method=DELETE"),
        (json, r#"{"x-tunneled-method": "DELETE"}"#),
    ] {
        assert_eq!(
            read(content_type, body).override_field(),
            Some("x-tunneled-method")
        );
    }
}

/// Servers replace other characters, and would reveal the rest.
#[test]
fn us_ascii_is_only_for_ascii_values() {
    let secret = Secret::new("TOKEN", "env:TOKEN".parse().unwrap());
    for (value, placement) in [
        ("a-value", OwnedPlacement::Whole),
        ("eine-späte", OwnedPlacement::Recoded),
    ] {
        let secrets = GrantedSecrets::with_values(&[(secret.clone(), value)]);
        let handle = secrets.handle("TOKEN").unwrap().unwrap();
        let mut header = HeaderMap::new();
        let content_type = HeaderValue::from_static("text/plain; charset=us-ascii");
        header.insert(CONTENT_TYPE, content_type);
        let found = read_in(&header, &secrets, handle.as_bytes(), 3).found;
        let placements: Vec<_> = found.into_iter().map(|it| it.placement).collect();
        assert_eq!(placements, [placement]);
    }
}

/// The time for a body full of fields with handles is also linear.
#[test]
fn many_handles_take_linear_time() {
    let secrets = secrets();
    let handle = secrets.handle("TOKEN").unwrap().unwrap();
    let part = |name: &str| {
        format!(
            "--b-0123456789abcd\r\nContent-Disposition: form-data; name={name}\r\n\r\n{handle}\r\n"
        )
    };
    for (content_type, field) in [
        ("application/x-www-form-urlencoded", format!("={handle}&")),
        (
            "application/x-www-form-urlencoded",
            format!("NUMBER={handle}&"),
        ),
        (
            "application/x-www-form-urlencoded",
            format!("a[x-NUMBER]={handle}&"),
        ),
        ("multipart/form-data; boundary=b-0123456789abcd", part("a")),
        (
            "multipart/form-data; boundary=b-0123456789abcd",
            part("aNUMBER"),
        ),
        (
            "multipart/form-data; boundary=b-0123456789abcd",
            part(&format!("a; filename={}", format!("{handle}.").repeat(100))),
        ),
        ("application/x-ndjson", format!("[\"{handle}\"]\n")),
        ("text/xml", format!("<a>{handle}</a>")),
    ] {
        let mut header = HeaderMap::new();
        header.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let fields =
            (0..(1 << 20) / field.len()).map(|it| field.replace("NUMBER", &it.to_string()));
        let body: String = fields.collect();
        let begun = thread_time();
        let mut reader = BodyReader::new(&header, None, secrets.secrets());
        reader.read(body.as_bytes());
        assert!(!reader.take_found().is_empty(), "{content_type}: {field}");
        let took = Duration::from_nanos(thread_time() - begun);
        assert!(
            took < Duration::from_secs(10),
            "{content_type}, {field}: {took:?}"
        );
    }
}

/// Findings are not searched again for each byte.
#[test]
fn long_bodies_take_linear_time() {
    let mut header = HeaderMap::new();
    let body = "x".repeat(4 << 20);
    let secrets = secrets();
    for content_type in [
        None,
        Some("application/x-www-form-urlencoded"),
        Some("application/x-www-form-urlencoded; charset=utf-16"),
    ] {
        header.clear();
        if let Some(content_type) = content_type {
            header.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let begun = thread_time();
        let mut reader = BodyReader::new(&header, None, secrets.secrets());
        reader.read(body.as_bytes());
        assert!(reader.override_field().is_some(), "{content_type:?}");
        let took = Duration::from_nanos(thread_time() - begun);
        assert!(took < Duration::from_secs(5), "{content_type:?}: {took:?}");
    }
}
