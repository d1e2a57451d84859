//! Names of fields beside a value: only plain ones are compared. The names are from runs of
//! PHP 8.2, qs 6.17, Rack 2.2 and others.

use http_step_policy::{Placement, QueryFields, override_in_cookies, override_in_query};
use proptest::prelude::*;

/// The placement of `{}` in a query.
fn placement(query: &str) -> Placement<'_> {
    let (before, after) = query.split_once("{}").unwrap();
    Placement::in_query(
        &QueryFields::new(query.as_bytes()),
        before.as_bytes(),
        after.as_bytes(),
    )
}

fn is_whole(query: &str) -> bool {
    placement(query) == Placement::Whole
}

/// A value in the field `q`, before and after a field of another name.
fn is_whole_beside(name: &str) -> bool {
    let queries = [format!("{name}=pad&q={{}}"), format!("q={{}}&{name}=pad")];
    let are_whole = queries.map(|query| is_whole(&query));
    assert_eq!(are_whole[0], are_whole[1], "{name}");
    are_whole[0]
}

/// Names that are not plain, most of which some server takes for `q`.
const NOT_PLAIN: &[&str] = &[
    // PHP.
    "+q",
    "%20q",
    "%09q",
    "q%00x",
    " q",
    "q+",
    "+++q",
    // qs.
    "[q]",
    "[q]]",
    "[q]x",
    "[q].]+",
    "[q]]..",
    "[q]%26",
    "q]1]",
    ".q",
    ".q]",
    ".q]]",
    "q.]",
    "q.]1++",
    // Rack.
    "q]",
    "]q",
    "][q",
    "[[q",
    "q][]",
    "]q[]",
    "[]q",
    "q]]",
    "][]q[]",
    "]]q][]",
    "%5Dq",
    "%5B%5Bq",
    // Zope, ASP.NET, FHIR.
    "q:list",
    "q%3Alist",
    "%u0071",
    "q:exact",
    // Brackets that don't pair, in or behind another.
    "q[",
    "q[[a]]",
    "q[a",
    "q[a]b",
    "q[a]]",
    "q[a][",
    "q[a[b]]",
    // Deep ones, which servers take apart up to a limit.
    "q[a][b][c][d][e][f]",
    "q.a.b.c.d.e.f",
    // In other bytes.
    "%C1%B1",
    "%EF%BD%91",
    "\u{17f}",
    "q%E2%80%8B",
    "%2571",
    "q%",
    "q%7",
    "q~",
    "q!",
    "q'",
    "q\"",
    "q/x",
    "q(x)",
    "",
    "$",
    "@",
    "-q",
    "q$",
];

#[test]
fn names_that_are_not_plain() {
    for name in NOT_PLAIN {
        assert!(!is_whole_beside(name), "{name}");
        // Whatever the name of the value's field is.
        assert!(!is_whole(&format!("{name}=pad&other={{}}")), "{name}");
        assert!(!is_whole(&format!("a=b&{name}={{}}")), "{name}");
    }
    for count in 0..200 {
        for blank in ["+", "%20", " "] {
            let blanks = blank.repeat(count);
            assert_eq!(
                is_whole_beside(&format!("{blanks}x")),
                count == 0,
                "{count}"
            );
        }
        let long = "n".repeat(count);
        let is_plain = (1..=64).contains(&count);
        assert_eq!(is_whole_beside(&long), is_plain, "{count}");
        assert_eq!(is_whole(&format!("{long}={{}}")), is_plain, "{count}");
    }
    // Some servers split at `;`, or read a field without a value.
    for query in ["a=b;c=d&q={}", "q={}&a=b;c", "+a&q={}", "q={}&[a", "a;q={}"] {
        assert!(!is_whole(query), "{query}");
    }
    assert!(is_whole("&a=b&&c&q={}&"));
}

#[test]
fn plain_names_that_servers_join() {
    for name in [
        "q",
        "Q",
        "%71",
        "q[]",
        "q[1]",
        "q[0][a]",
        "q[a]",
        "q%5Ba%5D[b]",
        "q.a",
        "q.1",
        "q.",
        "q..",
        "q-0",
        "q-12-a",
        "_q",
        "$q",
        "@q",
        "q_",
        "q-",
        "q[$a]",
    ] {
        assert_eq!(
            placement(&format!("{name}=pad&q={{}}")),
            Placement::Repeated("q"),
            "{name}"
        );
    }
    for (name, other) in [
        ("q[a]", "q.a"),
        ("q[a][b]", "q.a"),
        ("a_b", "a.b"),
        ("a-b", "a_b"),
        ("clientId", "client_id"),
        ("a[b.c]", "a[b][c]"),
        ("a.b[c]", "a_b"),
        ("a[$eq]", "a[eq]"),
        ("a[1][b]", "a[2][c]"),
        ("tags-0-name", "tags-1"),
    ] {
        for (name, other) in [(name, other), (other, name)] {
            let query = format!("{name}=pad&{other}={{}}");
            assert_eq!(placement(&query), Placement::Repeated(other), "{query}");
        }
    }
}

#[test]
fn plain_names_of_other_fields() {
    for name in [
        "a",
        "qq",
        "q1",
        "token_type_hint",
        "a[q]",
        "a.q",
        "x[q]",
        "Filter.0.Value.0",
        "X-Amz-Security-Token",
        "page[number]",
        "filter[author.name]",
        "$filter",
        "$top",
        "@type",
        "_",
        "1",
        "q2[a][b][c][d][e]",
        "qa",
    ] {
        assert!(is_whole_beside(name), "{name}");
        assert!(is_whole(&format!("{name}={{}}")), "{name}");
    }
    // Some servers make a list with empty items before the value.
    for name in ["Filter.1.Value.2", "a[2]", "a[0][1]"] {
        assert!(is_whole_beside(name), "{name}");
        assert_eq!(placement(&format!("{name}={{}}")), Placement::NotPlain);
    }
    for query in [
        "q[a]=pad&q[b]={}",
        "q.a=pad&q.b={}",
        "token={}&token_type_hint=access_token",
        "client_id=a&client_secret={}",
        "q-a=pad&q={}",
        "a%5Bq%5D=x&a[r]={}",
        "{}",
    ] {
        assert!(is_whole(query), "{query}");
    }
}

/// A codec is never allowed, whatever `compose` says.
#[test]
fn names_with_codecs() {
    let long = "a".repeat(500);
    for query in [
        "q:utf_16_le={}",
        "q%3Acp037={}",
        "q%u003acp037={}",
        "q:utf_16_le=x{}",
        "a=b;q:utf_16_le={}",
        &format!("{}q:utf_16_le={{}}", "+".repeat(64)),
        &format!("{long}:utf_16_le={{}}"),
    ] {
        assert_eq!(placement(query), Placement::Recoded, "{query}");
    }
    assert!(is_whole("q={}"));
}

/// Names that some server takes for the method: Rack, qs, PHP, and those of each convention.
#[test]
fn overrides() {
    for name in [
        "_method",
        "_METHOD",
        "%5fmethod",
        "_%6Dethod",
        "_method[]",
        "_method%5B%5D",
        "_method[0]",
        "_method[a]",
        "_HttpMethod",
        "X-HTTP-Method-Override",
        "x-http%2Dmethod",
        "x_http_method",
        "x-tunneled-method",
        "X-Tunneled%2dMethod",
        "x-method-override",
        "http_method_override",
        "methodOverride",
        "method-override",
        "__method",
        "$httpMethod",
        "@method",
        // Not plain.
        "+_method",
        "%20_method",
        "_method+",
        "_method%00x",
        "%u005fmethod",
        ".method",
        "[method",
        "]_method",
        "[_method",
        "[_method]",
        "_method]",
        "%5D_method",
        "[]_method",
        "[_method]x",
        "%5B_method%5D+",
        "][]_method%5D%5D",
        "~method",
        "_method/x",
        "_method(x)",
        "-method",
        "a b",
        "x:y",
        "",
    ] {
        for query in [
            format!("a=b&{name}=DELETE"),
            format!("a=b;{name}=DELETE&c=d"),
        ] {
            assert!(override_in_query(query.as_bytes()).is_some(), "{query}");
        }
    }
    for query in [
        "method=delete",
        "method=DELETE",
        "a=b&method=%44elete",
        "httpMethod=PUT",
        "http_method=+put+",
        "verb=PATCH",
        "user[_method]=DELETE",
        "user[method]=DELETE",
        "x_method=DELETE",
        "request.method=PROPFIND",
        "method[]=PUT",
        "_method",
        "a&_method",
        "path=/x&method=DELETE",
    ] {
        assert!(override_in_query(query.as_bytes()).is_some(), "{query}");
    }
    for query in [
        "",
        "&",
        "a",
        "method=flickr.photos.search",
        "method",
        "method=1",
        "verb=GetRecord",
        "payment_method=card",
        "a=_method",
        "x_method=1",
        "method_id=DELETE",
        "methods=DELETE",
        "a=b&$filter=c",
        "list-type=2&prefix=a/b",
    ] {
        assert_eq!(override_in_query(query.as_bytes()), None, "{query}");
    }
    let long = format!("{}=1", "n".repeat(65));
    assert!(override_in_query(long.as_bytes()).is_some());
}

/// PHP reads cookies into the same array as the query.
#[test]
fn overrides_in_cookies() {
    for cookies in [
        "_method=DELETE",
        "a=b; _method=DELETE",
        "a=b;_METHOD=x",
        "a=\"x; _method=DELETE\"",
        "a=b, _method=DELETE",
        "%5fmethod=DELETE",
        ".method=DELETE",
        "method=DELETE",
        "[_method=DELETE",
        "a b=c",
        "_method",
    ] {
        assert!(
            override_in_cookies(cookies.as_bytes()).is_some(),
            "{cookies}"
        );
    }
    for cookies in [
        "",
        "a=b; c",
        "JSESSIONID=1; ASP.NET_SessionId=2; .AspNetCore.Session=3; __Host-a=_method=x; $Version=1",
    ] {
        assert_eq!(override_in_cookies(cookies.as_bytes()), None, "{cookies}");
    }
}

proptest! {
    /// A name that is like `q` but not clearly another one.
    #[test]
    fn a_name_like_another_is_denied(name in "([]\\[._+q -]|%20|%5B|%5D|%71|%00){1,12}") {
        let decoded = name.replace("%71", "q").replace("%5B", "[").replace("%5D", "]");
        let before = decoded.split('q').next().unwrap_or_default();
        let is_another = decoded.matches('q').count() != 1 || before.contains(['[', '.']);
        let is_odd = |c: char| matches!(c, '+' | ' ' | '%');
        let has_pairs = decoded.matches('[').count() == decoded.matches(']').count();
        if !is_another || decoded.contains(is_odd) || decoded.starts_with(['[', ']', '.', '-']) || !has_pairs {
            prop_assert!(!is_whole_beside(&name), "{name}");
        }
    }

    /// The same for the method.
    #[test]
    fn a_name_like_an_override_is_denied(
        before in "([]\\[._+-]|%20|%5B|%5D|%00){0,6}",
        after in "([]\\[._+-]|%20|%5B|%5D|%00){0,6}",
    ) {
        let query = format!("a=b&{before}_method{after}=DELETE");
        prop_assert!(override_in_query(query.as_bytes()).is_some(), "{query}");
    }

    /// Whatever a server makes of names that are not plain.
    #[test]
    fn a_plain_name_has_few_characters(name in "[ -%'-:<>-~]{1,70}") {
        let is_whole = is_whole_beside(&name);
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_-.[]$@%".contains(c);
        prop_assert!(!is_whole || name.len() <= 64 && name.chars().all(is_of_name), "{name}");
    }
}
