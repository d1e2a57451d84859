//! Steps that follow redirects: the hops in the log, in the result and on the wire.

use super::*;

#[test]
fn redirects_precede_the_response_in_the_log() {
    let mut spec = spec("POST", "http://a.example/1");
    spec.body = Some(Body::Data(Fields::Text("data".to_owned())));
    spec.auth = Some(Auth::Bearer("t".to_owned()));
    spec.cookies = fields(&[("own", "1")]);
    let seen = perform_step(
        spec,
        [
            answer(
                302,
                &[
                    ("location", "/2#x"),
                    ("set-cookie", "jar=2; Path=/"),
                    ("content-type", "text/plain"),
                ],
                "moved",
            ),
            answer(307, &[("location", "//b.example/3")], ""),
            answer(200, &[], "there"),
        ],
    );
    assert_eq!(
        seen.sent,
        "POST http://a.example/1\n\
         Cookie: own=1\n\
         Content-Length: 4\n\
         Authorization: Bearer t\n\
         data\n\
         GET http://a.example/2\n\
         Cookie: own=1; jar=2\n\
         Authorization: Bearer t\n\
         \n\
         GET http://b.example/3\n\
         \n"
    );
    assert_eq!(
        seen.log(),
        log("[h]Performing POST request to http://a.example/1\n\
             Data:\n\tdata\n\
             [o]\nRedirected 2 times:\n\n\
             [h]Request Headers:\n{defaults}\
             \tCookie: <HIDDEN>\n\
             \tContent-Length: 4\n\
             \tAuthorization: <HIDDEN>\n\
             [o]URL: http://a.example/1\n\
             [e]Status: 302\n\
             [h]Response Headers:\n\
             \tlocation: /2#x\n\
             \tset-cookie: <HIDDEN>\n\
             \tcontent-type: text/plain\n\
             [o] ------ Content ------\n[c]moved[o]{separator}\n\
             [h]Request Headers:\n{defaults}\
             \tCookie: <HIDDEN>\n\
             \tAuthorization: <HIDDEN>\n\
             [o]URL: http://a.example/2#x\n\
             [e]Status: 307\n\
             [h]Response Headers:\n\
             \tlocation: //b.example/3\n\
             [o] ------ Content ------\n{separator}\n\
             [h]Request Headers:\n{defaults}\
             [o]URL: http://b.example/3#x\n\
             Status: 200\n\
             [h]Response Headers:\n\
             [o] ------ Content ------\n[c]there")
    );
    let urls: Vec<_> = seen
        .result
        .exchanges
        .iter()
        .map(|exchange| exchange.request.url.as_str())
        .collect();
    assert_eq!(
        urls,
        [
            "http://a.example/1",
            "http://a.example/2#x",
            "http://b.example/3#x"
        ]
    );
}

#[test]
fn an_unfollowed_redirect_is_the_response() {
    let mut stay = spec("GET", "http://a.example/");
    stay.settings.allow_redirects = false;
    for (spec, location) in [(stay, "/2"), (spec("GET", "http://a.example/"), "")] {
        let seen = perform_step(spec, [answer(302, &[("location", location)], "moved")]);
        assert_eq!(seen.result.summary, "Status code: 302");
        assert_eq!(seen.result.outcome, Outcome::Success);
    }
}

#[test]
fn redirects_are_limited() {
    let mut spec = spec("GET", "http://a.example/");
    spec.settings.max_redirects = 1;
    let moved = || answer(302, &[("location", "/")], "moved\n");
    let seen = perform_step(spec, [moved(), moved()]);
    let hop = "[h]Request Headers:\n{defaults}\
               [o]URL: http://a.example/\n\
               [e]Status: 302\n\
               [h]Response Headers:\n\
               \tlocation: /\n\
               [o] ------ Content ------\n[c]moved\n[o]{separator}\n";
    assert_eq!(
        seen.log(),
        log(&format!(
            "[h]Performing GET request to http://a.example/\n\
             [o]\nRedirected 2 times:\n\n{hop}{hop}\
             [e]An exception occurred while performing the request: Exceeded 1 redirects.\n"
        ))
    );
    assert_eq!(seen.error(), (ErrorKind::Redirect, "Exceeded 1 redirects."));
    assert_eq!(seen.result.exchanges.len(), 2);
}

#[test]
fn an_invalid_redirect() {
    let seen = perform_step(
        spec("GET", "http://a.example/"),
        [answer(302, &[("location", "ftp://b.example/")], "")],
    );
    assert_eq!(
        seen.error(),
        (
            ErrorKind::Redirect,
            "the redirect to `ftp://b.example/` can't be followed: its scheme is `ftp`, but only http and https are supported"
        )
    );
}

#[test]
fn the_target_of_a_hidden_location_is_hidden() {
    let mut spec = spec("GET", "http://a.example/1");
    spec.hide_response_headers = vec!["LOCATION".to_owned()];
    let seen = perform_step(
        spec,
        [
            answer(302, &[("location", "//b.example/secret?s#fragment")], ""),
            answer(302, &[("location", "other-secret")], ""),
            Err(failure(ErrorKind::Timeout, "why")),
        ],
    );
    let hop = |url: &str| {
        format!(
            "[h]Request Headers:\n{{defaults}}\
             [o]URL: {url}\n\
             [e]Status: 302\n\
             [h]Response Headers:\n\
             \tlocation: <HIDDEN>\n\
             [o] ------ Content ------\n{{separator}}\n"
        )
    };
    let message = "no response from http://b.example/<HIDDEN>: why";
    assert_eq!(
        seen.log(),
        log(&format!(
            "[h]Performing GET request to http://a.example/1\n\
             [o]\nRedirected 2 times:\n\n{}{}\
             [e]An exception occurred while performing the request: {message}\n",
            hop("http://a.example/1"),
            hop("http://b.example/<HIDDEN>")
        ))
    );
    assert_eq!(seen.error(), (ErrorKind::Timeout, message));
    assert_eq!(
        seen.sent,
        "GET http://a.example/1\n\n\
         GET http://b.example/secret?s\n\n\
         GET http://b.example/other-secret\n\n"
    );
    let urls: Vec<_> = seen
        .result
        .exchanges
        .iter()
        .map(|exchange| exchange.request.url.as_str())
        .collect();
    assert_eq!(
        urls,
        [
            "http://a.example/1",
            "http://b.example/<HIDDEN>",
            "http://b.example/<HIDDEN>"
        ]
    );
}

#[test]
fn a_password_in_a_location_is_hidden() {
    let seen = perform_step(
        spec("GET", "http://a.example/"),
        [answer(
            302,
            &[("location", "ftp://user:hunter2@b.example/")],
            "",
        )],
    );
    let message = "the redirect can't be followed: its scheme is `ftp`, but only http and https are supported";
    assert_eq!(seen.error(), (ErrorKind::Redirect, message));
    assert_eq!(
        seen.log(),
        log(&format!(
            "[h]Performing GET request to http://a.example/\n\
             [o]\nRedirected 1 times:\n\n\
             [h]Request Headers:\n{{defaults}}\
             [o]URL: http://a.example/\n\
             [e]Status: 302\n\
             [h]Response Headers:\n\
             \tlocation: ftp://<HIDDEN>@b.example/\n\
             [o] ------ Content ------\n{{separator}}\n\
             [e]An exception occurred while performing the request: {message}\n"
        ))
    );
    let response = seen.result.exchanges[0].response.as_ref().unwrap();
    assert_eq!(
        response.headers,
        [header("location", "ftp://<HIDDEN>@b.example/")]
    );
}

#[test]
fn the_start_of_a_long_hop_is_logged() {
    let long = "é".repeat(40_000);
    let kept = &long[..65_536];
    let seen = perform_step(
        spec("GET", "http://a.example/"),
        [
            Ok(Answer {
                status: 302,
                headers: vec![("location", b"/2")],
                pieces: vec![Ok(long.clone().into_bytes()), Ok(b"more".to_vec())],
            }),
            answer(200, &[], "there"),
        ],
    );
    assert_eq!(seen.writes[7], (Stream::Content, kept.to_owned()));
    assert_eq!(
        seen.writes[8],
        (
            Stream::Stdout,
            format!(
                "\n<{} more bytes of text omitted>\n{}\n",
                long.len() + 4 - kept.len(),
                "=".repeat(60)
            )
        )
    );
    let hop = seen.result.exchanges[0].response.as_ref().unwrap();
    assert_eq!(hop.body, digest::digest(format!("{long}more").as_bytes()));
}

#[test]
fn a_hop_is_logged_before_the_next_one_fails() {
    let seen = perform_step(
        spec("GET", "http://a.example/"),
        [
            answer(301, &[("location", "http://b.example/")], "moved"),
            Err(failure(ErrorKind::Connect, "connection refused")),
        ],
    );
    assert_eq!(
        seen.log(),
        log("[h]Performing GET request to http://a.example/\n\
             [o]\nRedirected 1 times:\n\n\
             [h]Request Headers:\n{defaults}\
             [o]URL: http://a.example/\n\
             [e]Status: 301\n\
             [h]Response Headers:\n\
             \tlocation: http://b.example/\n\
             [o] ------ Content ------\n[c]moved[o]{separator}\n\
             [e]An exception occurred while performing the request: \
             could not connect to http://b.example/: connection refused\n")
    );
    assert_eq!(seen.result.exchanges.len(), 1);
}

#[test]
fn a_fragment_stays_with_the_url_that_people_see() {
    // RFC 9110, section 10.2.2: a fragment that the Location does not have is inherited.
    for (url, locations, shown) in [
        (
            "/start#info",
            &["/final"][..],
            &["/start#info", "/final#info"][..],
        ),
        (
            "/start#info",
            &["/2", "/3"],
            &["/start#info", "/2#info", "/3#info"],
        ),
        (
            "/start#info",
            &["/final#own"],
            &["/start#info", "/final#own"],
        ),
        (
            "/start#info",
            &["/2#own", "/3"],
            &["/start#info", "/2#own", "/3#own"],
        ),
        ("/start#info", &["/final#"], &["/start#info", "/final#"]),
        ("/start", &["/2#own", "/3"], &["/start", "/2#own", "/3#own"]),
        (
            "/start#a%20ü",
            &["?q"],
            &["/start#a%20%C3%BC", "/start?q#a%20%C3%BC"],
        ),
        (
            "/start#info",
            &["//b.example/"],
            &["/start#info", "//b.example/#info"],
        ),
    ] {
        let whole = |path: &str| match path.strip_prefix("//") {
            Some(other) => format!("http://{other}"),
            None => format!("http://a.example{path}"),
        };
        let mut replies: Vec<Reply> = locations
            .iter()
            .map(|location| answer(302, &[("location", *location)], ""))
            .collect();
        replies.push(answer(200, &[], ""));
        let seen = perform_step(spec("GET", &whole(url)), replies);
        let urls: Vec<_> = seen
            .result
            .exchanges
            .iter()
            .map(|exchange| exchange.request.url.as_str())
            .collect();
        let expected: Vec<_> = shown.iter().map(|path| whole(path)).collect();
        assert_eq!(urls, expected);
        let log = seen.log();
        assert!(
            log.contains(&format!("Performing GET request to {}\n", whole(url))),
            "{log}"
        );
        for url in &expected {
            assert!(log.contains(&format!("URL: {url}\n")), "{log}");
        }
        // The transport does not send it.
        assert!(!seen.sent.contains('#'), "{}", seen.sent);
    }
}
