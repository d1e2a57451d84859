//! A user name and a password in `Authorization: Basic` (RFC 7617).

use http_step_template::Template;
use http_step_yaml::{FromNode, Node, Position, Report, Reported, mapping};
use serde_json::json;

use super::ruled::{Ruled, TextRule};
use super::{Auth, two};
use crate::text::{Text, literals};

mapping! {
    /// A user name and a password.
    #[schemars(extend("required" = json!(["username", "password"])))]
    pub(super) struct Basic as "`{username: …, password: …}`" {
        /// The user name.
        username: Ruled<UserName>,
        /// The password.
        password: Text,
    }
}

/// A user name, which can't contain a colon.
#[derive(Debug)]
pub(super) enum UserName {}

impl TextRule for UserName {
    fn check(template: &Template<'_>) -> Result<(), String> {
        if literals(template).any(|text| text.contains(':')) {
            return Err("a user name can't contain a colon".to_owned());
        }
        Ok(())
    }
}

/// `[username, password]`.
pub(super) fn pair(items: &[Node], at: Position, report: &mut Report) -> Result<Auth, Reported> {
    let [username, password] = two(items, at, report)?;
    let username = Ruled::<UserName>::from_node(username, report);
    let password = Text::from_node(password, report);
    Ok(Auth::Basic {
        username: username?.text,
        password: password?.0,
    })
}

/// `{username: …, password: …}`.
pub(super) fn keys(node: &Node, report: &mut Report) -> Result<Auth, Reported> {
    let given = Basic::from_node(node, report)?;
    let (Some(username), Some(password)) = (given.username, given.password) else {
        return Err(report.add(node.at, "`basic` requires `username` and `password`"));
    };
    Ok(Auth::Basic {
        username: username.value?.text,
        password: password.value?.0,
    })
}
