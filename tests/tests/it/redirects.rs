//! Redirects, as the requests library follows them.

use expect_test::expect;
use http::HeaderValue;
use http_step_host::{Job, Outcome, Policy};
use http_step_tests::{
    Answer, Recorded, Scripted, Service, host, redirect, reference, run, step_file, transcript,
};

/// Servers close connections that are idle, or after a number of requests, at any time.
#[tokio::test]
async fn a_redirect_on_a_connection_that_is_closing() {
    for (method, is_followed) in [("PUT", true), ("DELETE", true), ("POST", false)] {
        let moved =
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /final\r\nContent-Length: 0\r\n\r\n";
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let (server, requests) = Scripted::ends_once(moved, "", ok).await;
        let origin = &server.origin;
        let step = format!("url: {origin}/start\nmethod: {method}\ndata: a=b");
        let result = run(origin, &step).await;
        let is_success = result.outcome == Outcome::Success;
        assert_eq!(is_success, is_followed, "{method}: {:?}", result.error);
        let mut expected = vec![
            format!("1 {method} /start a=b"),
            format!("1 {method} /final a=b"),
        ];
        if is_followed {
            expected.push(format!("2 {method} /final a=b"));
        }
        assert_eq!(*requests.lock().unwrap(), expected);
    }
}

/// `/STATUS/REST` redirects with that status to `/REST`; anything else gets a final response.
fn hop(request: &Recorded) -> Answer {
    let path = request.line.split(' ').nth(1).unwrap();
    let mut answer = Answer::new(format!("at {path}").into());
    answer
        .headers_mut()
        .insert("date", HeaderValue::from_static("DATE"));
    if let Some((status, rest)) = path.trim_start_matches('/').split_once('/')
        && let Ok(status) = status.parse::<u16>()
    {
        *answer.status_mut() = status.try_into().unwrap();
        let location = HeaderValue::from_str(&format!("/{rest}")).unwrap();
        answer.headers_mut().insert("location", location);
    }
    answer
}

/// The requests, one per line: method, target, body.
fn requested(service: &Service) -> Vec<String> {
    service
        .requests()
        .iter()
        .map(|request| {
            format!(
                "{} {}",
                request.line,
                String::from_utf8_lossy(&request.body)
            )
        })
        .collect()
}

#[tokio::test]
async fn the_method_changes_as_in_the_requests_library() {
    for (method, status, then) in [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "GET"),
        ("PUT", 303, "GET"),
        ("PUT", 307, "PUT"),
        ("DELETE", 301, "DELETE"),
        ("HEAD", 302, "HEAD"),
        ("HEAD", 303, "HEAD"),
    ] {
        let service = Service::start(hop).await;
        let origin = &service.origin;
        let data = if method == "HEAD" { "" } else { "\ndata: body" };
        let step = format!("url: {origin}/{status}/end\nmethod: {method}{data}");
        let result = run(origin, &step).await;
        assert_eq!(result.summary, "Status code: 200", "{method} {status}");
        let body = if data.is_empty() { "" } else { "body" };
        let kept = if matches!(status, 307 | 308) {
            body
        } else {
            ""
        };
        assert_eq!(
            requested(&service),
            [
                format!("{method} /{status}/end {body}"),
                format!("{then} /end {kept}")
            ]
        );
    }
}

#[tokio::test]
async fn every_hop_is_logged() {
    let service = Service::start(hop).await;
    let origin = &service.origin;
    let result = run(
        origin,
        &format!("post: {origin}/302/307/end\ndata: {{a: b}}"),
    )
    .await;
    expect![[r#"
        h|Performing POST request to ORIGIN/302/307/end
        h|Data:
        h|	a: b
        o|
        o|Redirected 2 times:
        o|
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	Content-Length: 3
        h|	Content-Type: application/x-www-form-urlencoded
        o|URL: ORIGIN/302/307/end
        e|Status: 302
        h|Response Headers:
        h|	date: DATE
        h|	location: /307/end
        h|	content-length: 15
        o| ------ Content ------
        o|at /302/307/end============================================================
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/307/end
        e|Status: 307
        h|Response Headers:
        h|	date: DATE
        h|	location: /end
        h|	content-length: 11
        o| ------ Content ------
        o|at /307/end============================================================
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/end
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 7
        o| ------ Content ------
        o|at /end¶
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, origin));
    assert_eq!(result.exchanges.len(), 3);
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_is_a_success() {
    let service = Service::start(hop).await;
    let origin = &service.origin;
    let result = run(
        origin,
        &format!("get: {origin}/302/end\nallow_redirects: false"),
    )
    .await;
    assert_eq!(
        (result.outcome, result.summary.as_str()),
        (Outcome::Success, "Status code: 302")
    );
    assert_eq!(requested(&service), ["GET /302/end "]);
}

#[tokio::test]
async fn a_loop_ends_after_thirty_hops() {
    let service = Service::start(|_| redirect(302, "/again")).await;
    let origin = &service.origin;
    let result = run(origin, &format!("get: {origin}/")).await;
    assert_eq!(service.requests().len(), 31);
    let text = transcript(&result, origin);
    let end: Vec<_> = text.lines().rev().take(3).collect();
    expect![[r#"
        Redirect, sent Yes: Exceeded 30 redirects.
        Exception: Requested (exception)
        e|An exception occurred while performing the request: Exceeded 30 redirects."#]]
    .assert_eq(&end.join("\n"));
}

#[tokio::test]
async fn bad_locations_are_errors_that_name_them() {
    let mut text = String::new();
    for location in [
        "http://",
        "https:///path",
        "http://user:hunter2@example.com/",
        "ftp://example.com/",
        "http://[::1",
    ] {
        let server = Scripted::closes_after(format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        ))
        .await;
        let result = run(&server.origin, &format!("get: {}/", server.origin)).await;
        let error = result.error.unwrap();
        text.push_str(&format!(
            "{location}: {:?} {:?} {}\n",
            error.kind, error.sent, error.message
        ));
    }
    expect![[r#"
        http://: Redirect Yes the redirect to `http://` can't be followed: it has no host
        https:///path: Redirect Yes the redirect to `https:///path` can't be followed: it has no host
        http://user:hunter2@example.com/: Redirect Yes the redirect can't be followed: it contains a user name or a password, which everybody who sees the URL can read
        ftp://example.com/: Redirect Yes the redirect to `ftp://example.com/` can't be followed: its scheme is `ftp`, but only http and https are supported
        http://[::1: Redirect Yes the redirect to `http://[::1` can't be followed: invalid IPv6 address
    "#]].assert_eq(&text);
}

#[tokio::test]
async fn nothing_of_the_step_goes_to_another_origin() {
    let other = Service::start(hop).await;
    let to = format!("{}/end", other.origin);
    let first = Service::start(move |_| {
        let mut answer = Answer::default();
        *answer.status_mut() = http::StatusCode::TEMPORARY_REDIRECT;
        let headers = answer.headers_mut();
        headers.insert("location", HeaderValue::from_str(&to).unwrap());
        headers.insert("set-cookie", HeaderValue::from_static("host=only"));
        answer
    })
    .await;
    let step = format!(
        "\
post: {}/
data: body
auth: [user, password]
cookies: {{sid: abcd}}
headers: {{X-Token: t0k3n, X-Plain: kept}}
hide_request_headers: [X-Token]",
        first.origin
    );
    let policy = Policy::nothing()
        .allow(first.origin.parse().unwrap())
        .allow(other.origin.parse().unwrap());
    let result = host()
        .run(reference(), Job::new(step_file(&step), policy))
        .await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    let request = other.requests().remove(0);
    let mut headers = request.headers;
    headers.retain(|header| !header.starts_with("host: "));
    expect![[r#"
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        x-plain: kept
        cookie: host=only
        content-length: 4"#]]
    .assert_eq(&headers.join("\n"));
    assert_eq!(request.body, "body");
}

#[tokio::test]
async fn cookies_of_a_response_go_to_the_next_hop_and_no_further_run() {
    let service = Service::start(|request| {
        let mut answer = hop(request);
        answer
            .headers_mut()
            .insert("set-cookie", HeaderValue::from_static("sid=1; Path=/"));
        answer
    })
    .await;
    let origin = &service.origin;
    for _ in 0..2 {
        run(origin, &format!("get: {origin}/302/end")).await;
    }
    let cookies: Vec<_> = service
        .requests()
        .iter()
        .map(|request| request.header("cookie").unwrap_or("none").to_owned())
        .collect();
    assert_eq!(cookies, ["none", "sid=1", "none", "sid=1"]);
}

#[tokio::test]
async fn a_server_deletes_a_cookie_of_the_step() {
    for (set_cookie, sent) in [
        ("sid=; Path=/; Max-Age=0", "other=1"),
        (
            "sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "other=1",
        ),
        // The service says that it is November 2026.
        (
            "sid=; Path=/; Expires=Wed, 25 Nov 2026 18:00:00 GMT",
            "other=1",
        ),
        (
            "sid=2; Path=/; Expires=Fri, 27 Nov 2026 18:00:00 GMT",
            "other=1; sid=2",
        ),
        ("sid=; Path=/elsewhere; Max-Age=0", "sid=1; other=1"),
    ] {
        let service = Service::start(move |request| {
            let mut answer = hop(request);
            if request.line.ends_with("/302/end") {
                let headers = answer.headers_mut();
                headers.insert("set-cookie", HeaderValue::from_static(set_cookie));
                let date = HeaderValue::from_static("Thu, 26 Nov 2026 18:00:00 GMT");
                headers.insert("date", date);
                headers.insert("location", HeaderValue::from_static("/302/end/2"));
            }
            answer
        })
        .await;
        let origin = &service.origin;
        let step = format!("get: {origin}/302/end\ncookies: {{sid: 1, other: 1}}");
        let result = run(origin, &step).await;
        assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
        let cookies: Vec<_> = service
            .requests()
            .iter()
            .map(|request| request.header("cookie").unwrap_or("none").to_owned())
            .collect();
        // A deleted cookie does not come back on the next hop.
        assert_eq!(cookies, ["sid=1; other=1", sent, sent], "{set_cookie}");
    }
}

#[tokio::test]
async fn a_fragment_is_shown_and_not_sent() {
    let service = Service::start(hop).await;
    let origin = &service.origin;
    let result = run(origin, &format!("get: {origin}/302/307/final#info")).await;
    let urls: Vec<_> = result
        .exchanges
        .iter()
        .map(|exchange| exchange.request.url.replace(origin.as_str(), ""))
        .collect();
    assert_eq!(
        urls,
        ["/302/307/final#info", "/307/final#info", "/final#info"]
    );
    assert_eq!(
        requested(&service),
        ["GET /302/307/final ", "GET /307/final ", "GET /final "]
    );
    let log = transcript(&result, origin);
    let shown: Vec<_> = log
        .lines()
        .filter(|line| line.contains("URL: ") || line.contains("Performing"))
        .collect();
    assert_eq!(
        shown,
        [
            "h|Performing GET request to ORIGIN/302/307/final#info",
            "o|URL: ORIGIN/302/307/final#info",
            "o|URL: ORIGIN/307/final#info",
            "o|URL: ORIGIN/final#info",
        ]
    );
}

#[tokio::test]
async fn a_redirect_out_of_the_policy_is_denied() {
    let service = Service::start(|_| {
        let mut answer = Answer::default();
        *answer.status_mut() = http::StatusCode::FOUND;
        answer
            .headers_mut()
            .insert("date", HeaderValue::from_static("DATE"));
        let location = HeaderValue::from_static("http://169.254.169.254/latest/meta-data/");
        answer.headers_mut().insert("location", location);
        answer
    })
    .await;
    let origin = &service.origin;
    let result = run(origin, &format!("get: {origin}/")).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        o|
        o|Redirected 1 times:
        o|
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        e|Status: 302
        h|Response Headers:
        h|	date: DATE
        h|	location: http://169.254.169.254/latest/meta-data/
        h|	content-length: 0
        o| ------ Content ------
        o|============================================================
        e|An exception occurred while performing the request: the host does not allow a request to http://169.254.169.254
        Denied: Requested (denied)
        Denied, sent Yes: the policy does not allow http://169.254.169.254: no rule matches it
    "#]].assert_eq(&transcript(&result, origin));
}

#[tokio::test]
async fn the_target_of_a_hidden_location_is_hidden() {
    let service = Service::start(|request| {
        let mut answer = hop(request);
        answer.headers_mut().remove("content-length");
        if request.line == "GET /302/start" {
            let location = HeaderValue::from_static("/end?token=hunter2");
            answer.headers_mut().insert("location", location);
        }
        answer
    })
    .await;
    let origin = &service.origin;
    let step = format!("get: {origin}/302/start\nhide_response_headers: [LOCATION]");
    let result = run(origin, &step).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/302/start
        o|
        o|Redirected 1 times:
        o|
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/302/start
        e|Status: 302
        h|Response Headers:
        h|	date: DATE
        h|	location: <HIDDEN>
        h|	content-length: 13
        o| ------ Content ------
        o|at /302/start============================================================
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/<HIDDEN>
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 21
        o| ------ Content ------
        o|at /end?token=hunter2¶
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, origin));
    let report = serde_json::to_string(&result.exchanges).unwrap();
    assert!(!report.contains("hunter2"), "{report}");
}
