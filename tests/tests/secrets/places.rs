//! Where in a request a secret may be.

use expect_test::expect;
use http_step_host::policy::{Place, Secret};
use http_step_tests::{Answer, Service};

use crate::thief::{Thief, VALUE};
use crate::vault::secret;

/// Answers with nothing but its status.
async fn silent() -> Service {
    Service::start(|_| Answer::default()).await
}

/// What the host said of each request.
async fn said(service: &Service, secret: Secret, orders: &[&str]) -> String {
    let origin = &service.origin;
    let mut thief = Thief::lent(secret).reaches(origin);
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
    "GET HERE/v1/ | header x-token: {TOKEN}",
    "GET HERE/v1/ | basic me:{TOKEN}",
    "GET HERE/v1/?q={TOKEN}",
    "GET HERE/v1/{TOKEN}",
    "POST HERE/v1/ | body {TOKEN}",
    "POST HERE/v1/?q={TOKEN} | header x-token: {TOKEN} | body {TOKEN}",
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
        let denied = "the policy does not let the secret `TOKEN` be in ";
        let said = said
            .lines()
            .map(|line| match line.trim().starts_with(denied) {
                true => "    DENIED\n".to_owned(),
                false => format!("{line}\n"),
            });
        assert_eq!(said.collect::<String>(), expected);
        // What is denied in one place is not sent without it.
        assert_eq!(service.requests().len(), admitted.len());
    }
}

#[tokio::test]
async fn headers_alone() {
    let service = silent().await;
    let secret = secret("TOKEN", &service.origin).place(Place::Header);
    expect![[r#"
        GET HERE/v1/ | header x-token: {TOKEN}
            in header
        GET HERE/v1/ | basic me:{TOKEN}
            in header
        GET HERE/v1/?q={TOKEN}
            the policy does not let the secret `TOKEN` be in the query of a request to HERE: it is lent for headers alone; `--secret TOKEN=vault:…@HERE` would
        GET HERE/v1/{TOKEN}
            the policy does not let the secret `TOKEN` be in the path of a request to HERE: it is lent for headers alone; `--secret TOKEN=vault:…@HERE` would
        POST HERE/v1/ | body {TOKEN}
            the policy does not let the secret `TOKEN` be in the body of a request to HERE: it is lent for headers alone; `--secret TOKEN=vault:…@HERE` would
        POST HERE/v1/?q={TOKEN} | header x-token: {TOKEN} | body {TOKEN}
            the policy does not let the secret `TOKEN` be in the query of a request to HERE: it is lent for headers alone; `--secret TOKEN=vault:…@HERE` would
    "#]].assert_eq(&said(&service, secret, EVERYWHERE).await);
}

#[tokio::test]
async fn one_method_alone() {
    let service = silent().await;
    let secret = secret("TOKEN", &service.origin).methods(["POST"]);
    let orders = [
        "POST HERE/ | header x-token: {TOKEN}",
        "GET HERE/ | header x-token: {TOKEN}",
        "post HERE/ | header x-token: {TOKEN}",
        "PUT HERE/ | body {TOKEN}",
        "PUT HERE/ | body nothing",
    ];
    expect![[r#"
        POST HERE/ | header x-token: {TOKEN}
            in header
        GET HERE/ | header x-token: {TOKEN}
            the policy does not let the secret `TOKEN` go to HERE in a GET request: it is lent for POST alone; `--secret TOKEN=vault:…@HERE` would
        post HERE/ | header x-token: {TOKEN}
            the policy does not let the secret `TOKEN` go to HERE in a post request: it is lent for POST alone; `--secret TOKEN=vault:…@HERE` would
        PUT HERE/ | body {TOKEN}
            the policy does not let the secret `TOKEN` go to HERE in a PUT request: it is lent for POST alone; `--secret TOKEN=vault:…@HERE` would
        PUT HERE/ | body nothing
            in 
    "#]].assert_eq(&said(&service, secret, &orders).await);
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn one_path_alone() {
    let service = silent().await;
    let prefix = "/v1/".parse().unwrap();
    let secret = secret("TOKEN", &service.origin).path_prefix(prefix);
    let orders = [
        "GET HERE/v1/a | header x-token: {TOKEN}",
        "GET HERE/v1/a?b=/../c | header x-token: {TOKEN}",
        "GET HERE/v2/ | header x-token: {TOKEN}",
        "GET HERE/v1/../v2/ | header x-token: {TOKEN}",
        "GET HERE/v1/%2e%2e/v2/ | header x-token: {TOKEN}",
        "GET HERE/v1/..%2fv2/ | header x-token: {TOKEN}",
        "POST HERE//v1/ | body {TOKEN}",
        // The value has a `/` in it, which some servers take for one of the path.
        "GET HERE/v1/{TOKEN}",
    ];
    expect![[r#"
        GET HERE/v1/a | header x-token: {TOKEN}
            in header
        GET HERE/v1/a?b=/../c | header x-token: {TOKEN}
            in header
        GET HERE/v2/ | header x-token: {TOKEN}
            the policy does not let the secret `TOKEN` go to this path of HERE: it is lent for paths under `/v1/` alone; `--secret TOKEN=vault:…@HERE` would
        GET HERE/v1/../v2/ | header x-token: {TOKEN}
            the policy does not let the secret `TOKEN` go to this path of HERE: it is lent for paths under `/v1/` alone, and the path has a segment `.` or `..` in it, which servers read in different ways; `--secret TOKEN=vault:…@HERE` would
        GET HERE/v1/%2e%2e/v2/ | header x-token: {TOKEN}
            the policy does not let the secret `TOKEN` go to this path of HERE: it is lent for paths under `/v1/` alone, and the path has a segment `.` or `..` in it, which servers read in different ways; `--secret TOKEN=vault:…@HERE` would
        GET HERE/v1/..%2fv2/ | header x-token: {TOKEN}
            the policy does not let the secret `TOKEN` go to this path of HERE: it is lent for paths under `/v1/` alone, and the path has an encoded `/` in it, which servers read in different ways; `--secret TOKEN=vault:…@HERE` would
        POST HERE//v1/ | body {TOKEN}
            the policy does not let the secret `TOKEN` go to this path of HERE: it is lent for paths under `/v1/` alone; `--secret TOKEN=vault:…@HERE` would
        GET HERE/v1/{TOKEN}
            the policy does not let the secret `TOKEN` go to this path of HERE: it is lent for paths under `/v1/` alone, and the path has an encoded `/` in it, which servers read in different ways; `--secret TOKEN=vault:…@HERE` would
    "#]].assert_eq(&said(&service, secret, &orders).await);
    assert_eq!(service.requests().len(), 2);
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
        // The secret may be encoded already; a handle, too, reads as base64.
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
            in header
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
            format!("Basic {VALUE}"),
        ]
    );
}
