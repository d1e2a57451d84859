//! A secret that is a whole URL, as chat webhooks have them: only the host may know its host, its
//! path and its query.

use expect_test::expect;
use http::HeaderValue;
use http_step_host::Job;
use http_step_host::policy::{Place, Policy, Secret};
use http_step_tests::{Answer, Bench, Service, step_file, transcript};

use crate::secrets::thief::Thief;
use crate::secrets::vault::Vault;

const HOST: &str = "hooks-of-a-chat.test";
const PATH: &str = "/services/T0KEN/kQ9mLx2Vt0Pz7wYb";
const QUERY: &str = "thread=Rr4TnE8skQ9mLx2V";

/// A service at a URL that is a secret, and a host that reads it.
struct Hook {
    service: Service,
    url: String,
    bench: Bench,
}

impl Hook {
    async fn answering(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        // The service that responds knows where it is.
        let service = Service::start(move |request| answer(request.header("host").unwrap())).await;
        let url = format!("http://{HOST}:{}{PATH}?{QUERY}", service.port);
        Self::at(service, url)
    }

    fn at(service: Service, url: String) -> Self {
        let value: &'static str = url.clone().leak();
        let vault = Vault(vec![("HOOK", value)].leak());
        let bench = Bench::with(|host| host.secret_source("vault", vault));
        Self {
            service,
            url,
            bench,
        }
    }

    fn origin(&self) -> String {
        format!("http://{HOST}:{}", self.service.port)
    }

    fn secret(&self) -> Secret {
        Secret::new("HOOK", "vault:HOOK".parse().unwrap())
            .origin(self.origin().parse().unwrap())
            .place(Place::Url)
    }

    fn policy(&self) -> Policy {
        Policy::nothing().allow_network("127.0.0.0/8".parse().unwrap())
    }

    /// What must not be seen: the URL, and each of its parts.
    fn parts(&self) -> Vec<String> {
        let authority = format!("{HOST}:{}", self.service.port);
        // Its scheme is no secret.
        let whole = self.url.split_once("://").unwrap().1;
        [whole, &authority, HOST, PATH, QUERY]
            .map(str::to_owned)
            .into()
    }

    /// The results of orders, one per line: the error, or the status.
    async fn report(self, secret: Secret, policy: Policy, orders: &[&str]) -> String {
        let parts = self.parts();
        let mut thief = Thief::under(policy.grant_secret(secret)).on(self.bench);
        for order in orders {
            thief = thief.tries(*order);
        }
        let loot = thief.run().await;
        let parts: Vec<_> = parts.iter().map(String::as_str).collect();
        loot.has_nothing_of(&parts);
        let rows = loot.result.ledger.iter();
        rows.take(loot.result.ledger.len() - 1)
            .map(|row| {
                let said = match &row.error {
                    Some(error) => error.message.clone(),
                    None => format!("{}", row.status.unwrap()),
                };
                format!("{} {:?}: {said}\n", row.method, row.origin)
            })
            .collect()
    }
}

#[tokio::test]
async fn its_target_is_hidden() {
    let hook = Hook::answering(|host| {
        let text = format!("You are at http://{host}{PATH}?{QUERY}, {host}, {PATH}, {QUERY}");
        let mut answer = Answer::new(text.into());
        let cookie = HeaderValue::from_str(&format!("a=b; Domain={HOST}; Path={PATH}")).unwrap();
        answer.headers_mut().insert("set-cookie", cookie);
        answer
            .headers_mut()
            .insert("date", HeaderValue::from_static("DATE"));
        answer
    })
    .await;
    // The step's own query is added to it.
    let (secret, policy) = (hook.secret().compose(Place::Url), hook.policy());
    let policy = policy
        .allow(hook.origin().parse().unwrap())
        .grant_secret(secret);
    let job = Job::new(
        step_file("post: ${{ secret.HOOK }}\nparams: {a: b}\njson: {text: hello}"),
        policy,
    );
    let result = hook.bench.host.run(&hook.bench.step, job).await;
    let lines: Vec<_> = hook
        .service
        .requests()
        .into_iter()
        .map(|it| it.line)
        .collect();
    assert_eq!(lines, [format!("POST {PATH}?{QUERY}&a=b")]);
    let requested = hook.service.requests();
    assert_eq!(requested[0].header("accept-encoding"), Some("identity"));
    expect![[r#"
        h|Performing POST request to http://<HIDDEN>
        h|Parameters:
        h|	a: b
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	Content-Length: 16
        h|	Content-Type: application/json
        o|URL: http://<HIDDEN>/?a=b
        o|Status: 200
        h|Response Headers:
        h|	set-cookie: <HIDDEN>
        h|	date: DATE
        o| ------ Content ------
        o|You are at <HIDDEN>, <HIDDEN>, /services/T0KEN/<HIDDEN>, thread=<HIDDEN>¶
        e|
        e|Warning: a part of the secret `HOOK` was echoed by <HIDDEN>. A step that has a value cut can read it piece by piece; `--partial-echo stop`, or `partial_echo: stop` in the policy, ends a run before it sees one.
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, "nowhere"));
    let mut row = serde_json::to_value(&result.ledger[0]).unwrap();
    for varying in ["seconds", "bytes_received", "bytes_decoded"] {
        row.as_object_mut().unwrap().remove(varying);
    }
    expect![[r#"
        {
          "method": "POST",
          "origin": "<HIDDEN>",
          "rule": "<HIDDEN>",
          "addresses": [],
          "peer": null,
          "proxy": null,
          "secrets": [
            {
              "name": "HOOK",
              "place": "url"
            }
          ],
          "partial_echoes": [
            "HOOK"
          ],
          "idempotency_key": null,
          "attempts": 1,
          "connection": null,
          "protocol": "HTTP/1.1",
          "tls": null,
          "status": 200,
          "bytes_sent": 16,
          "error": null
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&row).unwrap());
    let parts = hook.parts();
    let json = serde_json::to_string(&result).unwrap();
    for part in parts {
        assert!(!json.contains(&part), "{part} in {json}");
    }
}

#[tokio::test]
async fn nothing_but_a_query_is_added_to_it() {
    let hook = Hook::answering(|_| Answer::default()).await;
    let (secret, policy) = (hook.secret().compose(Place::Url), hook.policy());
    let policy = policy.allow(hook.origin().parse().unwrap());
    let orders = [
        "GET {HOOK}",
        "GET {HOOK}/",
        "GET {HOOK}?more=1",
        "GET {HOOK}/more",
        "GET {HOOK}//",
        "GET {HOOK}:80/",
        "GET {HOOK}.test/",
        "GET http://a.test/ | header api-key: {HOOK}",
        "POST {HOOK} | header api-key: {HOOK} | body {HOOK}",
    ];
    expect![[r#"
        GET Some("<HIDDEN>"): 200
        GET Some("<HIDDEN>"): 200
        GET Some("<HIDDEN>"): 200
        GET None: the secret `HOOK` is a whole URL: no path can be added to it
        GET None: the secret `HOOK` is a whole URL: no path can be added to it
        GET None: the secret `HOOK` is a whole URL: no path can be added to it
        GET None: the secret `HOOK` can't be a part of a host
        GET Some("http://a.test"): the policy does not allow http://a.test: no rule matches it
        POST Some("<HIDDEN>"): the policy does not allow the secret `HOOK` in a header of a request to <HIDDEN> next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`
    "#]].assert_eq(&hook.report(secret, policy, &orders).await);
}

#[tokio::test]
async fn nothing_is_added_to_it_by_default() {
    let hook = Hook::answering(|_| Answer::default()).await;
    let (secret, policy) = (hook.secret(), hook.policy());
    let policy = policy.allow(hook.origin().parse().unwrap());
    let orders = ["GET {HOOK}", "GET {HOOK}?more=1", "GET {HOOK}/?"];
    expect![[r#"
        GET Some("<HIDDEN>"): 200
        GET None: the policy does not allow the secret `HOOK` as the URL of a request next to other text: it must be the whole URL
        GET None: the policy does not allow the secret `HOOK` as the URL of a request next to other text: it must be the whole URL
    "#]].assert_eq(&hook.report(secret, policy, &orders).await);
}

#[tokio::test]
async fn denials_do_not_reveal_its_target() {
    let orders = ["POST {HOOK} | body hello"];
    let mut report = String::new();
    // Not bound.
    let hook = Hook::answering(|_| Answer::default()).await;
    let secret = Secret::new("HOOK", "vault:HOOK".parse().unwrap())
        .origin("http://other.test".parse().unwrap())
        .place(Place::Url);
    let policy = hook.policy().allow(hook.origin().parse().unwrap());
    report += &hook.report(secret, policy, &orders).await;
    // Bound, and not allowed.
    let hook = Hook::answering(|_| Answer::default()).await;
    let (secret, policy) = (hook.secret(), hook.policy());
    report += &hook.report(secret, policy, &orders).await;
    // Allowed, at an address that is not.
    let hook = Hook::answering(|_| Answer::default()).await;
    let secret = hook.secret();
    let policy = Policy::nothing().allow(hook.origin().parse().unwrap());
    report += &hook.report(secret, policy, &orders).await;
    // Of another method, under another path.
    let hook = Hook::answering(|_| Answer::default()).await;
    let (secret, policy) = (hook.secret().methods(["GET"]), hook.policy());
    let policy = policy.allow(hook.origin().parse().unwrap());
    report += &hook.report(secret, policy, &orders).await;
    let hook = Hook::answering(|_| Answer::default()).await;
    let prefix = "/elsewhere".parse().unwrap();
    let (secret, policy) = (hook.secret().path_prefix(prefix), hook.policy());
    let policy = policy.allow(hook.origin().parse().unwrap());
    report += &hook.report(secret, policy, &orders).await;
    expect![[r#"
        POST None: the policy does not allow the secret `HOOK` as the URL of a request: the secret is not granted for the origin in its value
        POST Some("<HIDDEN>"): the policy does not allow the request, whose URL is a secret: no rule matches its origin
        POST Some("<HIDDEN>"): the policy does not allow the request, whose URL is a secret: it resolves to a loopback address
        POST None: the policy does not allow the secret `HOOK` as the URL of a POST request: it is granted only for GET requests
        POST None: the policy does not allow the secret `HOOK` as the URL of a request: the secret is not granted for the path in its value
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn errors_do_not_reveal_its_target() {
    let orders = ["POST {HOOK} | body hello"];
    let mut report = String::new();
    for url in [
        // Nothing listens there; it is not TLS; there is no such name; it has a password.
        "http://hooks-of-a-chat.test:9/services/T0KEN/kQ9mLx2Vt0Pz7wYb?thread=Rr4TnE8skQ9mLx2V",
        "https://hooks-of-a-chat.test:PORT/services/T0KEN/kQ9mLx2Vt0Pz7wYb?thread=Rr4TnE8skQ9mLx2V",
        "http://hooks-of-a-chat.example:9/services/T0KEN/kQ9mLx2Vt0Pz7wYb?thread=Rr4TnE8skQ9mLx2V",
        "http://me:you@hooks-of-a-chat.test:PORT/services/T0KEN/kQ9mLx2Vt0Pz7wYb?thread=Rr4TnE8skQ9mLx2V",
    ] {
        let service = Service::start(|_| Answer::default()).await;
        let url = url.replace("PORT", &service.port.to_string());
        let (scheme, rest) = url.split_once("://").unwrap();
        let authority = rest
            .split('/')
            .next()
            .unwrap()
            .trim_start_matches("me:you@");
        let origin = format!("{scheme}://{authority}").parse().unwrap();
        let hook = Hook::at(service, url.clone());
        let secret = hook.secret().origin(origin);
        let policy = hook.policy();
        let policy = policy.allow(format!("{scheme}://{authority}").parse().unwrap());
        report += &hook.report(secret, policy, &orders).await;
    }
    expect![[r#"
        POST Some("<HIDDEN>"): could not connect to <HIDDEN>: connection refused
        POST Some("<HIDDEN>"): TLS with <HIDDEN> failed: what it sends is not TLS; if it is a server of plain HTTP, the URL begins with `http://`
        POST Some("<HIDDEN>"): could not resolve <HIDDEN>
        POST None: the secret `HOOK` can't be the URL of a request: it has a user name or a password before its host
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn a_port_whose_digits_the_component_has_anyway() {
    // In hex they are 3435363738, which is in the table that it writes numbers from.
    let loopback = "127.0.0.0/8".parse().unwrap();
    let policy = Policy::nothing().allow_network(loopback);
    let loot = Thief::under(policy).tries("GET http://a.test/").run().await;
    loot.has_nothing_of(&[&format!("{HOST}:45678")]);
}

#[tokio::test]
async fn a_redirect_from_its_target() {
    let hook = Hook::answering(|host| {
        let mut answer = Answer::default();
        *answer.status_mut() = http::StatusCode::TEMPORARY_REDIRECT;
        let location = HeaderValue::from_str(&format!("http://{host}/elsewhere")).unwrap();
        answer.headers_mut().insert("location", location);
        answer
    })
    .await;
    let (secret, policy) = (hook.secret(), hook.policy());
    let policy = policy.allow(hook.origin().parse().unwrap());
    let orders = ["POST {HOOK} | body hello | follow"];
    expect![[r#"
        POST Some("<HIDDEN>"): 307
    "#]]
    .assert_eq(&hook.report(secret, policy, &orders).await);
}
