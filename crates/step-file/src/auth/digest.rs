//! HTTP Digest (RFC 7616).

use http_step_json::Value;
use http_step_yaml::{Content, FromNode, Node, Report, Reported, mapping};
use serde_json::json;

use super::parameters::Parameters;
use super::two;
use crate::text::Text;

mapping! {
    /// HTTP Digest authentication.
    #[schemars(extend("required" = json!(["username", "password"])))]
    pub(super) struct Digest as "`[username, password]` or `{username: …, password: …}`" {
        /// The user name.
        username: Text,
        /// The password.
        #[schemars(example = &"${{ secret.PASSWORD }}")]
        password: Text,
    }
}

pub(super) fn parameters(node: &Node, report: &mut Report) -> Result<Value, Reported> {
    if let Content::List(items) = &node.content {
        let [username, password] = two(items, node.at, report)?;
        let username = Text::from_node(username, report);
        let password = Text::from_node(password, report);
        return Ok(json!({"username": username?.0, "password": password?.0}).into());
    }
    let keys = Digest::from_node(node, report)?;
    Parameters::new()
        .required("username", keys.username)
        .required("password", keys.password)
        .finish(node.at, report)
}
