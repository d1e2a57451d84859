//! Names of fields, parts, elements and attributes beside a value, and those that a framework may
//! use as the method. The names are from runs of PHP, qs, Rack, Werkzeug, Django and others.

use http_step_policy::{Placement, QueryFields, override_in_query};

use super::{is_whole, read};
use crate::body::inspect::{BodyReader, OwnedPlacement, quoted_override};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b-0123456789abcd";

/// A part with this text as the parameters of its `form-data`.
fn part(parameters: &str, content: &str) -> String {
    format!("--b-0123456789abcd\r\nContent-Disposition: form-data{parameters}\r\n\r\n{content}\r\n")
}

fn end(parts: &[String]) -> String {
    format!("{}--b-0123456789abcd--\r\n", parts.concat())
}

fn overrides(content_type: &str, body: &str) -> Option<String> {
    let reader: BodyReader = read(content_type, body);
    reader.override_field().map(str::to_owned)
}

#[test]
fn names_in_forms_that_are_not_plain() {
    for name in [
        "+q",
        "%20q",
        "++++q[]",
        "q%00",
        "[q]",
        "[q]]",
        "[q]x",
        "q][]",
        "]q[]",
        ".q",
        "q.]",
        "q:list",
        "%u0071",
        "q[",
        "q[a]b",
        "a+b",
        "q%E2%80%8B",
        "ä",
        "q/x",
        "~q",
        "\r\nq",
        "{\"a\":\"x",
        "",
    ] {
        for body in [
            format!("{name}=pad&q={{}}"),
            format!("q={{}}&{name}=pad"),
            format!("other={{}}&{name}=pad&a=b"),
            format!("a=b&{name}={{}}"),
        ] {
            assert!(!is_whole(FORM, &body), "{body}");
        }
        let body = format!("a=b&{name}=c");
        assert_eq!(overrides(FORM, &body).as_deref(), Some(name), "{body}");
    }
    for count in 0..200 {
        for blank in ["+", " ", "%20"] {
            let blanks = blank.repeat(count);
            let body = format!("q[]=pad&{blanks}q[]={{}}");
            assert!(!is_whole(FORM, &body), "{count}");
            let body = format!("{blanks}_charset_=utf-16&q={{}}");
            assert!(!is_whole(FORM, &body), "{count}");
            let body = format!("a=b&{blanks}_method=DELETE");
            assert!(overrides(FORM, &body).is_some(), "{count}");
        }
        let name = "n".repeat(count);
        let is_plain = (1..=64).contains(&count);
        assert_eq!(
            is_whole(FORM, &format!("a=b&{name}={{}}")),
            is_plain,
            "{count}"
        );
        assert_eq!(
            is_whole(FORM, &format!("a={{}}&{name}=b")),
            is_plain,
            "{count}"
        );
    }
    // Without a value, and at the end of the body.
    for body in ["+q&a={}", "a={}&+q", "a={}&b=c&[q"] {
        assert!(!is_whole(FORM, body), "{body}");
    }
    let found = read(FORM, "a={}&+q=b").found;
    let placements: Vec<_> = found.into_iter().map(|found| found.placement).collect();
    assert_eq!(
        placements,
        [OwnedPlacement::Whole, OwnedPlacement::NotPlain]
    );
    // Zope decodes it, whatever `compose` says.
    for blanks in ["", &"+".repeat(64), &"a".repeat(500)] {
        for codec in [":utf_16_le", "%3autf_16_le", "%3Acp037", "%u003Acp037"] {
            let found = read(FORM, &format!("a=b&{blanks}q{codec}={{}}")).found;
            assert_eq!(found[0].placement, OwnedPlacement::Recoded, "{codec}");
        }
    }
}

#[test]
fn names_in_forms_that_servers_join() {
    for (name, other) in [
        ("q", "Q"),
        ("q", "%71"),
        ("q", "q[]"),
        ("q", "q[1]"),
        ("q", "q[a]"),
        ("q", "q.a"),
        ("q.a", "q[a]"),
        ("q", "q-0"),
        ("a_b", "a.b"),
        ("a-b", "a_b"),
        ("clientId", "client_id"),
        ("$q", "q"),
    ] {
        for (name, other) in [(name, other), (other, name)] {
            for body in [
                format!("{name}=x&{other}={{}}"),
                format!("{name}={{}}&{other}=x"),
            ] {
                assert!(!is_whole(FORM, &body), "{body}");
            }
        }
    }
    for body in [
        "token={}&token_type_hint=a",
        "q[a]=x&q[b]={}",
        "$filter=x&@a=b&_=1&Name.1.Value.2=x&Other.0.Value[0]={}",
    ] {
        assert!(is_whole(FORM, body), "{body}");
    }
}

/// multer puts as many empty items before the value as its index says. PHP reads `MAX_FILE_SIZE`.
#[test]
fn names_that_are_not_for_a_value() {
    for (name, is_for_value) in [
        ("q[]", true),
        ("q[0]", true),
        ("q[0][a][]", true),
        ("q.0.a", true),
        ("q-1", true),
        ("q2", true),
        ("q[a2]", true),
        ("q[1]", false),
        ("q[13]", false),
        ("q[0][13]", false),
        ("q[13][a]", false),
        ("q.13", false),
        ("q[a.13]", false),
        ("MAX_FILE_SIZE", false),
        ("max-file-size", false),
    ] {
        let body = format!("a=b&{name}={{}}");
        assert_eq!(is_whole(FORM, &body), is_for_value, "{name}");
        let body = format!("a=b&{}={{}}", name.replace('1', "%31"));
        assert_eq!(is_whole(FORM, &body), is_for_value, "{name}");
        let query = format!("a=b&{name}=x");
        let fields = QueryFields::new(query.as_bytes());
        let before = query.strip_suffix('x').unwrap_or_default();
        let in_query = Placement::in_query(&fields, before.as_bytes(), b"");
        assert_eq!(in_query == Placement::Whole, is_for_value, "{name}");
        let body = end(&[
            part("; name=a", "b"),
            part(&format!("; name=\"{name}\""), "{}"),
        ]);
        assert_eq!(is_whole(MULTIPART, &body), is_for_value, "{name}");
        // Beside a value, it is another field.
        assert!(is_whole(FORM, &format!("{name}=x&other={{}}")), "{name}");
    }
    let found = read(FORM, "q[13]={}").found;
    assert_eq!(found[0].placement, OwnedPlacement::NotPlain);
}

/// Some servers decode a form or a query before they split it (Java's `HttpExchange`, PHP's
/// `parse_str(urldecode($input))`).
#[test]
fn fields_in_decoded_values() {
    for (text, is_whole_beside) in [
        ("a=AT%26T+%3B", true),
        ("a=Fish+%26+chips", true),
        ("a=%26other[]%26other[]", true),
        ("a=%26%3D", true),
        ("a=x%2526q%253Dpad", true),
        ("a=%26q[]%3Dppp", false),
        ("a=%26q[]=ppp", false),
        ("a=x%3bq%3d", false),
        ("a=%u0026other%3D", false),
        ("a=%26+q%3Dpad", false),
        // Each puts an empty item before the value.
        ("a=%26q[]%26q[]", false),
        ("a=%26~q", false),
        ("a=x%26Q", false),
        ("a=%26q.b", false),
        ("a=%26[q]", false),
    ] {
        for body in [format!("{text}&q[]={{}}"), format!("q[]={{}}&{text}")] {
            assert_eq!(is_whole(FORM, &body), is_whole_beside, "{body}");
            let (before, after) = body.split_once("{}").unwrap();
            let fields = QueryFields::new(format!("{before}x{after}").as_bytes());
            let placement = Placement::in_query(&fields, before.as_bytes(), after.as_bytes());
            assert_eq!(placement == Placement::Whole, is_whole_beside, "{body}");
        }
    }
    // Whatever the type of the body is.
    for (content_type, before, after) in [
        ("application/json", "{\"a\":\"", "\",\"q\":\"{}\"}"),
        ("text/xml", "<r><a>", "</a><q>{}</q></r>"),
    ] {
        for (text, is_whole_beside) in [
            ("%26 x", true),
            ("%26q%3Dpad", false),
            ("%26q=pad", false),
            ("%3Bq%3Dpad", false),
            ("%u0026q%u003Dpad", false),
        ] {
            let body = format!("{before}{text}{after}");
            assert_eq!(is_whole(content_type, &body), is_whole_beside, "{body}");
        }
    }
    for (text, is_whole_beside) in [("%26q%3Dpad", false), ("%3Bq%3Dpad", true)] {
        let body = end(&[part("; name=a", text), part("; name=q", "{}")]);
        assert_eq!(is_whole(MULTIPART, &body), is_whole_beside, "{body}");
    }
}

#[test]
fn overrides_in_decoded_values() {
    for (text, overrides_method) in [
        ("a=%26_method%3DDELETE", true),
        ("a=%3b_method=DELETE", true),
        ("a=%26x%3Dy", true),
        ("a=AT%26T", false),
        ("a=%26_method", false),
    ] {
        assert_eq!(overrides(FORM, text).is_some(), overrides_method, "{text}");
        let of_query = override_in_query(text.as_bytes());
        assert_eq!(of_query.is_some(), overrides_method, "{text}");
    }
    for (content_type, body, found) in [
        (
            "application/json",
            "{\"a\":\"%26_method%3DDELETE\"}",
            Some("_method"),
        ),
        ("application/json", "{\"a\":\"%26x%3Dy\"}", None),
        ("text/plain", "x%26_method%3DDELETE", Some("_method")),
    ] {
        assert_eq!(overrides(content_type, body).as_deref(), found, "{body}");
    }
}

/// Servers join fields without a value, too. What is whole in a form is whole in a query.
#[test]
fn forms_are_read_as_queries() {
    let fields = [
        "", "q", "q=", "q=x", "q[]", "q[1]", "q[0]", "q[a]", "Q", "a", "a=x", "a=x=y", "+q", "=x",
        "=", "b;q",
    ];
    let names = ["q", "q[]", "q[a]", "q[1]", "+q", ""];
    for (name, before) in names.iter().flat_map(|name| fields.map(|it| (name, it))) {
        for after in fields {
            let (before, after) = (format!("{before}&{name}="), format!("&{after}"));
            let query = format!("{before}x{after}");
            let fields = QueryFields::new(query.as_bytes());
            let in_query = Placement::in_query(&fields, before.as_bytes(), after.as_bytes());
            let body = format!("{before}{{}}{after}");
            assert_eq!(
                is_whole(FORM, &body),
                in_query == Placement::Whole,
                "{body}"
            );
        }
    }
    for body in ["q[]&q[]&q[]={}", "q={}&q", "q&q={}&a=b", "_charset_&q={}"] {
        assert!(!is_whole(FORM, body), "{body}");
    }
}

/// A part's name is known in quotes, or if it ends at `;` or at the end of the line.
#[test]
fn names_of_parts() {
    let known = [
        "; name=\"q\"",
        "; name=q",
        ";name=q",
        "; name=q; filename=a",
        "; name=\"q\"; filename=\"a,b\"",
        "; name=\"Q\"",
        "; name=\"q[]\"",
    ];
    let unknown = [
        // Werkzeug, Django, Rack and PHP end these names elsewhere.
        "; name=q/x",
        "; name=q(x)",
        "; name=q=x",
        "; name=q\tx",
        "; name=q x",
        "; name=<q>",
        "; name=q,x",
        "; name=q\"x\"",
        "; name='q'",
        "; name= q",
        "; name =q",
        "; name=\"q\"x",
        "; name=\"q\" ",
        "; name=q ",
        "; name=\"q",
        "; name=",
        "; name=\"\"",
        "; name=\"q\\\"\"",
        "; name=\" q\"",
        "; name=\"q:list\"",
        "; name=\"q]\"",
        "; name=\"[q]\"",
        "; name=\"%71\"",
        "; name=\"q%00\"",
        "; name=\"ä\"",
        "; name=\"a+b\"",
        "; name=\"=?utf-8?q?q?=\"",
        // The name of the file is the part's name for Rack.
        "; filename=\"; name=q; /x\"",
        "; filename=\"a\"; name=\"q\"",
        "; filename=a",
        "",
        "; name=q; name=q",
        "; name=a; x=\"; name=q\"",
        "; name*=utf-8''q",
        "; name*0=q",
        "\r\n\tname=q",
        ";\r\n name=q",
        "; name=q\r\nContent-Disposition: form-data; name=q",
        "; name=q\r\nContent-ID: q",
        "; name=q\r\nX: y",
        "; name=q\r\nContent-Type: text/plain; name=z",
    ];
    for name in known {
        for other in known {
            let body = end(&[part(name, "x"), part(other, "{}")]);
            assert!(!is_whole(MULTIPART, &body), "{body}");
        }
        let body = end(&[part("; name=a", "x"), part(name, "{}")]);
        assert!(is_whole(MULTIPART, &body), "{body}");
    }
    for name in unknown {
        for body in [
            end(&[part(name, "x"), part("; name=\"q\"", "{}")]),
            end(&[part("; name=\"q\"", "{}"), part(name, "x")]),
            end(&[part("; name=\"other\"", "{}"), part(name, "x")]),
            end(&[part("; name=\"a\"", "x"), part(name, "{}")]),
        ] {
            assert!(!is_whole(MULTIPART, &body), "{body}");
        }
        let body = end(&[part("; name=a", "x"), part(name, "x")]);
        assert!(overrides(MULTIPART, &body).is_some(), "{body}");
    }
    for count in 0..200 {
        let name = format!("; name=\"{}\"", "n".repeat(count));
        let body = end(&[part("; name=a", "x"), part(&name, "{}")]);
        let is_plain = (1..=64).contains(&count);
        assert_eq!(is_whole(MULTIPART, &body), is_plain, "{count}");
    }
    let codec = end(&[part("; name=\"q:utf_16_le\"", "{}")]);
    assert_eq!(
        read(MULTIPART, &codec).found[0].placement,
        OwnedPlacement::Recoded
    );
    let kind = end(&[part("; name=q", "{}")]).replace("form-data", "attachment");
    assert!(!is_whole(MULTIPART, &kind));
}

/// xml2js joins attributes and elements of one name.
#[test]
fn names_in_xml() {
    let long = "n".repeat(65);
    for body in [
        "<a p:x='pad' x='{}'/>",
        "<a x='{}' p:X='pad'/>",
        "<a x='pad'><x>{}</x></a>",
        "<a x='{}'><x>pad</x></a>",
        "<a x='{}'><b/><p:x/></a>",
        "<a><x y='pad'/><x y='{}'/></a>",
        "<a b x='{}'/>",
        "<a x='pad' b x='{}'/>",
        "<a x/y='{}'/>",
        "<a ='{}'/>",
        &format!("<a {long}='{{}}'/>"),
        &format!("<a {long}='x' b='{{}}'/>"),
        &format!("<a><{long}>{{}}</{long}></a>"),
    ] {
        assert!(!is_whole("text/xml", body), "{body}");
    }
    for body in [
        "<a x='{}' y='pad'/>",
        "<a x = '{}'\n\ty='pad'><b x='{other}'>text</b></a>",
        "<a><b x='y'/><c x='{}'/></a>",
        "<a b='c'>{}</a>",
        "<a b='{}' />",
    ] {
        assert!(is_whole("text/xml", body), "{body}");
    }
    let attributes: String = (0..5000).map(|number| format!(" f{number}='x'")).collect();
    assert!(!is_whole("text/xml", &format!("<a{attributes} b='{{}}'/>")));
    let elements: String = (0..5000)
        .map(|number| format!("<b><c f{number}='x'/></b>\n"))
        .collect();
    let closed = format!("<a><d>{elements}</d><e>{{}}</e></a>");
    assert!(is_whole("text/xml", &closed));
}

#[test]
fn overrides_in_forms_and_parts() {
    for name in [
        "]_method",
        "[_method",
        "[_method]",
        "_method]",
        "%5D_method",
        "[]_method",
        "+_method",
        "~method",
        "_method/x",
        "_method[]",
        "_method[a]",
        "x_http_method",
        "http-method-override",
        "$httpMethod",
    ] {
        let body = format!("a=b&{name}=DELETE");
        assert_eq!(overrides(FORM, &body).as_deref(), Some(name), "{body}");
    }
    for name in [
        "]_method",
        "_method/x",
        "_method(x)",
        "<_method>",
        "_method[]",
        "\\_method",
        "%5fmethod",
    ] {
        for name in [format!("; name={name}"), format!("; name=\"{name}\"")] {
            let body = end(&[part("; name=a", "x"), part(&name, "DELETE")]);
            assert!(overrides(MULTIPART, &body).is_some(), "{body}");
        }
    }
    for (name, value, is_override) in [
        ("method", "delete", true),
        ("http_method", "PUT", true),
        ("verb", "PATCH", true),
        ("method", "GetUser", false),
        ("payment_method", "card", false),
        ("method_id", "DELETE", false),
    ] {
        let form = [format!("{name}={value}&a=b"), format!("a=b&{name}={value}")];
        for body in form {
            assert_eq!(overrides(FORM, &body).is_some(), is_override, "{body}");
        }
        let body = end(&[
            part(&format!("; name={name}"), value),
            part("; name=a", "x"),
        ]);
        assert_eq!(overrides(MULTIPART, &body).is_some(), is_override, "{body}");
        let json = format!(r#"{{"a": [1], "{name}" : "{value}", "b": 2}}"#);
        assert_eq!(
            overrides("application/json", &json).is_some(),
            is_override,
            "{json}"
        );
    }
    let escaped: String = "x-http-method-override"
        .bytes()
        .map(|byte| format!("\\u{byte:04x}"))
        .collect();
    for json in [
        format!(r#"{{"{escaped}": "DELETE"}}"#),
        r#"{"\u005f\u0048\u0074\u0074\u0070\u004d\u0065\u0074\u0068\u006f\u0064": "DELETE"}"#
            .to_owned(),
        r#"{"requests": [{"method":"DELETE","url":"/a"}]}"#.to_owned(),
    ] {
        assert!(overrides("application/json", &json).is_some(), "{json}");
    }
    for json in [
        r#"{"method": ["DELETE"], "a": "The method: DELETE"}"#,
        r#"["method", "DELETE"]"#,
        r#"{"a": "method", "b": "DELETE"}"#,
    ] {
        assert_eq!(overrides("application/json", json), None, "{json}");
    }
}

/// The Graph API runs the requests in the field `batch` of a form or a query.
#[test]
fn overrides_in_json_within_text() {
    let batch = r#"[{"method":"DELETE","relative_url":"1"}]"#;
    let percent: String = batch.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let escaped = batch.replace('"', "\\\"");
    for body in [
        format!("a=b&batch={batch}"),
        format!("a=b&batch={percent}"),
        "batch=[{%22_method%22:1}]&%".to_owned(),
    ] {
        assert!(overrides(FORM, &body).is_some(), "{body}");
        assert!(quoted_override(body.as_bytes()).is_some(), "{body}");
    }
    for json in [
        format!(r#"{{"batch": "{escaped}"}}"#),
        r#"{"a": "{\"_method\": 1}"}"#.to_owned(),
        r#"{"a": "{\"b\": \"{\\\"_method\\\": 1}\"}"}"#.to_owned(),
    ] {
        assert!(overrides("application/json", &json).is_some(), "{json}");
    }
    for body in [
        "a=b&batch=[{%22a%22:%22DELETE%22}]",
        "method=%22a%22",
        "a=%22%2",
    ] {
        assert_eq!(overrides(FORM, body), None, "{body}");
        assert_eq!(quoted_override(body.as_bytes()), None, "{body}");
    }
}

/// Servers read other syntaxes into the same object.
#[test]
fn overrides_in_other_bodies() {
    for (content_type, body) in [
        ("text/xml", "<_method>DELETE</_method>"),
        ("application/xml", "<a><p:_METHOD>DELETE</p:_METHOD></a>"),
        (
            "application/soap+xml",
            "<a x-http-method-override='DELETE'/>",
        ),
        ("application/yaml", "a: b\n? _method\n: DELETE\n"),
        ("text/yaml", "{? X-Tunneled-Method : DELETE}"),
        ("text/plain", "see _HttpMethod"),
        ("application/msgpack", "\u{1}\u{7}_method\u{6}DELETE"),
        ("application/cbor", "ag_methodfDELETE"),
        ("application/cbor", "avx-http-method-overridefDELETE"),
        ("application/bson", "\u{2}_\0m\0e\0t\0h\0o\0d\0\0DELETE"),
        (
            "application/protobuf",
            "\n\u{10}\n\u{7}_method\u{12}\u{6}DELETE",
        ),
        ("application/octet-stream", "a_method"),
    ] {
        assert!(
            overrides(content_type, body).is_some(),
            "{content_type}: {body}"
        );
    }
    for (content_type, body) in [
        (
            "text/xml",
            "<payment_method>card</payment_method><method>x</method>",
        ),
        ("text/yaml", "shipping_method: post"),
        ("application/json", r#"{"a": "see _method"}"#),
        ("application/octet-stream", "_methane, and a method"),
    ] {
        assert_eq!(
            overrides(content_type, body),
            None,
            "{content_type}: {body}"
        );
    }
}
