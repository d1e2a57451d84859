//! A step of contract 0.1.0, which uses each of its imports. It makes a HEAD request to the URL of its
//! step file, and returns what it was given as outputs.

mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "step",
        generate_all,
    });
}

use bindings::ci::http_step::{auth, hash, log, properties, types};
use bindings::wasi::http::outgoing_handler;
use bindings::wasi::http::types::{Fields, Method, OutgoingRequest, Scheme};
use bindings::{Guest, RequestSpec, StepResult};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let text = |text: Option<String>| text.unwrap_or_else(|| "null".to_owned());
        let digest = hash::Sha256::new();
        digest.update(b"text");
        let digest = hash::Sha256::finish(digest);
        let signature = auth::credentials(&auth::Scheme::Digest(auth::Digest {
            username: "user".to_owned(),
            password: properties::secret("PASSWORD").unwrap_or_default(),
        }));
        let field = signature.map_or_else(|error| error, |field| field.name);
        log::write(log::Stream::Stdout, "a line\n");

        let request = OutgoingRequest::new(Fields::new());
        let authority = spec.url.strip_prefix("http://").unwrap();
        request.set_method(&Method::Head).unwrap();
        request.set_scheme(Some(&Scheme::Http)).unwrap();
        request
            .set_authority(Some(authority.trim_end_matches('/')))
            .unwrap();
        request.set_path_with_query(Some("/")).unwrap();
        let response = outgoing_handler::handle(request, None).unwrap();
        response.subscribe().block();
        let response = response.get().unwrap().unwrap().unwrap();

        let output = |name: &str, value: String| types::Output {
            name: name.to_owned(),
            value,
        };
        StepResult {
            outcome: types::Outcome::Success,
            summary: format!("Status code: {}", response.status()),
            exchanges: Vec::new(),
            outputs: vec![
                output("method", format!("{:?}", spec.method)),
                output("redirects", spec.settings.max_redirects.to_string()),
                output("streamed", spec.settings.stream.to_string()),
                output("property", text(properties::get("number"))),
                output("spelled", text(properties::spelled("number"))),
                output("sha256", format!("{digest:?}")),
                output("field", format!("{field:?}")),
            ],
            error: None,
        }
    }
}

bindings::export!(Step with_types_in bindings);
