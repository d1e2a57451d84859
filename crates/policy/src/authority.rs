//! The parts of `SCHEME://[USER@]HOST[:PORT]`, for patterns and proxies.
//!
//! The URL parser does not fit: the hosts and ports of patterns are not valid in URLs, and it
//! does not know the schemes of proxies.

/// The texts between the separators, not validated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) user_info: Option<&'a str>,
    pub(crate) host: &'a str,
    pub(crate) port: Option<&'a str>,
}

impl<'a> Authority<'a> {
    /// # Errors
    ///
    /// What is wrong. The text is not shown, since it may contain a password.
    pub(crate) fn split(text: &'a str) -> Result<Self, String> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("it contains a space or a control character".to_owned());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("it has no scheme; did you mean `https://…`?".to_owned());
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(
                "it can't have a path; remove everything after the host and port".to_owned(),
            );
        }
        let (user_info, authority) = match rest.rsplit_once('@') {
            Some((user_info, authority)) => (Some(user_info), authority),
            None => (None, rest),
        };
        let bracket = authority.rfind(']').unwrap_or_default();
        let (host, port) = match authority.get(bracket..).and_then(|rest| rest.rfind(':')) {
            Some(colon) => (
                authority.get(..bracket + colon).unwrap_or_default(),
                authority.get(bracket + colon + 1..),
            ),
            None => (authority, None),
        };
        if host.is_empty() {
            return Err("it has no host".to_owned());
        }
        if host.contains(':') && !host.contains('[') {
            return Err("an IPv6 address must be in brackets, as in `[::1]`".to_owned());
        }
        Ok(Self {
            scheme,
            user_info,
            host,
            port,
        })
    }
}
