//! Where in a request a secret may be.

use expect_test::expect;
use http_step_host::policy::{HeaderFormat, Place, Policy, Secret};
use http_step_tests::{Answer, Service};

use crate::secrets::thief::{Thief, VALUE};
use crate::secrets::vault::{composed, secret, secret_in};

/// Responds with nothing but its status.
async fn silent() -> Service {
    Service::start(|_| Answer::default()).await
}

/// The result of each request.
async fn said(service: &Service, secret: Secret, orders: &[&str]) -> String {
    let origin = &service.origin;
    let mut thief = Thief::granted(secret).reaches(origin);
    for order in orders {
        thief = thief.tries(order.replace("HERE", origin));
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[VALUE]);
    let rows = loot.result.ledger.iter().take(orders.len());
    rows.zip(orders)
        .map(|(row, order)| {
            let secrets = row.secrets.iter().map(|secret| secret.place.as_str());
            let said = match &row.error {
                Some(error) => error.message.replace(origin, "HERE"),
                None => format!("in {}", secrets.collect::<Vec<_>>().join(", ")),
            };
            format!("{order}\n    {said}\n")
        })
        .collect()
}

const EVERYWHERE: &[&str] = &[
    "GET HERE/v1/ | header api-key: {TOKEN}",
    "GET HERE/v1/ | basic me:{TOKEN}",
    "GET HERE/v1/?q={TOKEN}",
    "GET HERE/v1/{TOKEN}",
    "POST HERE/v1/ | body {TOKEN}",
    "POST HERE/v1/?q={TOKEN} | header api-key: {TOKEN} | body {TOKEN}",
];

#[tokio::test]
async fn one_place_alone() {
    for (place, admitted) in [
        (Place::Header, &[0, 1][..]),
        (Place::Query, &[2]),
        (Place::Path, &[3]),
        (Place::Body, &[4]),
    ] {
        let service = silent().await;
        let secret = secret("TOKEN", &service.origin).place(place);
        let said = said(&service, secret, EVERYWHERE).await;
        let mut expected = String::new();
        for (number, order) in EVERYWHERE.iter().enumerate() {
            expected += &match admitted.contains(&number) {
                true => format!("{order}\n    in {place}\n"),
                false => format!("{order}\n    DENIED\n"),
            };
        }
        let denied = "the policy does not allow the secret `TOKEN` in ";
        let said = said
            .lines()
            .map(|line| match line.trim().starts_with(denied) {
                true => "    DENIED\n".to_owned(),
                false => format!("{line}\n"),
            });
        assert_eq!(said.collect::<String>(), expected);
        // A denied request is not sent without its secret either.
        assert_eq!(service.requests().len(), admitted.len());
    }
}

#[tokio::test]
async fn headers_alone() {
    let service = silent().await;
    let secret = secret("TOKEN", &service.origin).place(Place::Header);
    expect![[r#"
        GET HERE/v1/ | header api-key: {TOKEN}
            in header
        GET HERE/v1/ | basic me:{TOKEN}
            in header
        GET HERE/v1/?q={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: it is granted only for headers
        GET HERE/v1/{TOKEN}
            the policy does not allow the secret `TOKEN` in the path of a request to HERE: it is granted only for headers
        POST HERE/v1/ | body {TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: it is granted only for headers
        POST HERE/v1/?q={TOKEN} | header api-key: {TOKEN} | body {TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: it is granted only for headers
    "#]].assert_eq(&said(&service, secret, EVERYWHERE).await);
}

#[tokio::test]
async fn one_method_alone() {
    let service = silent().await;
    let places = [Place::Header, Place::Body];
    let secret = secret_in("TOKEN", &service.origin, &places).methods(["POST"]);
    let orders = [
        "POST HERE/ | header api-key: {TOKEN}",
        "GET HERE/ | header api-key: {TOKEN}",
        "post HERE/ | header api-key: {TOKEN}",
        "PUT HERE/ | body {TOKEN}",
        "PUT HERE/ | body nothing",
    ];
    expect![[r#"
        POST HERE/ | header api-key: {TOKEN}
            in header
        GET HERE/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a GET request to HERE: it is granted only for POST requests
        post HERE/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a post request to HERE: it is granted only for POST requests
        PUT HERE/ | body {TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a PUT request to HERE: it is granted only for POST requests
        PUT HERE/ | body nothing
            in 
    "#]].assert_eq(&said(&service, secret, &orders).await);
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn one_path_alone() {
    let service = silent().await;
    let prefix = "/v1/".parse().unwrap();
    let places = [Place::Header, Place::Path, Place::Body];
    let secret = secret_in("TOKEN", &service.origin, &places).path_prefix(prefix);
    let orders = [
        "GET HERE/v1/a | header api-key: {TOKEN}",
        "GET HERE/v1/a?b=/../c | header api-key: {TOKEN}",
        "GET HERE/v2/ | header api-key: {TOKEN}",
        "GET HERE/v1/../v2/ | header api-key: {TOKEN}",
        "GET HERE/v1/%2e%2e/v2/ | header api-key: {TOKEN}",
        "GET HERE/v1/..%2fv2/ | header api-key: {TOKEN}",
        "GET HERE/v1/..%20/v2/ | header api-key: {TOKEN}",
        "GET HERE/v1/%EF%BC%8E%EF%BC%8E/v2/ | header api-key: {TOKEN}",
        "GET HERE/v1/x./ | header api-key: {TOKEN}",
        "POST HERE//v1/ | body {TOKEN}",
        // The value has a `/` in it, which some servers take for one of the path.
        "GET HERE/v1/{TOKEN}",
    ];
    expect![[r#"
        GET HERE/v1/a | header api-key: {TOKEN}
            in header
        GET HERE/v1/a?b=/../c | header api-key: {TOKEN}
            in header
        GET HERE/v2/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to this path of HERE: it is granted only for paths under `/v1/`
        GET HERE/v1/../v2/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains a `.` or `..` segment, which servers interpret differently
        GET HERE/v1/%2e%2e/v2/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains a `.` or `..` segment, which servers interpret differently
        GET HERE/v1/..%2fv2/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains an encoded `/`, which servers interpret differently
        GET HERE/v1/..%20/v2/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains a `.` or `..` segment, which servers interpret differently
        GET HERE/v1/%EF%BC%8E%EF%BC%8E/v2/ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains a character that is neither ASCII nor a letter, which servers interpret differently
        GET HERE/v1/x./ | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains a segment that ends with a dot or a space, which servers interpret differently
        POST HERE//v1/ | body {TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to this path of HERE: it is granted only for paths under `/v1/`
        GET HERE/v1/{TOKEN}
            the policy does not allow the secret `TOKEN` in the path of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains a secret whose value servers interpret differently
    "#]].assert_eq(&said(&service, secret, &orders).await);
    assert_eq!(service.requests().len(), 2);
}

/// Whether the policy permits a path does not depend on the value in it: otherwise a step could put
/// it beside its own text to learn how it starts.
#[tokio::test]
async fn the_path_is_judged_as_it_is_written() {
    let mut report = Vec::new();
    for name in ["DIGIT", "LETTER", "DOT"] {
        let service = silent().await;
        let prefix = "/v1/".parse().unwrap();
        let secret = composed(name, &service.origin, &[Place::Path]).path_prefix(prefix);
        let orders = [
            "GET HERE/v1/{TOKEN}",
            "GET HERE/v1/%{TOKEN}",
            "GET HERE/v1/%4{TOKEN}",
            "GET HERE/v1/%c3{TOKEN}",
            "GET HERE/v1/.{TOKEN}",
            "GET HERE/v{TOKEN}/a",
            "GET HERE/v1/..;{TOKEN}",
        ];
        let orders = orders.map(|order| order.replace("TOKEN", name));
        let orders = orders.each_ref().map(String::as_str);
        report.push(said(&service, secret, &orders).await.replace(name, "TOKEN"));
    }
    // Nor does it for another secret.
    for name in ["DIGIT", "LETTER"] {
        let service = silent().await;
        let origin = &service.origin;
        let bound = secret_in("TOKEN", origin, &[Place::Header, Place::Body]);
        let policy = Policy::nothing()
            .allow_network("127.0.0.0/8".parse().unwrap())
            .grant_secret(composed(name, origin, &[Place::Path]))
            .grant_secret(bound.path_prefix("/v1/".parse().unwrap()));
        let loot = Thief::under(policy)
            .reaches(origin)
            .tries(format!("POST {origin}/v{{{name}}}/a | body {{TOKEN}}"))
            .run()
            .await;
        let error = loot.result.ledger[0].error.as_ref().unwrap();
        let denied = " to this path of ";
        assert!(error.message.contains(denied), "{}", error.message);
    }
    assert_eq!(report[0], report[1]);
    assert_eq!(report[0], report[2]);
    expect![[r#"
        GET HERE/v1/{TOKEN}
            in path
        GET HERE/v1/%{TOKEN}
            the policy does not allow the secret `TOKEN` in the path of a request to HERE: the text before it ends in an unfinished `%` escape, which would absorb the first characters of the value; no policy can allow this
        GET HERE/v1/%4{TOKEN}
            the policy does not allow the secret `TOKEN` in the path of a request to HERE: the text before it ends in an unfinished `%` escape, which would absorb the first characters of the value; no policy can allow this
        GET HERE/v1/%c3{TOKEN}
            the policy does not allow the secret `TOKEN` in the path of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains an invalid `%` escape, which servers interpret differently
        GET HERE/v1/.{TOKEN}
            in path
        GET HERE/v{TOKEN}/a
            the policy does not allow the secret `TOKEN` in the path of a request to this path of HERE: it is granted only for paths under `/v1/`
        GET HERE/v1/..;{TOKEN}
            the policy does not allow the secret `TOKEN` in the path of a request to this path of HERE: it is granted only for paths under `/v1/`, and the path contains a `.` or `..` segment, which servers interpret differently
    "#]].assert_eq(&report[0]);
}

#[tokio::test]
async fn credentials() {
    let service = silent().await;
    let secret = secret("TOKEN", &service.origin);
    let orders = [
        "GET HERE/ | basic me:{TOKEN}",
        "GET HERE/ | basic {TOKEN}:",
        "GET HERE/ | basic {TOKEN}:{TOKEN}",
        "GET HERE/ | bare-basic a:{TOKEN}",
        "GET HERE/ | bare-basic {TOKEN}",
        "GET HERE/ | header authorization: Bearer {TOKEN}",
        "GET HERE/ | header authorization: {TOKEN}",
        // A server shows what it decodes.
        "GET HERE/ | header authorization: Basic {TOKEN}",
    ];
    expect![[r#"
        GET HERE/ | basic me:{TOKEN}
            in header
        GET HERE/ | basic {TOKEN}:
            in header
        GET HERE/ | basic {TOKEN}:{TOKEN}
            in header
        GET HERE/ | bare-basic a:{TOKEN}
            in header
        GET HERE/ | bare-basic {TOKEN}
            in header
        GET HERE/ | header authorization: Bearer {TOKEN}
            in header
        GET HERE/ | header authorization: {TOKEN}
            in header
        GET HERE/ | header authorization: Basic {TOKEN}
            the secret in the header `authorization` follows `Basic`, but is not the Base64 of `user:password`; if the server expects that, grant it as `{header: authorization, format: "Basic {}"}`
    "#]]
    .assert_eq(&said(&service, secret, &orders).await);
    let requests = service.requests();
    let got: Vec<_> = requests
        .iter()
        .map(|request| request.header("authorization").unwrap())
        .collect();
    let of = |credentials: &str| {
        use base64::Engine;
        let encoded = base64::prelude::BASE64_STANDARD.encode(credentials);
        format!("Basic {encoded}")
    };
    assert_eq!(
        got,
        [
            of(&format!("me:{VALUE}")),
            of(&format!("{VALUE}:")),
            of(&format!("{VALUE}:{VALUE}")),
            of(&format!("a:{VALUE}")),
            of(VALUE),
            format!("Bearer {VALUE}"),
            VALUE.to_owned(),
        ]
    );
}

const BESIDE: &[&str] = &[
    "GET HERE/ | header api-key: xxxxxxxxxxxxxxxx{TOKEN}",
    "GET HERE/ | header authorization: Bearer x{TOKEN}",
    "GET HERE/ | header api-key: x | header api-key: {TOKEN}",
    "GET HERE/ | header api_key: x | header api-key: {TOKEN}",
    "GET HERE/ | header cookie: a=x{TOKEN}",
    // Servers that know quotes read on past `;`, and some join fields with a comma.
    "GET HERE/ | header cookie: a=\"x; t={TOKEN}; b=\"",
    "GET HERE/ | header cookie: a=x | header cookie: t={TOKEN}",
    "GET HERE/ | header api.key: x | header api-key: {TOKEN}",
    "GET HERE/ | basic me:x{TOKEN}",
    "GET HERE/ | basic {TOKEN}x:",
    "GET HERE/?q=x{TOKEN}",
    "GET HERE/?q=x&q={TOKEN}",
    // Names that servers read in different ways.
    "GET HERE/?a+b=x&a%20b={TOKEN}",
    "GET HERE/?%u0071=x&q={TOKEN}",
    "GET HERE/?q[]=x&q[]={TOKEN}",
    "GET HERE/bot{TOKEN}/",
    "POST HERE/ | body x{TOKEN}",
    "POST HERE/ | header content-type: application/json | body {\"a\": \"x{TOKEN}\"}",
    "POST HERE/ | header content-type: application/json | body {\"a\": \"{TOKEN}\", 'x': 1}",
    "POST HERE/ | header content-type: application/json | body {\"a\": \"{TOKEN}\\\"\"}",
    "POST HERE/ | header content-type: application/x-www-form-urlencoded | body a=x{TOKEN}",
    // JSON to servers that do not look at its type.
    "POST HERE/ | header content-type: application/x-www-form-urlencoded | body {\"a\": \"x&b={TOKEN}&c=\"}",
    "POST HERE/ | header content-type: text/xml | body <a>x{TOKEN}</a>",
    // The comment ends in what looks like an attribute.
    "POST HERE/ | header content-type: text/xml | body <a><!---><b c=\"-->x\" d=\"{TOKEN}\"/></a>",
    "POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\\r\\n\\r\\nx{TOKEN}\\r\\n--b-0123456789abcd--",
    // qs joins them.
    "GET HERE/?q=x&q[a]={TOKEN}",
    // Items of a list, which many servers join.
    "POST HERE/ | header content-type: application/json | body {\"a\": [\"x\", [\"{TOKEN}\"]]}",
    "POST HERE/ | header content-type: text/xml | body <a><b>x</b><b>{TOKEN}</b></a>",
    // The text of `a` is all of it.
    "POST HERE/ | header content-type: text/xml | body <a>x<b>{TOKEN}</b></a>",
    // Some join the lists of two fields of one name, and some sort names.
    "POST HERE/ | header content-type: application/json | body {\"a\": [\"x\"], \"a\": [\"{TOKEN}\"]}",
    "POST HERE/ | header content-type: application/json | body {\"{TOKEN}\": 1}",
    // A form, to servers that do not look at its type.
    "POST HERE/ | header content-type: application/json | body {\"a\": \"&q=x\", \"b\": \"{TOKEN}\"}",
    "POST HERE/ | header content-type: application/x-www-form-urlencoded+xml | body <a>{TOKEN}</a>",
    "POST HERE/ | header content-type: text/xml | body q=x<a>{TOKEN}</a>",
    // Two parts of one name, of which one seems to have another.
    "POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\\r\\nContent-Disposition: form-data; name=a\\r\\nContent-Type: text/plain; name=z\\r\\n\\r\\nx\\r\\n--b-0123456789abcd\\r\\nContent-Disposition: form-data; name=a\\r\\n\\r\\n{TOKEN}\\r\\n--b-0123456789abcd--",
];

/// A server that keeps a fixed number of characters of a field reveals a value character by
/// character to a step that chooses the text beside it.
#[tokio::test]
async fn nothing_stands_beside_a_secret_by_default() {
    let service = silent().await;
    expect![[r#"
        GET HERE/ | header api-key: xxxxxxxxxxxxxxxx{TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`
        GET HERE/ | header authorization: Bearer x{TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`
        GET HERE/ | header api-key: x | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE: servers join the field `api-key` with another one of the request
        GET HERE/ | header api_key: x | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE: servers join the field `api-key` with another one of the request
        GET HERE/ | header cookie: a=x{TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`
        GET HERE/ | header cookie: a="x; t={TOKEN}; b="
            the policy does not allow the secret `TOKEN` in a header of a request to HERE next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`
        GET HERE/ | header cookie: a=x | header cookie: t={TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE: servers join the field `cookie` with another one of the request
        GET HERE/ | header api.key: x | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE: servers join the field `api-key` with another one of the request
        GET HERE/ | basic me:x{TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`
        GET HERE/ | basic {TOKEN}x:
            the policy does not allow the secret `TOKEN` in a header of a request to HERE next to other text: it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`
        GET HERE/?q=x{TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE next to other text: it must be a whole query value
        GET HERE/?q=x&q={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: servers join the field `q` with another one of the request
        GET HERE/?a+b=x&a%20b={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE next to other text: it must be a whole query value, and a field's name is not plain: at most 64 letters, digits, `_`, `-` and `.`, with `[…]` behind them, and no index but 0 in the value's own
        GET HERE/?%u0071=x&q={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE next to other text: it must be a whole query value, and a field's name is not plain: at most 64 letters, digits, `_`, `-` and `.`, with `[…]` behind them, and no index but 0 in the value's own
        GET HERE/?q[]=x&q[]={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: servers join the field `q[]` with another one of the request
        GET HERE/bot{TOKEN}/
            the policy does not allow the secret `TOKEN` in the path of a request to HERE next to other text: it must be a whole path segment
        POST HERE/ | body x{TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/json | body {"a": "x{TOKEN}"}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/json | body {"a": "{TOKEN}", 'x': 1}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/json | body {"a": "{TOKEN}\""}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/x-www-form-urlencoded | body a=x{TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/x-www-form-urlencoded | body {"a": "x&b={TOKEN}&c="}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way, and a field's name is not plain: at most 64 letters, digits, `_`, `-` and `.`, with `[…]` behind them, and no index but 0 in the value's own
        POST HERE/ | header content-type: text/xml | body <a>x{TOKEN}</a>
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: text/xml | body <a><!---><b c="-->x" d="{TOKEN}"/></a>
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\r\n\r\nx{TOKEN}\r\n--b-0123456789abcd--
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        GET HERE/?q=x&q[a]={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: servers join the field `q[a]` with another one of the request
        POST HERE/ | header content-type: application/json | body {"a": ["x", ["{TOKEN}"]]}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the body has other items in the same list, or elements of the same name, and servers join those
        POST HERE/ | header content-type: text/xml | body <a><b>x</b><b>{TOKEN}</b></a>
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the body has other items in the same list, or elements of the same name, and servers join those
        POST HERE/ | header content-type: text/xml | body <a>x<b>{TOKEN}</b></a>
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/json | body {"a": ["x"], "a": ["{TOKEN}"]}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the body has other items in the same list, or elements of the same name, and servers join those
        POST HERE/ | header content-type: application/json | body {"{TOKEN}": 1}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/json | body {"a": "&q=x", "b": "{TOKEN}"}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: application/x-www-form-urlencoded+xml | body <a>{TOKEN}</a>
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: text/xml | body q=x<a>{TOKEN}</a>
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\r\nContent-Disposition: form-data; name=a\r\nContent-Type: text/plain; name=z\r\n\r\nx\r\n--b-0123456789abcd\r\nContent-Disposition: form-data; name=a\r\n\r\n{TOKEN}\r\n--b-0123456789abcd--
            the policy does not allow the secret `TOKEN` in the body of a request to HERE next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
    "#]].assert_eq(&said(&service, secret("TOKEN", &service.origin), BESIDE).await);
    assert_eq!(service.connections(), 0);
    // Nor where it may be by itself.
    let everywhere = secret_in("TOKEN", &service.origin, &Place::ALL);
    let said = said(&service, everywhere, BESIDE).await;
    let denials = said
        .matches("the policy does not allow the secret `TOKEN`")
        .count();
    assert_eq!(denials, BESIDE.len(), "{said}");
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn beside_other_text_where_the_policy_says_so() {
    let service = silent().await;
    let anywhere = composed("TOKEN", &service.origin, &Place::COMPOSABLE);
    let said = said(&service, anywhere, BESIDE).await;
    assert_eq!(said.matches("\n    in ").count(), BESIDE.len(), "{said}");
    assert_eq!(service.requests().len(), BESIDE.len());
}

/// A step that opens an escape before a value learns its first character from what the server makes
/// of both.
#[tokio::test]
async fn nothing_stands_after_an_open_escape() {
    let service = silent().await;
    let form = "header content-type: application/x-www-form-urlencoded";
    let json = "header content-type: application/json";
    let xml = "header content-type: text/xml";
    let orders = [
        "GET HERE/a%4{TOKEN}",
        "GET HERE/?q=%{TOKEN}",
        "GET HERE/?q=%41{TOKEN}",
        &format!("POST HERE/ | {form} | body a=%u00{{TOKEN}}"),
        &format!(r#"POST HERE/ | {json} | body {{"a": "\{{TOKEN}}"}}"#),
        &format!(r#"POST HERE/ | {json} | body {{"a": "\\{{TOKEN}}"}}"#),
        &format!("POST HERE/ | {xml} | body <a>&#{{TOKEN}};</a>"),
    ];
    let anywhere = composed("TOKEN", &service.origin, &Place::COMPOSABLE);
    expect![[r#"
        GET HERE/a%4{TOKEN}
            the policy does not allow the secret `TOKEN` in the path of a request to HERE: the text before it ends in an unfinished `%` escape, which would absorb the first characters of the value; no policy can allow this
        GET HERE/?q=%{TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: the text before it ends in an unfinished `%` escape, which would absorb the first characters of the value; no policy can allow this
        GET HERE/?q=%41{TOKEN}
            in query
        POST HERE/ | header content-type: application/x-www-form-urlencoded | body a=%u00{TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the text before it ends in an unfinished `%` escape, which would absorb the first characters of the value; no policy can allow this
        POST HERE/ | header content-type: application/json | body {"a": "\{TOKEN}"}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the text before it ends in an unfinished `\` escape, which would absorb the first characters of the value; no policy can allow this
        POST HERE/ | header content-type: application/json | body {"a": "\\{TOKEN}"}
            in body
        POST HERE/ | header content-type: text/xml | body <a>&#{TOKEN};</a>
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the text before it ends in an unfinished `&` escape, which would absorb the first characters of the value; no policy can allow this
    "#]].assert_eq(&said(&service, anywhere, &orders).await);
    assert_eq!(service.requests().len(), 2);
}

/// A server that reads a value in another charset echoes text that is not recognized.
#[tokio::test]
async fn nothing_stands_in_recoded_text() {
    let service = silent().await;
    let type_of = |it: &str| format!("POST HERE/ | header content-type: {it}");
    let part = |header: &str| {
        format!("--b-0123456789abcd\\r\\n{header}\\r\\n\\r\\n{{TOKEN}}\\r\\n--b-0123456789abcd--")
    };
    let multipart = type_of("multipart/form-data; boundary=b-0123456789abcd");
    let orders = [
        format!(
            "{} | body {{TOKEN}}",
            type_of("text/plain; charset=utf-16le")
        ),
        format!(
            "{} | body {{TOKEN}}",
            type_of("application/json; charset=UTF-32")
        ),
        "POST HERE/ | header content-encoding: gzip | body {TOKEN}".to_owned(),
        format!(
            "{multipart} | body {}",
            part("Content-Type: text/plain; charset=utf-16")
        ),
        format!(
            "{multipart} | body {}",
            part("Content-Transfer-Encoding: base64")
        ),
        format!(
            "{multipart} | body {}",
            part("Content-Type: text/plain; charset=utf-8")
        ),
        "GET HERE/?q={TOKEN} | header content-type: text/plain; charset=utf-16-le".to_owned(),
        "GET HERE/{TOKEN} | header x-up-devcap-post-charset: IBM037".to_owned(),
        "GET HERE/?_charset_=UTF-16BE&q={TOKEN}".to_owned(),
        "GET HERE/?q:utf_16_le={TOKEN}".to_owned(),
        "POST HERE/ | header content_type: text/plain; charset=utf-16le | body {TOKEN}".to_owned(),
    ];
    let orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    let anywhere = composed("TOKEN", &service.origin, &Place::COMPOSABLE);
    expect![[r#"
        POST HERE/ | header content-type: text/plain; charset=utf-16le | body {TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        POST HERE/ | header content-type: application/json; charset=UTF-32 | body {TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        POST HERE/ | header content-encoding: gzip | body {TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\r\nContent-Type: text/plain; charset=utf-16\r\n\r\n{TOKEN}\r\n--b-0123456789abcd--
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\r\nContent-Transfer-Encoding: base64\r\n\r\n{TOKEN}\r\n--b-0123456789abcd--
            the policy does not allow the secret `TOKEN` in the body of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TOKEN}\r\n--b-0123456789abcd--
            in body
        GET HERE/?q={TOKEN} | header content-type: text/plain; charset=utf-16-le
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        GET HERE/{TOKEN} | header x-up-devcap-post-charset: IBM037
            the policy does not allow the secret `TOKEN` in the path of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        GET HERE/?_charset_=UTF-16BE&q={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        GET HERE/?q:utf_16_le={TOKEN}
            the policy does not allow the secret `TOKEN` in the query of a request to HERE: the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this
        POST HERE/ | header content_type: text/plain; charset=utf-16le | body {TOKEN}
            some servers read the header `content_type` as `content-type`; write it with `-` or leave it out
    "#]].assert_eq(&said(&service, anywhere, &orders).await);
    assert_eq!(service.requests().len(), 1);
}

/// Whole fields, strings, texts and parts, in each format of a body.
#[tokio::test]
async fn whole_in_bodies() {
    let service = silent().await;
    let orders = [
        "POST HERE/ | body {TOKEN}",
        "POST HERE/ | header content-type: application/json | body [{\"a\": \"{TOKEN}\"}, 1]",
        "POST HERE/ | header content-type: application/x-www-form-urlencoded | body a={TOKEN}&b=c",
        "POST HERE/ | header content-type: text/xml | body <a b='{TOKEN}'>{TOKEN}</a>",
        "POST HERE/ | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\\r\\nContent-Disposition: form-data; name=a\\r\\n\\r\\n{TOKEN}\\r\\n--b-0123456789abcd--",
    ];
    let secret = secret_in("TOKEN", &service.origin, &[Place::Body]);
    let said = said(&service, secret, &orders).await;
    assert_eq!(
        said.matches("\n    in body\n").count(),
        orders.len(),
        "{said}"
    );
}

#[tokio::test]
async fn one_field_in_one_format() {
    let service = silent().await;
    let format = HeaderFormat::new("Authorization", Some("Bearer {}")).unwrap();
    let secret = secret("TOKEN", &service.origin).header_format(format);
    let orders = [
        "GET HERE/ | header authorization: Bearer {TOKEN}",
        "GET HERE/ | header authorization: Token {TOKEN}",
        "GET HERE/ | header authorization: {TOKEN}",
        "GET HERE/ | header api-key: Bearer {TOKEN}",
        "GET HERE/ | basic me:{TOKEN}",
        "POST HERE/ | auth hmac github {TOKEN} | body b",
    ];
    expect![[r#"
        GET HERE/ | header authorization: Bearer {TOKEN}
            in header
        GET HERE/ | header authorization: Token {TOKEN}
            the policy does not allow the secret `TOKEN` in the header `authorization` of a request to HERE: it is granted only for the header `authorization` as `Bearer {}`
        GET HERE/ | header authorization: {TOKEN}
            the policy does not allow the secret `TOKEN` in the header `authorization` of a request to HERE: it is granted only for the header `authorization` as `Bearer {}`
        GET HERE/ | header api-key: Bearer {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE: it is granted only for the header `authorization` as `Bearer {}`
        GET HERE/ | basic me:{TOKEN}
            the policy does not allow the secret `TOKEN` in the header `authorization` of a request to HERE: it is granted only for the header `authorization` as `Bearer {}`
        POST HERE/ | auth hmac github {TOKEN} | body b
            the policy does not allow the secret `TOKEN` as the signing key of a request to HERE: it is granted only for the header `authorization` as `Bearer {}`
    "#]].assert_eq(&said(&service, secret, &orders).await);
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn a_bound_secret_is_sent_without_overrides() {
    let service = silent().await;
    let form = "header content-type: application/x-www-form-urlencoded";
    let orders = [
        "POST HERE/ | header api-key: {TOKEN} | header x-http-method-override: DELETE",
        "POST HERE/ | header x-http-method: DELETE | header api-key: {TOKEN}",
        "POST HERE/ | header api-key: {TOKEN} | header x-method-override: DELETE",
        "POST HERE/ | header api-key: {TOKEN} | header x-original-url: /admin",
        "POST HERE/ | header api-key: {TOKEN} | header x-rewrite-url: /admin",
        "POST HERE/ | header api-key: {TOKEN} | header x-forwarded-prefix: /admin",
        "POST HERE/ | header api-key: {TOKEN} | header forwarded: for=1.2.3.4",
        "POST HERE/ | header api-key: {TOKEN} | header script_name: /v1",
        "POST HERE/ | header api-key: {TOKEN} | header x-account: 7",
        "POST HERE/ | header api-key: {TOKEN} | auth hmac daphne-root-path /v1= made-up",
        "POST HERE/?_method=DELETE | header api-key: {TOKEN}",
        // Rack removes the bracket.
        "POST HERE/?]_method=DELETE | header api-key: {TOKEN}",
        "POST HERE/?method=delete | header api-key: {TOKEN}",
        &format!("POST HERE/ | header api-key: {{TOKEN}} | {form} | body a=b&_method=DELETE"),
        &format!("POST HERE/ | {form} | body _method=DELETE&a={{TOKEN}}"),
        "POST HERE/ | header api-key: {TOKEN} | header content-type: application/json | body {\"_method\": \"DELETE\"}",
        "POST HERE/ | header api-key: {TOKEN} | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\\r\\nContent-Disposition: form-data; name=\"_method\"\\r\\n\\r\\nDELETE\\r\\n--b-0123456789abcd--",
        &format!("POST HERE/ | auth hmac github {{TOKEN}} | {form} | body _method=DELETE"),
        "POST HERE/ | header x-http-method-override: DELETE",
        &format!("POST HERE/ | header api-key: {{TOKEN}} | {form} | body a=b"),
    ];
    let places = [Place::Header, Place::Body, Place::Signature];
    let secret = secret_in("TOKEN", &service.origin, &places).methods(["POST"]);
    let secret = secret.header("X-Account".parse().unwrap());
    expect![[r#"
        POST HERE/ | header api-key: {TOKEN} | header x-http-method-override: DELETE
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-http-method-override`: it is granted only for POST requests, and servers may take another method or path from `x-http-method-override`; remove it
        POST HERE/ | header x-http-method: DELETE | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-http-method`: it is granted only for POST requests, and servers may take another method or path from `x-http-method`; remove it
        POST HERE/ | header api-key: {TOKEN} | header x-method-override: DELETE
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-method-override`: it is granted only for POST requests, and servers may take another method or path from `x-method-override`; remove it
        POST HERE/ | header api-key: {TOKEN} | header x-original-url: /admin
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-original-url`: `x-original-url` can make a server send the secret elsewhere; remove it
        POST HERE/ | header api-key: {TOKEN} | header x-rewrite-url: /admin
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-rewrite-url`: `x-rewrite-url` can make a server send the secret elsewhere; remove it
        POST HERE/ | header api-key: {TOKEN} | header x-forwarded-prefix: /admin
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-forwarded-prefix`: `x-forwarded-prefix` can make a server send the secret elsewhere; remove it
        POST HERE/ | header api-key: {TOKEN} | header forwarded: for=1.2.3.4
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `forwarded`: `forwarded` can make a server send the secret elsewhere; remove it
        POST HERE/ | header api-key: {TOKEN} | header script_name: /v1
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `script_name`: it is granted only for POST requests, and servers may take another method or path from `script_name`; remove it
        POST HERE/ | header api-key: {TOKEN} | header x-account: 7
            in header
        POST HERE/ | header api-key: {TOKEN} | auth hmac daphne-root-path /v1= made-up
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `daphne-root-path`: it is granted only for POST requests, and servers may take another method or path from `daphne-root-path`; remove it
        POST HERE/?_method=DELETE | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it
        POST HERE/?]_method=DELETE | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with `]_method`: it is granted only for POST requests, and `]_method` is not a plain name, so some server may take it for one that overrides the method; remove it
        POST HERE/?method=delete | header api-key: {TOKEN}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with `method`: it is granted only for POST requests, and `method` can make a server use another method or path; remove it
        POST HERE/ | header api-key: {TOKEN} | header content-type: application/x-www-form-urlencoded | body a=b&_method=DELETE
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it
        POST HERE/ | header content-type: application/x-www-form-urlencoded | body _method=DELETE&a={TOKEN}
            the policy does not allow the secret `TOKEN` in the body of a request to HERE with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it
        POST HERE/ | header api-key: {TOKEN} | header content-type: application/json | body {"_method": "DELETE"}
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it
        POST HERE/ | header api-key: {TOKEN} | header content-type: multipart/form-data; boundary=b-0123456789abcd | body --b-0123456789abcd\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--b-0123456789abcd--
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it
        POST HERE/ | auth hmac github {TOKEN} | header content-type: application/x-www-form-urlencoded | body _method=DELETE
            the policy does not allow the secret `TOKEN` as the signing key of a request to HERE with `_method`: it is granted only for POST requests, and `_method` can make a server use another method or path; remove it
        POST HERE/ | header x-http-method-override: DELETE
            in 
        POST HERE/ | header api-key: {TOKEN} | header content-type: application/x-www-form-urlencoded | body a=b
            in header
    "#]].assert_eq(&said(&service, secret, &orders).await);
    assert_eq!(service.requests().len(), 3);
}

/// Gateways send the credentials of a request to where a header field says.
#[tokio::test]
async fn no_header_sends_a_secret_elsewhere() {
    let service = silent().await;
    let orders = [
        "POST HERE/ | header authorization: Bearer {TOKEN} | header x-portkey-custom-host: evil.test",
        "POST HERE/ | header authorization: Bearer {TOKEN} | header x-anything: https:evil",
        "POST HERE/ | header authorization: Bearer {TOKEN} | header x-base-url: HERE",
        "POST HERE/ | header authorization: Bearer {TOKEN} | header referer: HERE",
        "POST HERE/ | header authorization: Bearer {TOKEN} | header x-anything: no-retry",
    ];
    let secret = secret("TOKEN", &service.origin).header("X-Base-Url".parse().unwrap());
    expect![[r#"
        POST HERE/ | header authorization: Bearer {TOKEN} | header x-portkey-custom-host: evil.test
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-portkey-custom-host`: `x-portkey-custom-host` can make a server send the secret elsewhere; remove it
        POST HERE/ | header authorization: Bearer {TOKEN} | header x-anything: https:evil
            the policy does not allow the secret `TOKEN` in a header of a request to HERE with the header `x-anything`: `x-anything` can make a server send the secret elsewhere; remove it
        POST HERE/ | header authorization: Bearer {TOKEN} | header x-base-url: HERE
            in header
        POST HERE/ | header authorization: Bearer {TOKEN} | header referer: HERE
            in header
        POST HERE/ | header authorization: Bearer {TOKEN} | header x-anything: no-retry
            in header
    "#]].assert_eq(&said(&service, secret, &orders).await);
    assert_eq!(service.requests().len(), 3);
}
