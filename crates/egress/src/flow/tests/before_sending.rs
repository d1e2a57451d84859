//! What the host checks and changes before it sends anything.

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

/// The token endpoint gets no request for one that the policy denies, whatever denies it.
#[tokio::test]
async fn no_token_is_fetched_for_a_denied_body() {
    let api = Issuer::start().await;
    api.issues("a-token-of-its-own");
    let places = [Place::Token, Place::Body];
    let granted = places.into_iter().fold(
        secret("KEY", &api.server.origin).methods(["POST"]),
        Secret::place,
    );
    let policy = allowing(&[&api.server]).grant_secret(granted.clone());
    let egress = egress(policy, &[(granted, VALUE)]);
    let key = egress.secrets.handle("KEY").unwrap().unwrap();
    let token = client(&egress, api.token_url(), "id", &key);
    for (content_type, body, denied) in [
        (FORM, "a=x{}", "next to other text"),
        (FORM, "+a=x&b={}", "a field's name is not plain"),
        (FORM, "+a=x&b=c", "with `+a`"),
        (FORM, "_method=DELETE", "with `_method`"),
        ("application/json", r#"["{}", 1]"#, "items in the same list"),
        ("text/plain; charset=utf-16", "{}", "another charset"),
    ] {
        let body: &str = Box::leak(body.replace("{}", &key).into_boxed_str());
        let request = Request::post(format!("{}/", api.server.origin))
            .header(&token.field, &token.value)
            .header("content-type", content_type);
        let error = send(&egress, request, body).await.unwrap_err();
        assert!(error.contains(denied), "{error}");
    }
    assert_eq!(api.server.requests(), [""; 0]);
    let request = Request::post(format!("{}/", api.server.origin))
        .header(&token.field, &token.value)
        .header("content-type", FORM);
    let body: &str = Box::leak(format!("a=b&c={key}").into_boxed_str());
    send(&egress, request, body).await.unwrap();
    assert_eq!(api.server.requests().len(), 2);
}

/// Requests credentials of a client.
type MakeClient = fn(&Egress, String, &str, &str) -> Arc<Placeholder>;

fn body_client(egress: &Egress, token_url: String, id: &str, secret: &str) -> Arc<Placeholder> {
    let requested = RequestedScheme::OAuth2(OAuth2 {
        token_url,
        client_id: id.to_owned(),
        client_secret: secret.to_owned(),
        authentication: ClientAuthentication::Body,
        scope: Some("s".to_owned()),
        audience: None,
    });
    egress.credentials.request(requested).unwrap()
}

/// Any URL of a granted origin can be a token endpoint: it may join fields, or decode them.
#[tokio::test]
async fn no_text_of_a_step_is_beside_a_secret_at_a_token_endpoint() {
    let api = Issuer::start().await;
    api.issues("a-token-of-its-own");
    let granted = secret("KEY", &api.server.origin);
    let policy = allowing(&[&api.server]).grant_secret(granted.clone());
    let send_as = async |make: MakeClient, query: &str, id: &str, secret: &str| {
        let egress = egress(policy.clone(), &[(granted.clone(), VALUE)]);
        let key = egress.secrets.handle("KEY").unwrap().unwrap();
        let [id, secret] = [id, secret].map(|text| text.replace("{}", &key));
        let token_url = format!("{}?{query}", api.token_url());
        let client = make(&egress, token_url, &id, &secret);
        let request = Request::get(format!("{}/", api.server.origin));
        let request = request.header(&client.field, &client.value);
        send(&egress, request, "").await.map(|_| ())
    };
    for (query, denied) in [
        ("_charset_=UTF-16BE", "another charset"),
        ("a=b&ie=UTF-16BE", "another charset"),
        ("client_secret=pad", "join the field `client_secret` with"),
        ("clientSecret", "join the field `client_secret` with"),
        (
            "client%5Fsecret[]=pad",
            "join the field `client_secret` with",
        ),
        ("client_id[a]=pad", "join the field `client_id` with"),
        ("GRANT_TYPE=pad", "join the field `grant_type` with"),
        ("scope=pad", "join the field `scope` with"),
        ("audience=pad", "join the field `audience` with"),
        ("+client_secret=pad", "a field's name is not plain"),
        ("a=b;c=d", "a field's name is not plain"),
    ] {
        for client in [client as MakeClient, body_client] {
            for (id, secret) in [("evil", "{}"), ("{}", "made up")] {
                let error = send_as(client, query, id, secret).await.unwrap_err();
                assert!(error.contains(denied), "{query}: {error}");
            }
        }
    }
    assert_eq!(api.server.requests(), [""; 0]);
    // Whatever precedes a value in the body is not the step's.
    for (id, secret, body) in [
        (
            "evil",
            "{}",
            "client_secret=S3cr-tW0rd%7EkZ9xQ7mLp2Vt&client_id=evil&grant_type=client_credentials&scope=s",
        ),
        (
            "{}",
            "made up",
            "client_id=S3cr-tW0rd%7EkZ9xQ7mLp2Vt&client_secret=made+up&grant_type=client_credentials&scope=s",
        ),
    ] {
        let sent = send_as(body_client, "api-version=1.0", id, secret).await;
        assert_eq!(sent, Ok(()));
        let requests = api.server.requests();
        let mut sent = requests.iter().rev();
        let sent = sent.find(|it| it.starts_with("POST ")).unwrap();
        assert!(sent.ends_with(&format!("\r\n\r\n{body}")), "{sent}");
    }
    // A client that the step makes up has no secret.
    let sent = send_as(client, "scope=x", "evil", "made up").await;
    assert_eq!(sent, Ok(()));
}

/// CGI and WSGI read a field under any of these names.
#[tokio::test]
async fn compression_and_charsets_are_removed_in_all_spellings() {
    let api = Server::echoing().await;
    let granted = secret("TOKEN", &api.origin);
    let policy = allowing(&[&api]).grant_secret(granted.clone());
    let egress = egress(policy, &[(granted, VALUE)]);
    let request = Request::get(format!("{}/", api.origin))
        .header("accept-encoding", "gzip")
        .header("accept_encoding", "gzip")
        .header("accept.encoding", "br")
        .header("accept_charset", "utf-16")
        .header("accept", "text/plain;charset=utf-16");
    send(&egress, request, "").await.unwrap();
    let request = api.requests().pop().unwrap();
    let mut fields: Vec<&str> = head_of(&request)
        .lines()
        .filter(|line| line.to_ascii_lowercase().starts_with("accept"))
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["accept-encoding: identity", "accept: text/plain"]);
}

/// To uWSGI, `Content_Length` is the length of the body, and would truncate a value in it.
#[tokio::test]
async fn fields_that_servers_read_as_those_of_the_host_are_refused() {
    let api = Server::echoing().await;
    let granted = secret("TOKEN", &api.origin).place(Place::Body);
    let policy = allowing(&[&api]).grant_secret(granted.clone());
    let without = egress(allowing(&[&api]), &[]);
    let with = egress(policy, &[(granted, VALUE)]);
    with.secrets.handle("TOKEN").unwrap();
    for (name, other) in [
        ("Content_Length", "content-length"),
        ("content.length", "content-length"),
        ("Transfer_Encoding", "transfer-encoding"),
        ("Content_Type", "content-type"),
        ("CONTENT_ENCODING", "content-encoding"),
        ("If_Range", "if-range"),
    ] {
        for egress in [&without, &with] {
            let request = Request::post(format!("{}/", api.origin)).header(name, "3");
            let error = send(egress, request, "body").await.unwrap_err();
            let name = name.to_ascii_lowercase();
            assert_eq!(
                error,
                format!(
                    "some servers read the header `{name}` as `{other}`; write it with `-` or leave it out"
                ),
            );
        }
    }
    assert_eq!(api.requests(), [""; 0]);
}

/// What a value looks like in a query denies nothing.
#[tokio::test]
async fn a_value_is_no_name_of_a_field() {
    let api = Server::echoing().await;
    let granted = secret("TOKEN", &api.origin)
        .place(Place::Query)
        .methods(["GET"]);
    let policy = allowing(&[&api]).grant_secret(granted.clone());
    let egress = egress(policy, &[(granted, VALUE)]);
    let handle = egress.secrets.handle("TOKEN").unwrap().unwrap();
    let request = || Request::get(format!("{}/?{handle}", api.origin));
    send(&egress, request().header("content-type", FORM), "a=b")
        .await
        .unwrap();
    let request = Request::get(format!("{}/?a+b=c&d={handle}", api.origin));
    let error = send(&egress, request, "").await.unwrap_err();
    assert!(error.contains("a field's name is not plain"), "{error}");
}
