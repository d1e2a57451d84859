//! The request of the benchmark as the component gets it. The benchmark checks with the server that
//! it equals the product's.

use crate::contract::types::{Body, Field, Fields, RequestSpec, Settings, Timeouts, Verify};

/// The token in the header `X-Token`.
const TOKEN: &str = "xoxb-1234567890-abcdefghijklmnopqrstuvwx";

/// A POST to an origin.
pub(crate) fn request(origin: &str) -> RequestSpec {
    let mut headers = vec![
        field("X-Builder", "linux/${{ property.builder }}"),
        field("X-Token", TOKEN),
    ];
    headers.extend((2..6).map(|number| {
        field(
            &format!("X-Field-{number}"),
            &format!("the value of field {number}"),
        )
    }));
    let json = r#"{"number":"${{ property.number }}","branch":"${{ property.branch }}","note":""}"#;
    RequestSpec {
        method: "POST".to_owned(),
        url: format!("{origin}/builds?answer=0"),
        params: Fields::Entries(Vec::new()),
        headers: Fields::Entries(headers),
        body: Some(Body::Json(json.to_owned())),
        cookies: Fields::Entries(Vec::new()),
        auth: None,
        hide_request_headers: vec!["X-Token".to_owned()],
        hide_response_headers: Vec::new(),
        settings: Settings {
            timeout: Timeouts {
                connect: None,
                read: None,
                total: None,
            },
            allow_redirects: true,
            max_redirects: 30,
            stream: false,
            verify: Verify::Roots,
            cert: None,
            proxies: Vec::new(),
            host_judges_status: false,
        },
        extensions: Vec::new(),
    }
}

fn field(name: &str, value: &str) -> Field {
    Field {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}
