//! The parts of `SCHEME://[USER@]HOST[:PORT]`, which patterns and proxies share.
//!
//! The parser for URLs does not do for them: a pattern's host and port are no URL's,
//! and of a proxy's scheme it does not know that it has a host.

/// Texts between the separators, not looked into yet.
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
    /// What is wrong, without a word of the text: there may be a password in it.
    pub(crate) fn split(text: &'a str) -> Result<Self, String> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("it has a space or a control character in it".to_owned());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("it has no scheme; did you mean `https://…`?".to_owned());
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(
                "it ends with its host or port, without a path; leave out what follows".to_owned(),
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
            return Err("an IPv6 address stands in brackets, as in `[::1]`".to_owned());
        }
        Ok(Self {
            scheme,
            user_info,
            host,
            port,
        })
    }
}
