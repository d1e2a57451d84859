//! Digest authentication, as Apache understands it.

use expect_test::expect;

use crate::apache::Apache;
use crate::visit::{report, run};

const DIRECTIVES: &str = r#"
<Location "/">
    AuthType Digest
    AuthName "the realm"
    AuthDigestProvider file
    AuthUserFile users
    Require valid-user
</Location>
"#;

/// `md5(ci:the realm:s3cret.word)`
const USERS: &str = "ci:the realm:77087cc6a9e076b0feffd752d9b6be0c\n";

#[tokio::test]
#[ignore = "needs apache2: make test-real"]
async fn a_password_that_is_proved_and_not_sent() {
    let files = [
        ("users", USERS),
        ("page", "welcome\n"),
        ("password", "s3cret.word\n"),
    ];
    let apache = Apache::start(&files, DIRECTIVES);
    let policy = format!(
        "{}secrets: {{PASSWORD: {{from: 'file:{}', origins: ['{}'], places: [signature]}}}}\n",
        apache.policy(),
        apache.path("password").display(),
        apache.origin
    );
    let mut text = String::new();
    for (method, password) in [
        ("get", "${{ secret.PASSWORD }}"),
        ("post", "${{ secret.PASSWORD }}"),
        ("get", "s3cret.ward"),
    ] {
        let step = format!(
            "{method}: {}/page?query\nauth: {{digest: [ci, '{password}']}}",
            apache.origin
        );
        let result = run(&step, &policy).await;
        // The connection of the first exchange may not be free yet for the second.
        let report = report(&result).replace(r#""connection":"new","#, "");
        let report = report.replace(r#""connection":"reused","#, "");
        text.push_str(&apache.place.hidden(&report));
    }
    text.push_str(&apache.place.hidden(&apache.log(6)));
    expect![[r#"
        | welcome
        Success: Status code: 200
        {"addresses":["APACHE"],"peer":"APACHE:PORT","secrets":[{"name":"PASSWORD","place":"signature"}],"attempts":1,"protocol":"HTTP/1.1","status":401,"bytes_received":421,"bytes_decoded":421}
        {"addresses":["APACHE"],"peer":"APACHE:PORT","secrets":[{"name":"PASSWORD","place":"signature"}],"attempts":1,"protocol":"HTTP/1.1","status":200,"bytes_received":8,"bytes_decoded":8}
        | welcome
        Success: Status code: 200
        {"addresses":["APACHE"],"peer":"APACHE:PORT","secrets":[{"name":"PASSWORD","place":"signature"}],"attempts":1,"protocol":"HTTP/1.1","status":401,"bytes_received":421,"bytes_decoded":421}
        {"addresses":["APACHE"],"peer":"APACHE:PORT","secrets":[{"name":"PASSWORD","place":"signature"}],"attempts":1,"protocol":"HTTP/1.1","status":200,"bytes_received":8,"bytes_decoded":8}
        | a page
        Failure: Status code: 401 (failure)
        {"addresses":["APACHE"],"peer":"APACHE:PORT","attempts":1,"protocol":"HTTP/1.1","status":401}
        {"addresses":["APACHE"],"peer":"APACHE:PORT","attempts":1,"protocol":"HTTP/1.1","status":401}
        GET /page?query HTTP/1.1 401 -
        GET /page?query HTTP/1.1 200 ci
        POST /page?query HTTP/1.1 401 -
        POST /page?query HTTP/1.1 200 ci
        GET /page?query HTTP/1.1 401 -
        GET /page?query HTTP/1.1 401 ci
    "#]]
    .assert_eq(&text);
}
