//! The step's own cookies, and how servers change them: a server can replace and delete them like
//! its own (RFC 6265, section 5.3).

use super::*;

/// The `Cookie` of each request but the first, if each response has these headers and redirects to
/// the next location.
fn sent_after(
    own: &[(&str, &str)],
    hops: &[(&'static str, &[(&'static str, &'static str)])],
) -> Vec<String> {
    let mut spec = spec("GET", "http://a.example/app/start");
    spec.cookies = fields(own);
    let mut replies: Vec<Reply> = Vec::new();
    for (location, headers) in hops {
        let mut headers = headers.to_vec();
        headers.push(("location", location));
        replies.push(answer(302, &headers, ""));
    }
    replies.push(answer(200, &[], ""));
    let sent = perform_step(spec, replies).sent;
    let requests = sent.split("GET ").skip(2);
    requests
        .map(|request| {
            let cookie = request
                .lines()
                .find_map(|line| line.strip_prefix("Cookie: "));
            cookie.unwrap_or("none").to_owned()
        })
        .collect()
}

#[test]
fn a_server_deletes_a_cookie_of_the_step() {
    for (header, sent) in [
        // Deleted.
        ("sid=; Max-Age=0", "other=1"),
        (
            "sid=x; max-age=-1; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
            "other=1",
        ),
        (
            "sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "other=1",
        ),
        (
            "sid=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/",
            "other=1",
        ),
        ("sid=; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "other=1"),
        ("sid=; Expires=Sunday, 06-Nov-94 08:49:37 GMT", "other=1"),
        ("sid=; Expires=Sun Nov  6 08:49:37 1994", "other=1"),
        ("sid=; Domain=a.example; Path=/app; Max-Age=0", "other=1"),
        // Replaced.
        ("sid=2", "other=1; sid=2"),
        ("sid=", "other=1; sid="),
        (
            "sid=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "other=1; sid=2",
        ),
        (
            "sid=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
            "other=1; sid=2",
        ),
        ("sid=2; Expires=soon", "other=1; sid=2"),
        // For another request, or another cookie.
        ("sid=; Path=/elsewhere; Max-Age=0", "sid=1; other=1"),
        ("sid=; Domain=b.example; Max-Age=0", "sid=1; other=1"),
        ("sid=; Secure; Max-Age=0", "sid=1; other=1"),
        ("SID=; Max-Age=0", "sid=1; other=1"),
        ("sid; Max-Age=0", "sid=1; other=1"),
    ] {
        let own = [("sid", "1"), ("other", "1")];
        assert_eq!(
            sent_after(&own, &[("/app/end", &[("set-cookie", header)])]),
            [sent],
            "{header}"
        );
    }
}

#[test]
fn a_cookie_expires_by_the_clock_of_the_server() {
    let expires = "sid=; Expires=Wed, 25 Nov 2037 18:00:00 GMT";
    for (date, sent) in [
        ("Thu, 26 Nov 2037 18:00:00 GMT", "none"),
        ("Wed, 25 Nov 2037 18:00:00 GMT", "none"),
        ("Wed, 25 Nov 2037 17:59:59 GMT", "sid="),
        ("no date", "sid="),
    ] {
        let hop: [(&str, &[(&str, &str)]); 1] =
            [("/app/end", &[("date", date), ("set-cookie", expires)])];
        assert_eq!(sent_after(&[("sid", "1")], &hop), [sent], "{date}");
    }
}

#[test]
fn a_deleted_cookie_does_not_come_back() {
    let delete: &[(&str, &str)] = &[("set-cookie", "sid=; Path=/; Max-Age=0")];
    let set: &[(&str, &str)] = &[("set-cookie", "sid=2; Path=/")];
    assert_eq!(
        sent_after(
            &[("sid", "1")],
            &[("2", set), ("3", delete), ("4", &[]), ("5", set)]
        ),
        ["sid=2", "none", "none", "sid=2"]
    );
    // Where the server's cookie does not apply, the step's stays.
    let below: &[(&str, &str)] = &[("set-cookie", "sid=; Max-Age=0")];
    assert_eq!(
        sent_after(&[("sid", "1")], &[("/app/2", below), ("/3", &[])]),
        ["none", "sid=1"]
    );
}

#[test]
fn a_cookie_of_the_headers_is_deleted_too() {
    let mut spec = spec("GET", "http://a.example/");
    spec.headers = fields(&[("Cookie", "sid=1; other=1")]);
    let seen = perform_step(
        spec,
        [
            answer(
                302,
                &[("location", "/2"), ("set-cookie", "sid=; Max-Age=0")],
                "",
            ),
            answer(200, &[], ""),
        ],
    );
    assert_eq!(
        seen.sent,
        "GET http://a.example/\nCookie: sid=1; other=1\n\nGET http://a.example/2\nCookie: other=1\n\n"
    );
}
