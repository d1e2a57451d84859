//! OAuth 2 client credentials (RFC 6749, section 4.4).

use http_step_json::Value;
use http_step_template::Template;
use http_step_yaml::{FromNode, Node, Report, Reported, mapping};
use serde_json::json;

use super::parameters::Parameters;
use super::ruled::{Ruled, Something, TextRule};
use super::word::{Word, Words};
use crate::renderable::Renderable;
use crate::text::Text;
use crate::url;

mapping! {
    /// OAuth 2 client credentials: a token is fetched, cached until it expires, and sent as
    /// `Authorization: Bearer`.
    #[schemars(extend("required" = json!(["token_url", "client_id", "client_secret"])))]
    pub(super) struct Oauth2 as "`{token_url: …, client_id: …, client_secret: …}`" {
        /// The token endpoint: an `https` URL, or `http` to a loopback address.
        #[schemars(example = &"https://login.example.com/oauth2/token")]
        token_url: Ruled<TokenUrl>,
        /// The client's identifier.
        client_id: Ruled<Something>,
        /// The client's secret.
        #[schemars(example = &"${{ secret.CLIENT_SECRET }}")]
        client_secret: Text,
        /// How the client authenticates: in `Authorization: Basic`, or in the body as `client_id`
        /// and `client_secret`.
        #[schemars(extend("default" = "basic"))]
        authentication: Renderable<Word<ClientAuthentication>>,
        /// The requested scopes, separated by spaces.
        #[schemars(example = &"builds:write hooks:read")]
        scope: Text,
        /// The requested audience, which some servers require.
        #[schemars(example = &"https://api.example.com")]
        audience: Text,
    }
}

#[derive(Debug)]
pub(super) enum ClientAuthentication {}

impl Words for ClientAuthentication {
    const ALL: &'static [&'static str] = &["basic", "body"];
}

#[derive(Debug)]
pub(super) enum TokenUrl {}

impl TextRule for TokenUrl {
    fn check(template: &Template<'_>) -> Result<(), String> {
        url::check(
            template,
            "write it as `client_id`, and the password as `client_secret`",
        )?;
        if url::goes_out_in_the_clear(template) {
            return Err(
                "a client's secret can be sent only over `https`, or over `http` to a loopback address"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

pub(super) fn parameters(node: &Node, report: &mut Report) -> Result<Value, Reported> {
    let keys = Oauth2::from_node(node, report)?;
    Parameters::new()
        .required("token_url", keys.token_url)
        .required("client_id", keys.client_id)
        .required("client_secret", keys.client_secret)
        .optional("authentication", keys.authentication)
        .optional("scope", keys.scope)
        .optional("audience", keys.audience)
        .finish(node.at, report)
}
